"""A student that reads beside its teacher: both asked by turns, from the files that would be written."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from heedful.compression.hidden import Level
from heedful.errors import QualityError
from heedful.evaluation.significance import Comparison
from heedful.interface import Model
from heedful.run.charts import number
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_file
from heedful.run.facts import FIGURE_NAMES, Section, shown
from heedful.run.manifest import write_manifest
from heedful.tasks.artefact import Outcome, write_model
from heedful.tasks.beginning import command_of
from heedful.tasks.evidence import Beside, Pairs, Tell, unwatched
from heedful.tasks.loading import Comparable, load
from heedful.tasks.student_request import StudentOptions
from heedful.tasks.teacher import manifest_hash, student_of
from heedful.tasks.turns import by_turns

LEARNED: Mapping[Level, str] = {
    "logits": "what it tells ({mixture})",
    "hidden": "the states of its layers (the cosine between them, at every token)",
    "both": "what it tells ({mixture}), and the states of its layers (the cosine between them, at every token)",
}


@dataclass(frozen=True)
class Made:
    """A student before it is published.

    Args:
        model: with the weights that are kept.
        tokenizer: its JSON.
        generation: as in `heedful.tasks.artefact.Finished`.
    """

    model: Model
    tokenizer: str | None
    generation: Mapping[str, Any] | None


@dataclass(frozen=True)
class Side:
    """What one of the two came to.

    Args:
        figures: by name, each with its interval; the first is the headline.
        examples_per_second: answered.
        n_bytes: of its weights on the disk.
    """

    figures: Mapping[str, Mapping[str, Any]]
    examples_per_second: float
    n_bytes: int


@dataclass(frozen=True)
class Standing:
    """A student beside its teacher, on the same examples.

    Args:
        data: what they are, as scores name it.
        examples: how many.
        alike: share in [0, 1] of the examples of which both tell the same.
        teacher: what it came to.
        student: what it came to.
        difference: student minus teacher in the headline, by paired bootstrap.
    """

    data: str
    examples: int
    alike: float
    teacher: Side
    student: Side
    difference: Comparison

    @property
    def headline(self) -> str:
        """The name of the first figure."""
        return next(iter(self.student.figures))

    def within(self, allowed_loss: float) -> bool:
        """Whether no more is lost than allowed, were the difference at the lower end of its interval.

        Args:
            allowed_loss: points of the headline, 0 or more.
        """
        return self.difference.low >= -allowed_loss

    @property
    def said(self) -> str:
        """The difference in one line, without a full stop."""
        name, found = self.headline, self.difference
        now, before = (shown(name, side.figures[name]["score"]) for side in (self.student, self.teacher))
        return (
            f"{FIGURE_NAMES[name][0]} {now} instead of {before} ({found.difference:+z.2f}, 95% interval "
            f"{found.low:+z.2f} to {found.high:+z.2f}), {self.alike:.0%} of {self.examples:,} answers the same"
        )

    @property
    def cost(self) -> str:
        """Speed and size in one line, without a full stop."""
        times = self.student.examples_per_second / self.teacher.examples_per_second
        sizes = [f"{side.n_bytes / 1e6:.1f} MB" for side in (self.student, self.teacher)]
        return f"{number(times)} times the speed, {sizes[0]} instead of {sizes[1]}"

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def stored(cls, run: RunDirectory) -> Self:
        """The one of a finished student.

        Args:
            run: of the student.
        """
        values = read_json(run.scores)["parity"]
        sides = {name: Side(**values[name]) for name in ("teacher", "student")}
        known = {item.name: values[item.name] for item in fields(cls)}
        return cls(**{**known, **sides, "difference": Comparison(**values["difference"])})


def judge(
    run: RunDirectory, made: Made, scored: tuple[str, Pairs], options: StudentOptions, outcome: Outcome, tell: Tell
) -> Outcome:
    """Compare a student with its teacher, and tell of it.

    Args:
        run: of the student; holds config.json.
        made: the student.
        scored: the examples of the final figures, with their name.
        options: what was asked for.
        outcome: what is told of the student by itself.
        tell: is told how far it is.
    Raises:
        QualityError: it loses more than allowed, and that was not accepted.
    """
    with TemporaryDirectory(dir=run.training, prefix=".student-", suffix=".tmp") as name:
        part = RunDirectory(Path(name))
        write_model(part, made.model, made.tokenizer, made.generation)
        write_file(part.config, run.config.read_bytes())
        write_manifest(part.path)
        found = compare(options.teacher, part.path, scored, options.device, tell)
    allowed, command, notes = options.may_lose, command_of(run), [_manner(options)]
    notes.append(f"{found.data}: {found.said}; {found.cost}.")
    if not found.within(allowed):
        lost = f"more than the {allowed:g} points that may be lost at the lower end of the interval"
        if not options.accept_loss:
            again = f"`{run.going_on} --accept-loss` writes it"
            raise QualityError(
                f"the student has {found.said}: {lost}; it is not written, its training is kept: {again}"
            )
        command += "" if "--accept-loss" in command else " --accept-loss"
        notes.append(f"This is {lost}. The loss was accepted with --accept-loss.")
    teacher = options.teacher.resolve().name
    beside = Beside(
        student_of(options.teacher, manifest_hash(options.teacher)),
        [_section(found, notes, (teacher, run.path.resolve().name))],
        {**found.to_json(), "allowed_loss": allowed},
        command,
    )
    (scores,) = outcome.scores
    others = {f"{teacher}, its teacher": found.teacher.figures[found.headline]["score"], **scores.baselines}
    return replace(outcome, scores=[replace(scores, baselines=others)], beside=beside)


def compare(teacher: Path, student: Path, scored: tuple[str, Pairs], device: str | None, tell: Tell) -> Standing:
    """Ask two runs of one task the same.

    Args:
        teacher: its run directory.
        student: the same.
        scored: examples with the name of the set.
        device: "cpu" or "cuda"; None chooses.
        tell: is told how far it is.
    """
    data, pairs = scored
    readers: list[Comparable] = [load(path, device) for path in (teacher, student)]
    replies, seconds = alternate(readers, pairs, tell)
    tallies = [reader.tally(told, pairs) for reader, told in zip(readers, replies, strict=True)]
    sides = [
        # A clock that saw nothing pass would make the speed infinite, which JSON cannot say.
        Side(tally.figures(), len(pairs) / max(spent, 1e-9), RunDirectory(path).weights.stat().st_size)
        for tally, spent, path in zip(tallies, seconds, (teacher, student), strict=True)
    ]
    alike = sum(one == other for one, other in zip(*replies, strict=True)) / len(pairs)
    difference = tallies[1].compare(tallies[0], next(iter(sides[1].figures)))
    return Standing(data, len(pairs), alike, sides[0], sides[1], difference)


def alternate(readers: Sequence[Comparable], pairs: Pairs, tell: Tell) -> tuple[list[list[str]], list[float]]:
    """Let two runs answer the same by turns, so that both meet the same machine.

    Args:
        readers: two.
        pairs: one at least.
        tell: is told how far it is.
    Returns:
        The replies of each, in the order of the pairs, and its seconds.
    """
    for reader in readers:
        # Some things are done at the first call alone.
        reader.replies(pairs[:1], unwatched)
    replies, seconds = [[""] * len(pairs) for _ in readers], [0.0] * len(readers)
    for which, rows in by_turns(len(pairs), lambda *done: tell("asking teacher and student", *done)):
        began = time.perf_counter()
        replies[which][rows] = readers[which].replies(pairs[rows], unwatched)
        seconds[which] += time.perf_counter() - began
    return replies, seconds


def _manner(options: StudentOptions) -> str:
    mixture = f"share {options.share:g}, temperature {options.temperature:g}"
    learned = LEARNED[options.learns].format(mixture=mixture)
    return f"What the student learned of its teacher, beside what is true: {learned}."


def _section(found: Standing, notes: Sequence[str], names: tuple[str, str]) -> Section:
    """What the card and the report say of the two."""
    titles = [FIGURE_NAMES[name][0] for name in found.student.figures]
    rows = [
        [
            name,
            *(f"{shown(key, one['score'])} ({shown(key, one['low'])} to {shown(key, one['high'])})"
              for key, one in side.figures.items()),
            number(side.examples_per_second),
            f"{side.n_bytes / 1e6:.1f} MB",
        ]
        for name, side in zip(names, (found.teacher, found.student), strict=True)
    ]  # fmt: skip
    return Section("Beside its teacher", notes, ("", *titles, "examples/s", "model file"), rows)
