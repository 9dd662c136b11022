"""Scores of parts of a text: where a system is good and where it is not, each part with its own interval.

A part is scored as a corpus of its own, from the same statistics as the whole.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Tally

# Fewer sentences than this say nothing; more than that are split, this many a part, into five parts at most.
MIN_SENTENCES = 10
_SENTENCES_A_PART, _MAX_PARTS = 30, 5
_FIGURES = ("bleu", "chrf")
# Borders that people find natural: every number up to 20, then these of each power of ten.
_SMALL, _ROUND = 20, (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)

Integers = NDArray[np.integer]
Bounds = tuple[int, int | None]

# How often a word was read: finest where it matters most, between never and a few times.
FREQUENCIES: tuple[Bounds, ...] = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 29), (30, 99), (100, 999), (1000, None))


@dataclass(frozen=True)
class Group:
    """Some of the sentences, and their figures as a corpus of their own.

    Args:
        name: what they have in common, as "6 to 10 words".
        sentences: how many.
        bleu: cased; None where they are too few to say.
        chrf: chrF2; the same.
        bounds: the lowest and the highest number in it, where numbers make the group; None is no limit.
        against: "bleu" and "chrf" compared with another system, when there is one and they are enough to say.
    """

    name: str
    sentences: int
    bleu: Figure | None
    chrf: Figure | None
    bounds: Bounds | None = None
    against: Mapping[str, Comparison] = field(default_factory=dict)

    @property
    def too_few(self) -> bool:
        """Whether nothing can be said of so few sentences."""
        return self.bleu is None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; "against" only where there is another system."""
        values = asdict(self)
        if not self.against:
            del values["against"]
        return {**values, "bounds": self.bounds and list(self.bounds), "too_few": self.too_few}


def by_length(tally: Tally, lengths: Integers, unit: str, other: Tally | None = None) -> tuple[Group, ...]:
    """Short and long sentences.

    Args:
        tally: of the translations.
        lengths: (n_sentences,) of the sources; those of 0 are in no group.
        unit: what is counted, as "words".
        other: of another system, to be compared with.
    """
    filled = lengths[lengths > 0]
    ranges = _between(length_borders(filled)) if len(filled) else []
    return _in_ranges(tally, lengths, ranges, lambda bounds: _amount(bounds, unit), other)


def by_frequency(tally: Tally, counts: Integers, other: Tally | None = None) -> tuple[Group, ...]:
    """Sentences by how often something of theirs was read in training, in fixed steps, so that texts can be compared.

    Args:
        tally: of the translations.
        counts: (n_sentences,) of occurrences; those below 0 are in no group.
        other: of another system, to be compared with.
    """
    return _in_ranges(tally, counts, FREQUENCIES, _times, other)


def by_kind(tally: Tally, kinds: Mapping[str, NDArray[np.bool_]], other: Tally | None = None) -> tuple[Group, ...]:
    """Sentences of several kinds.

    Args:
        tally: of the translations.
        kinds: (n_sentences,) True where a sentence is of that kind, by its name.
        other: of another system, to be compared with.
    """
    found = ((name, np.flatnonzero(belongs)) for name, belongs in kinds.items())
    return tuple(_group(tally, name, None, rows, other) for name, rows in found if len(rows))


def length_borders(lengths: Integers) -> list[int]:
    """Where to cut lengths: near their quantiles, at numbers that people find natural; no part is too small to say.

    Args:
        lengths: (n_sentences,), at least 1 each.
    Returns:
        The greatest length of each part but the last, ascending.
    """
    ordered = np.sort(lengths)
    n_sentences = len(ordered)
    n_parts = max(1, min(_MAX_PARTS, n_sentences // _SENTENCES_A_PART))
    borders: list[int] = []
    n_before = 0
    for part in range(1, n_parts):
        border = _round(int(ordered[n_sentences * part // n_parts - 1]))
        n_until = int(np.searchsorted(ordered, border, side="right"))
        if n_until - n_before >= MIN_SENTENCES and n_sentences - n_until >= MIN_SENTENCES:
            borders.append(border)
            n_before = n_until
    return borders


def _round(number: int) -> int:
    """The natural number next to it."""
    if number <= _SMALL:
        return number
    power = 10 ** (len(str(number)) - 2)
    steps = [step * power for step in _ROUND]
    place = bisect_left(steps, number)
    above, below = steps[place], steps[max(place - 1, 0)]
    return below if number - below <= above - number else above


def _between(borders: Sequence[int]) -> list[Bounds]:
    edges = [0, *borders]
    return [*((low + 1, high) for low, high in pairwise(edges)), (edges[-1] + 1, None)]


def _in_ranges(
    tally: Tally, numbers: Integers, ranges: Sequence[Bounds], name: Callable[[Bounds], str], other: Tally | None
) -> tuple[Group, ...]:
    found = []
    for bounds in ranges:
        low, high = bounds
        inside = numbers >= low if high is None else (numbers >= low) & (numbers <= high)
        rows = np.flatnonzero(inside)
        if len(rows):
            found.append(_group(tally, name(bounds), bounds, rows, other))
    return tuple(found)


def _group(tally: Tally, name: str, bounds: Bounds | None, rows: Integers, other: Tally | None) -> Group:
    if len(rows) < MIN_SENTENCES:
        return Group(name, len(rows), None, None, bounds)
    bleu, chrf = (tally.figure(figure, rows) for figure in _FIGURES)
    against = {} if other is None else {figure: tally.compare(other, figure, rows) for figure in _FIGURES}
    return Group(name, len(rows), bleu, chrf, bounds, against)


def _times(bounds: Bounds) -> str:
    names: dict[Bounds, str] = {(0, 0): "never", (1, 1): "once"}
    return names.get(bounds) or _amount(bounds, "times")


def _amount(bounds: Bounds, unit: str) -> str:
    low, high = bounds
    last = low if high is None else high
    counted = unit.removesuffix("s") if last == 1 else unit
    if high is None:
        return f"{low:,} {counted} or more"
    return f"{low:,} {counted}" if low == high else f"{low:,} to {high:,} {counted}"
