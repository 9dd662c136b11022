"""A task as small as one can be: it learns to repeat the numbers of a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.data.batch import Batch, collate
from heedful.data.text import read_lines
from heedful.errors import DataError
from heedful.interface import Model
from heedful.numerics import Numerics
from heedful.run.disk import read_json, write_json
from heedful.run.facts import DataFile, ScoreSet, Usage
from heedful.tasks.artefact import Outcome
from heedful.tasks.asked import Asked
from heedful.tasks.course import Course
from heedful.training.objectives import TeacherForcing
from heedful.training.progress import Evaluation
from tests.training.toy import toy_evaluate, toy_model, toy_options

NUMERICS = Numerics("cpu", "float32", "default", 1)
FIGURE = {"score": 50.0, "low": 40.0, "high": 60.0, "signature": "toy"}


@dataclass(frozen=True)
class ToyOptions(Asked):
    """What to repeat.

    Args:
        numbers: file of numbers from 9 to 15, some to a line.
        loud: say it twice.
    """

    VERB = ("train", "toy")

    numbers: Path | None = None
    loud: bool = False


@dataclass(frozen=True)
class ToyBatches:
    """A row to a batch, the same in every epoch."""

    rows: list[list[int]]

    def n_batches(self, epoch: int) -> int:
        return len(self.rows)

    def n_tokens(self, epoch: int) -> int:
        return sum(2 * len(row) + 1 for row in self.rows)

    def batch(self, epoch: int, index: int) -> Batch:
        return collate([self.rows[index]], [self.rows[index]])


class ToyTask:
    """See `heedful.tasks.task.Task`."""

    name = "toy"

    def lay_down(self, place: Path, options: ToyOptions) -> None:
        assert options.numbers is not None
        rows = [[int(word) for word in line.split()] for line in read_lines(options.numbers)]
        if not rows:
            raise DataError(f"{options.numbers} is empty")
        write_json(place / "prepared.json", {"rows": rows, "file": vars(DataFile.read("train", options.numbers))})

    def open(self, place: Path, options: ToyOptions) -> Any:
        return read_json(place / "prepared.json")

    def course(self, plan: Any, options: ToyOptions) -> Course:
        return Course(
            model=toy_model(),
            objective=TeacherForcing(),
            batches=ToyBatches(plan["rows"]),
            numerics=NUMERICS,
            rates=lambda steps: toy_options(steps=steps, seed=options.seed),
            epochs=2,
            evaluate=toy_evaluate,
            opening=["hello"],
        )

    def config(self, plan: Any) -> Mapping[str, Any]:
        return {
            "model": "transformer",
            "architecture": toy_model().architecture.to_json(),
            "numerics": NUMERICS.to_json(),
        }

    def title(self, plan: Any) -> tuple[str, str]:
        return "toy", "dev accuracy"

    def conclude(
        self, run: Any, plan: Any, course: Course, result: Any, tell: Any
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        tell("scoring", 1, 1)
        return outcome(plan), '{"made": "up"}', None


def outcome(plan: Any) -> Outcome:
    return Outcome(
        scores=[ScoreSet("", "", "test", 2, "", {"accuracy": FIGURE}, {"majority": 40.0})],
        held_out={"test": [("9 9", "9 9"), ("10", "10")]},
        data=[DataFile(**plan["file"])],
        n_examples={"train": len(plan["rows"])},
        unit="rows",
        languages=[],
        usage=Usage("heedful repeat", "model.repeat()"),
        watched=("accuracy", "on dev"),
    )


def write_numbers(folder: Path) -> Path:
    path = folder / "numbers.txt"
    path.write_text("9 10 11\n12 13\n14 15 9 9\n10 11\n")
    return path


def evaluated_as(score: float) -> Any:
    def evaluate(model: Model) -> Evaluation:
        return Evaluation(score)

    return evaluate
