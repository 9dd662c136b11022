"""One translator against another system on the same sentences: figures, and whether chance explains the difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from heedful.data.languages import same_language
from heedful.data.text import read_lines
from heedful.decoding import Search
from heedful.errors import DataError, OptionError
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import LOWER_IS_BETTER, Scores, Tally
from heedful.tasks.evidence import Evaluated, Tell, evaluate_pairs, unwatched
from heedful.tasks.questions import Questions
from heedful.tasks.translator import Direction, Translator

# What the sentence about a comparison rests on, and what may speak beside it.
_FIRST, _OTHERS = "bleu", {"chrf": "chrF2", "ter": "TER"}


@dataclass(frozen=True)
class Against:
    """Another system's figures, and how the first compares with them.

    Args:
        ours: name of the first system.
        theirs: name of the other.
        scores: of the other.
        comparisons: first minus other, for each figure by its name in `Scores`.
        tally: what each sentence adds to the other's scores.
        alike: whether both gave the same translations.
        misgivings: what speaks against the other's translations.
        speed: "seconds" spent translating and "tokens_per_second"; empty for translations from a file.
    """

    ours: str
    theirs: str
    scores: Scores
    comparisons: Mapping[str, Comparison]
    tally: Tally = field(repr=False, compare=False)
    alike: bool = False
    misgivings: Sequence[str] = ()
    speed: Mapping[str, float] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """What the comparison means, in one sentence."""
        names = (self.ours, self.theirs)
        sentences = f"{len(self.tally):,} sentence{'s' if len(self.tally) != 1 else ''}"
        if self.alike:
            every = f"all {sentences}" if len(self.tally) != 1 else "the one sentence"
            return f"{self.ours} and {self.theirs} give the same translations of {every}"
        first = self.comparisons[_FIRST]
        better = _better(_FIRST, first)
        if first.clear:
            found = f"{names[better]} is better than {names[1 - better]} on this text: {_said(_FIRST, 'BLEU', first)}"
            contrary = [name for key, name in _OTHERS.items() if self.clear_winner(key) == 1 - better]
            return found + (f"; by {' and '.join(contrary)} it is the other way round" if contrary else "")
        found = f"no difference between {self.ours} and {self.theirs} that {sentences} can show"
        others = [
            f"; by {name} {names[winner]} is better: {_said(key, name, self.comparisons[key])}"
            for key, name in _OTHERS.items()
            if (winner := self.clear_winner(key)) is not None
        ]
        difference = f"{self.ours} minus {self.theirs} is {first.difference:+z.{first.digits()}f} BLEU"
        return "".join([f"{found}: {difference}, {_sureness(first, 1)}", *others])

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        comparisons = {name: comparison.to_json() for name, comparison in self.comparisons.items()}
        more = {"comparisons": comparisons, "verdict": self.verdict}
        return {"name": self.theirs, **self.scores.to_json(), **self.speed, **more}

    def clear_winner(self, name: str) -> int | None:
        """Who is better by a figure: 0 the first, 1 the other; None where chance may explain it.

        Args:
            name: of the figure in `Scores`.
        """
        comparison = self.comparisons[name]
        return _better(name, comparison) if comparison.clear else None


@dataclass(frozen=True)
class Rival:
    """Another system, ready to be asked.

    Args:
        names: of the system that is scored and of the rival, as they are to be told apart.
        translator: of the rival; None where there are only its translations.
        direction: languages from and into, by the rival's codes.
        lines: its translations, where there is no translator.
    """

    names: tuple[str, str]
    translator: Translator | None
    direction: Direction
    lines: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def open(cls, path: Path, run: Path, asked: Questions, device: str | None = None) -> Self:
        """Load another run, or read another system's translations.

        Args:
            path: a run directory, or a text file with one translation a line.
            run: run directory of the system that is scored.
            asked: what both are scored on.
            device: "cpu" or "cuda"; None chooses.
        Raises:
            OptionError: the run itself, one of another direction, or the reference.
            DataError: a text that cannot be read, or with another number of lines.
            RunError: no run directory, or a damaged one.
        """
        if path.exists() and path.resolve() == run.resolve():
            raise OptionError(f"{path} is the run that is scored: give another one, or a file of translations")
        names = _names(run, path)
        if path.is_file():
            return cls(names, None, asked.direction, _translations(path, asked))
        translator = Translator.load(path, device)
        return cls(names, translator, _same_direction(translator, asked.direction, path))

    def compare(self, found: Evaluated, asked: Questions, search: Search, tell: Tell = unwatched) -> Against:
        """Score the rival on the same sentences, and compare.

        Args:
            found: the figures of the system that is scored.
            asked: what both are scored on.
            search: how the rival decodes.
            tell: is told how far it is.
        """
        speed: dict[str, float] = {}
        if self.translator is None:
            lines = self.lines
            tally = Tally.of(lines, asked.references, asked.direction[1])
            scores = tally.scores()
        else:
            told = partial(_tell_of, self.names[1], tell)
            theirs = evaluate_pairs(self.translator, asked.pairs, self.direction, search, told)
            lines, tally, scores, speed = theirs.hypotheses, theirs.tally, theirs.scores, theirs.speed
        comparisons = {name: found.tally.compare(tally, name) for name in tally.statistics}
        alike, doubts = lines == found.hypotheses, list(_doubts(self.names[1], lines, asked))
        return Against(*self.names, scores, comparisons, tally, alike, doubts, speed)


def _translations(path: Path, asked: Questions) -> list[str]:
    """Another system's translations, one for each sentence."""
    if asked.text.target is not None and path.resolve() == asked.text.target.resolve():
        raise OptionError(f"{path} is the reference itself: give another system's translations, or a run directory")
    lines = list(read_lines(path))
    if len(lines) != len(asked.pairs):
        raise DataError(
            f"{path} must hold one translation for each line of {asked.text.source}: got {len(lines):,} lines for "
            f"{len(asked.pairs):,}; translate this very file with the other system"
        )
    return lines


