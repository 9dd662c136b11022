"""A run of any task scored on a file of examples, and beside another run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.data.table import is_table
from heedful.errors import DataError, OptionError
from heedful.evaluation.significance import Comparison
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.loading import Comparable, Scored, load, task_of


@dataclass(frozen=True)
class FileScores:
    """What came of it.

    Args:
        figures: by name, each with its interval; the first is the headline.
        n_examples: of the file.
        against: the other run; None where none was named.
        comparison: of the headline with that of the other.
    """

    figures: Mapping[str, Mapping[str, Any]]
    n_examples: int
    against: str | None = None
    comparison: Comparison | None = None

    @property
    def headline(self) -> str:
        """The name of the first figure."""
        return next(iter(self.figures))

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        found: dict[str, Any] = {**self.figures, "examples": self.n_examples}
        if self.comparison is not None:
            found["against"] = {"run": self.against, "figure": self.headline, **self.comparison.to_json()}
        return found


def score_file(
    run: Path, data: Path, against: Path | None = None, device: str | None = None, tell: Tell = unwatched
) -> FileScores:
    """Score a run on examples of the caller's.

    Args:
        run: its directory.
        data: a table as it was trained on.
        against: another run of the same task; None compares with nothing.
        device: "cpu" or "cuda"; None chooses.
        tell: is told how far it is.
    Raises:
        OptionError: the run is of a task that is scored otherwise.
        HeedfulError: a run or the file cannot be used.
    """
    loaded = load(run, device)
    if not isinstance(loaded, Scored):
        raise OptionError(f"{run} is a run of {task_of(run)}: --data is for tables; give --source and --target")
    if isinstance(loaded, LanguageModel) and is_table(data):
        raise DataError(
            f"{data} is a table by its ending, and {run} is a language model: expected plain text, with blank lines "
            "between documents; give a .txt"
        )
    pairs = loaded.readings(data)[0]
    if not pairs:
        raise DataError(f"{data} holds nothing to score: expected examples as the run learned from; give some")
    if isinstance(loaded, LanguageModel) and loaded.objective == "preference":
        raise OptionError(
            f"{run} was tuned by preferences, and its figure needs the model that it began with: `heedful verify "
            f"{run}` makes it anew on the pairs that were held out"
        )
    if against is None:
        return FileScores(loaded.figures(pairs, tell), len(pairs))
    other = load(against, device)
    if not isinstance(loaded, Comparable):
        raise OptionError(
            f"--against with --data compares classifiers, or models that answer: {run} is a run of {task_of(run)}; "
            "score each alone"
        )
    if not loaded.compares_with(other):
        raise OptionError(f"{against} does not tell what {run} tells: compare two runs of one kind")
    mine, others = (each.tally(each.replies(pairs, tell), pairs) for each in (loaded, other))
    figures = mine.figures()
    return FileScores(figures, len(pairs), str(against), mine.compare(others, next(iter(figures))))
