"""The public names and verbs: a new one is added here on purpose, a lost one breaks somebody's script."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import heedful
import heedful.compression
from heedful.cli.main import VERBS

MODULES = [found.name for found in pkgutil.walk_packages(heedful.__path__, "heedful.") if "__main__" not in found.name]

NAMES = {"__version__", "load", "pipeline"}
VERB_NAMES = {
    "demo", "train", "translate", "evaluate", "compress", "distill", "verify", "inspect", "duel", "recipe",
    "runs", "doctor", "export", "import", "generate", "classify", "embed", "answer", "summarize", "chat",
}  # fmt: skip


def test_public_names():
    assert set(heedful.__all__) == set(dir(heedful)) == NAMES
    assert all(getattr(heedful, name) is not None for name in NAMES)


def test_names_of_compression():
    assert heedful.compression.__all__ == ["quantize"]
    assert callable(heedful.compression.quantize)


def test_verbs():
    assert set(VERBS) == VERB_NAMES


def test_the_version_is_that_of_a_release():
    parts = heedful.__version__.split(".")
    assert len(parts) == 3
    assert all(part.isdigit() for part in parts)


def undocumented(module: ModuleType) -> Iterator[str]:
    """The public names of a module that nothing explains; a method may be explained by the one that it overrides."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(thing) and not thing.__doc__:
            yield name
        if inspect.isclass(thing):
            # Not through inspect.getdoc: everything inherits from object, and every layer from nn.Module.
            ours = [base for base in thing.__mro__ if base.__module__.startswith(("heedful", "tests"))]
            if not thing.__doc__:
                yield name
            for key, method in vars(thing).items():
                public = inspect.isfunction(method) and not key.startswith("_") and key != "forward"
                if public and not any(getattr(vars(base).get(key), "__doc__", None) for base in ours):
                    yield f"{name}.{key}"


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_explained(name):
    module = importlib.import_module(name)
    assert module.__doc__, "a file says in its first line what it is"
    assert not list(undocumented(module))


class Waist:
    """Explains."""

    def step(self):
        """Explained."""

    def forgotten(self): ...


class Family(Waist):
    """Inherits."""

    def step(self): ...

    def forgotten(self): ...


def test_the_guard_itself():
    module = ModuleType(__name__)
    module.Waist, module.Family = Waist, Family
    assert list(undocumented(module)) == ["Waist.forgotten", "Family.forgotten"]
