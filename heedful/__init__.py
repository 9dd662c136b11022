"""heedful: two text files in, a tested translator out, with the evidence."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heedful.pipelines import load, pipeline

__version__ = "0.1.0"
__all__ = ["__version__", "load", "pipeline"]


def __dir__() -> list[str]:
    # What is imported only when it is asked for would not be listed.
    return __all__


def __getattr__(name: str) -> Any:
    # torch takes a second to import: `import heedful` and `heedful --help` do without it.
    if name in ("load", "pipeline"):
        from heedful import pipelines

        return getattr(pipelines, name)
    raise AttributeError(f"module 'heedful' has no attribute {name!r}")