def _tell_of(name: str, tell: Tell, what: str, done: int, whole: int) -> None:
    tell(f"{name}: {what}", done, whole)


def _doubts(name: str, lines: list[str], asked: Questions) -> Iterator[str]:
    """What speaks against translations: they are empty, or one of the two texts themselves."""
    if not any(map(str.strip, lines)):
        yield f"the translations of {name} are all empty"
    elif lines == asked.sources:
        yield f"the translations of {name} are the source text itself: nothing is translated in them"
    elif lines == asked.references:
        yield f"the translations of {name} are the reference text itself: every figure is that of a perfect copy"


def _same_direction(translator: Translator, asked: Direction, path: Path) -> Direction:
    """The rival's direction between the same languages."""
    for direction in translator.directions:
        if all(same_language(one, other) for one, other in zip(direction, asked, strict=True)):
            return direction
    ways = " and ".join(f"{source} → {target}" for source, target in translator.directions)
    raise OptionError(
        f"{path} translates {ways}, and {asked[0]} → {asked[1]} is scored: give a run of that direction, or a file of "
        "translations"
    )


def _names(run: Path, other: Path) -> tuple[str, str]:
    """What tells two systems apart: the last part of their paths, or else all of it."""
    first, second = run.resolve().name, other.resolve().name
    return (first, second) if first != second else (str(run), str(other))


def _better(name: str, comparison: Comparison) -> int:
    """Which system is the better one by a figure: 0 the first, 1 the other."""
    return int((comparison.difference < 0) != (name in LOWER_IS_BETTER))


def _said(key: str, name: str, comparison: Comparison) -> str:
    """A clear difference in words, seen from the better system."""
    way, sign = ("lower, which is better,", -1) if key in LOWER_IS_BETTER else ("higher", 1)
    by = f"{abs(comparison.difference):.{comparison.digits()}f}"
    return f"its {name} is {way} by {by}, {_sureness(comparison, -sign if _better(key, comparison) else sign)}"


def _sureness(comparison: Comparison, sign: int) -> str:
    """The interval, turned by a sign, and the p-value."""
    low, high = sorted(sign * end for end in (comparison.low, comparison.high))
    digits = comparison.digits()
    return f"95% interval {low:z.{digits}f} to {high:z.{digits}f}, p = {comparison.p_in_words}"
