"""A finished run as what it is: by its task, the class that predicts."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from heedful.errors import RunError, suggest
from heedful.evaluation.significance import Comparison
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json

# Of each task the class that loads its runs; the module is imported when it is needed.
LOADERS: Mapping[str, str] = {
    "answering": "heedful.tasks.answerer:Answerer",
    "classification": "heedful.tasks.classifier:Classifier",
    "encoder": "heedful.tasks.language_model:LanguageModel",
    "language": "heedful.tasks.language_model:LanguageModel",
    "text": "heedful.tasks.writer:Writer",
    "translation": "heedful.tasks.translator:Translator",
}
# A task of imported models alone.
_TO_BEGIN_WITH = "text-to-text"


@runtime_checkable
class Scored(Protocol):
    """A loaded run whose figures can be made anew, and made on other examples."""

    def readings(self, path: Path) -> Sequence[Sequence[tuple[str, str]]]:
        """The examples of a file, texts and truths, in each way in which its figures may have read them."""
        ...

    def figures(
        self, pairs: Sequence[tuple[str, str]], tell: Callable[[str, int, int], None]
    ) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on these examples: {"accuracy": {"score": ..., "low": ..., "high": ...}, ...}."""
        ...


class Tallied(Protocol):
    """What each example adds to the figures of a run."""

    def figures(self) -> Mapping[str, Mapping[str, Any]]:
        """Every figure; the first is the headline."""
        ...

    def compare(self, other: Any, name: str) -> Comparison:
        """A figure of this run against that of another on the same examples."""
        ...


@runtime_checkable
class Comparable(Scored, Protocol):
    """A loaded run that is compared with another, example by example."""

    def replies(self, pairs: Sequence[tuple[str, str]], tell: Callable[[str, int, int], None]) -> Sequence[str]:
        """What is told of each example."""
        ...

    def tally(self, replies: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Tallied:
        """What each of these replies adds to the figures."""
        ...

    def compares_with(self, other: object) -> bool:
        """Whether another run tells the like."""
        ...


def task_of(path: Path) -> str:
    """What a finished run was trained for.

    Raises:
        RunError: it is missing, or no run.
    """
    return str(read_json(RunDirectory.open(path).config).get("task", ""))


def load(path: Path | str, device: str | None = None) -> Any:
    """A trained model, every byte checked against its manifest: a `Translator`, or what its task is served by.

    Args:
        path: its run directory.
        device: "cpu" or "cuda"; None chooses.
    Raises:
        RunError: it is missing, incomplete or damaged, a newer heedful made it, or it was imported to begin with.
    """
    task = task_of(Path(path))
    if task == _TO_BEGIN_WITH:
        raise RunError(
            f"{path} was imported as {task!r}, which has no use by itself: begin with it (`heedful train text --init "
            f"{path} --vocabulary new`), or make vectors of texts with `heedful embed {path}`"
        )
    if task not in LOADERS:
        raise RunError(
            f"{path} is a run of the task {task!r}, which is not known here{suggest(task, LOADERS)}; a newer heedful "
            "may know it"
        )
    module, _, name = LOADERS[task].partition(":")
    return getattr(import_module(module), name).load(path, device)
