"""Scoring a translator on files: its figures, those of another system beside them, and those of parts of the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.data.corpus import SIDES
from heedful.data.text import ParallelText
from heedful.decoding import Search
from heedful.errors import OptionError
from heedful.evaluation.behaviour.report import Behaviour
from heedful.run.directory import RunDirectory
from heedful.run.disk import write_atomic
from heedful.tasks.behaviour import check_behaviour, check_left
from heedful.tasks.comparison import Against, Rival
from heedful.tasks.evidence import Evaluated, Tell, evaluate_pairs, unwatched
from heedful.tasks.grouping import Groups, group, look_up
from heedful.tasks.questions import read_questions
from heedful.tasks.translator import Translator


@dataclass(frozen=True)
class EvaluationOptions:
    """What is scored, on what, and what else is wanted.

    Args:
        run: the run directory of a translator.
        text: sources and references; of a TSV the column in the language of `to` is the reference.
        to: language translated into; None where the model or the script of the text leaves no choice.
        search: how to decode, the other system too; None is the search of the run, a beam of 5.
        output: new file for the translations.
        against: another run directory, or a file with another system's translations, one a line.
        groups: score parts of the text too.
        behaviour: try what the translator does with words, numbers, names, marks, typos and long input, too.
        device: "cpu" or "cuda"; None chooses.
    """

    run: Path
    text: ParallelText
    to: str | None = None
    search: Search | None = None
    output: Path | None = None
    against: Path | None = None
    groups: bool = False
    behaviour: bool = False
    device: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """What came of it.

    Args:
        found: the figures.
        against: the other system's, compared; None where none was named.
        groups: figures of parts of the text; None where they were not wanted.
        behaviour: counts and examples of the suite; None where it was not wanted.
        misgivings: what speaks against the text.
    """

    found: Evaluated
    against: Against | None = None
    groups: Groups | None = None
    behaviour: Behaviour | None = None
    misgivings: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values: the figures, and "against", "groups" and "behaviour" where they were wanted."""
        more = {"against": self.against, "groups": self.groups, "behaviour": self.behaviour}
        return {**self.found.to_json(), **{name: part.to_json() for name, part in more.items() if part is not None}}


def evaluate(asked: EvaluationOptions, tell: Tell = unwatched) -> Evaluation:
    """Translate a test set and score it. All that can be refused is refused before the time is spent.

    Args:
        asked: what is wanted.
        tell: is told how far it is.
    Raises:
        HeedfulError: a run, a text, the other system or the place for the translations cannot be used.
    """
    translator = Translator.load(asked.run, asked.device)
    questions = read_questions(translator, asked.text, asked.to)
    rival = None if asked.against is None else Rival.open(asked.against, asked.run, questions, asked.device)
    if asked.output is not None:
        _check_output(asked.output, asked)
    if asked.behaviour:
        check_left(RunDirectory(asked.run).begun)
    known = look_up(asked.run, translator, questions) if asked.groups else None
    search = asked.search or translator.search
    found = evaluate_pairs(translator, questions.pairs, questions.direction, search, tell)
    if asked.output is not None:
        write_atomic(asked.output, "".join(line + "\n" for line in found.hypotheses).encode())
    against = None if rival is None else rival.compare(found, questions, search, tell)
    other = None if against is None else against.tally
    groups = None if known is None else group(found.tally, questions, known, other)
    to, behaviour = questions.direction[1], None
    if asked.behaviour:
        behaviour = check_behaviour(translator, questions.pairs, to, run=asked.run, search=search, tell=tell)
    misgivings = [*questions.misgivings, *(() if against is None else against.misgivings)]
    return Evaluation(found, against, groups, behaviour, misgivings)


def _check_output(output: Path, asked: EvaluationOptions) -> None:
    """Refuse a place for the translations before the time is spent on them."""
    if output.is_dir():
        raise OptionError(f"{output} is a folder: expected the name of a file for the translations")
    if not output.parent.is_dir():
        raise OptionError(f"the folder {output.parent} does not exist: create it first, or choose another --output")
    inputs = [asked.text.path(side) for side in SIDES] + ([] if asked.against is None else [asked.against])
    if any(output.resolve() == path.resolve() for path in inputs):
        raise OptionError(f"{output} is what is evaluated on: nothing is written over; choose another --output")
    # A device or a file of a run would be replaced like any other.
    if output.exists():
        raise OptionError(f"{output} exists already: nothing is written over; choose another --output")
