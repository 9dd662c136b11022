"""Held-out pairs for testing: whole groups of pairs that share a sentence, so that none occurs in two splits."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from heedful.data import chance
from heedful.data.text import identity
from heedful.errors import DataError, OptionError, suggest

Item = TypeVar("Item")

TRAIN = "train"
MIN_PAIRS = 100
PAIRS = "pairs with text on both sides"
# Larger groups stay in the training text: one of them would be a test of one sentence and its rewordings.
MAX_GROUP = 20


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """So many of them at most, evenly spread: files are often sorted by origin."""
    n = min(len(items), most)
    return [items[place * len(items) // n] for place in range(n)]


@dataclass(frozen=True)
class Split:
    """Which line belongs to which part.

    Args:
        parts: "train", then the held-out ones.
        of_line: uint8 index into `parts` for each line.
    """

    parts: tuple[str, ...]
    of_line: np.ndarray

    def skip(self, part: str) -> np.ndarray:
        """Bool for each line, True where it is not of this part: what `build_shards` leaves out."""
        return np.asarray(self.of_line != self._number(part))

    def size(self, part: str) -> int:
        """How many lines a part has."""
        return int((self.of_line == self._number(part)).sum())

    def select(self, pairs: Iterable[tuple[str, str]], part: str) -> Iterator[tuple[str, str]]:
        """The pairs of a part, in the order of the lines.

        Args:
            pairs: the same that were split.
            part: its name.
        """
        number = self._number(part)
        return (pair for pair, of in zip(pairs, self.of_line, strict=True) if of == number)

    def _number(self, part: str) -> int:
        if part not in self.parts:
            raise OptionError(f"there is no part {part!r} in this split{suggest(part, self.parts)}")
        return self.parts.index(part)


def held_out_size(n_pairs: int) -> int:
    """Pairs to hold out: a tenth of a small text, a fiftieth of a large one, a thousand at most."""
    return min(1000, n_pairs // 10 if n_pairs <= 2000 else 200 + (n_pairs - 2000) // 50)


def require_pairs(n_usable: int, unit: str = PAIRS) -> None:
    """Refuse a text from which nothing can be held out.

    Args:
        n_usable: its pairs with text on both sides.
        unit: what they are.
    Raises:
        DataError: fewer than MIN_PAIRS.
    """
    if n_usable < MIN_PAIRS:
        raise DataError(
            f"holding out pairs for testing needs at least {MIN_PAIRS} {unit}: "
            f"got {n_usable}; give more text, or name held-out files"
        )


def split(
    pairs: Iterable[tuple[str, str]], held_out: Sequence[str] = ("dev", "test"), *, seed: int = 0, unit: str = PAIRS
) -> Split:
    """Hold out pairs, chosen by what they say and not by where they stand: adding lines moves few others.

    Sentences are the same when they differ in case, normal form or white space only; a sentence of one side counts as
    the same on the other.

    Args:
        pairs: read once; 16 bytes a pair are kept.
        held_out: names of the parts to make, in the order in which they are filled.
        seed: another one chooses other pairs.
        unit: what a pair is to those who gave it.
    Raises:
        DataError: fewer than MIN_PAIRS usable pairs, or so many shared sentences that none can be held out.
    """
    sources, targets = sentence_identities(pairs)
    usable = np.flatnonzero((sources != 0) & (targets != 0))
    require_pairs(len(usable), unit)
    groups, marks = _groups(sources[usable], targets[usable])
    sizes = np.bincount(groups)
    wanted = held_out_size(len(usable))
    order = np.argsort(chance.draw(chance.key(seed), marks), kind="stable")
    order = order[sizes[order] <= min(MAX_GROUP, max(1, wanted // 5))]
    ends = np.cumsum(sizes[order])
    of_group = np.zeros(len(sizes), dtype=np.uint8)
    low = 0
    for number in range(1, len(held_out) + 1):
        high = int(np.searchsorted(ends, (ends[low - 1] if low else 0) + wanted, side="right"))
        found = int(sizes[order[low:high]].sum())
        if found < (wanted + 1) // 2:
            raise DataError(
                f"holding out {wanted} pairs for {held_out[number - 1]!r} needs groups of pairs that share no sentence "
                f"with others: got {found} such pairs; give more text, or name files of held-out pairs"
            )
        of_group[order[low:high]] = number
        low = high
    of_line = np.zeros(len(sources), dtype=np.uint8)
    of_line[usable] = of_group[groups]
    return Split((TRAIN, *held_out), of_line)


def sentence_identities(pairs: Iterable[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """`identity` of every source and of every target, as uint64."""
    sources, targets = array("Q"), array("Q")
    for source, target in pairs:
        sources.append(identity(source))
        targets.append(identity(target))
    return np.frombuffer(sources, np.uint64), np.frombuffer(targets, np.uint64)


def _groups(sources: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs connected by shared sentences: the group of each pair, and a number that names each group."""
    sentences, nodes = np.unique(np.concatenate([sources, targets]), return_inverse=True)
    left, right = nodes[: len(sources)], nodes[len(sources) :]
    roots = np.arange(len(sentences))
    while True:
        # Each root hooks to the smallest root that it touches, then all paths are halved until they are flat.
        smallest = np.minimum(roots[left], roots[right])
        if np.array_equal(roots[left], roots[right]):
            break
        np.minimum.at(roots, roots[left], smallest)
        np.minimum.at(roots, roots[right], smallest)
        while not np.array_equal(roots, flat := roots[roots]):
            roots = flat
    names, groups = np.unique(roots[left], return_inverse=True)
    return groups, sentences[names]
