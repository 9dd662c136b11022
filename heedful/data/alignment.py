"""Which word of a sentence translates which: IBM model 1 in both directions, and the links on which they agree.

Model 1 says that each word of a sentence is made by one word of the other, or by none, wherever they stand; the
probabilities are found by expectation maximisation. Brown et al. 1993, "The Mathematics of Statistical Machine
Translation", section 4; links kept where both directions agree: Och and Ney 2003, section 5.

Every word of a target with every word of its source, and with none, is a cell: so many numbers a text needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

N_ITERATIONS = 5
# Cells that are worked on at a time: a few dozen bytes of memory each, and four for each of all others.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Units:
    """One side of a text, its sentences one behind the other.

    Args:
        ids: the type of each word, from 0.
        lengths: how many words each sentence has, one at least.
        n_types: different words.
    """

    ids: np.ndarray
    lengths: np.ndarray
    n_types: int

    @property
    def starts(self) -> np.ndarray:
        """Where each sentence begins in `ids`."""
        return np.asarray(np.cumsum(self.lengths) - self.lengths)

    def part(self, first: int, last: int) -> "Units":
        """Some sentences: those from `first` on, up to `last` and without it."""
        lengths = self.lengths[first:last]
        start = int(self.lengths[:first].sum())
        return Units(self.ids[start : start + int(lengths.sum())], lengths, self.n_types)


@dataclass(frozen=True)
class Lexicon:
    """How likely each word of the source is to make each of the target; pairs that never met are left out.

    Args:
        makers: (P,) int64, types of the source, in order; `n_types` of the source stands for no word at all.
        made: (P,) int64, types of the target, those of one maker in order.
        probability: (P,) float64, of each maker its sum is 1.
    """

    makers: np.ndarray
    made: np.ndarray
    probability: np.ndarray


def links(source: Units, target: Units, n_iterations: int = N_ITERATIONS) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of words that translate each other, by their positions in `source.ids` and `target.ids`.

    Args:
        source: sentences.
        target: their translations.
        n_iterations: of expectation maximisation.
    Returns:
        Positions in the source and in the target, as many; no position twice.
    """
    makers = most_likely_makers(source, target, n_iterations)
    made = most_likely_makers(target, source, n_iterations)
    there = np.flatnonzero(makers >= 0)
    agreed = there[made[makers[there]] == there]
    return makers[agreed], agreed


def most_likely_makers(source: Units, target: Units, n_iterations: int = N_ITERATIONS) -> np.ndarray:
    """For each word of the target the position of the source word that made it, -1 where none did.

    Args:
        source: sentences.
        target: their translations.
        n_iterations: of expectation maximisation.
    """
    blocks = list(_blocks(source, target))
    _, cells, probability = _learned(blocks, n_iterations)
    found, start = [np.zeros(0, np.int64)], 0
    for block, cell in zip(blocks, cells, strict=True):
        position = block.best(probability[cell])
        found.append(np.where(position < 0, -1, position + start))
        start += len(block.source.ids)
    return np.concatenate(found)


def lexicon(source: Units, target: Units, n_iterations: int = N_ITERATIONS) -> Lexicon:
    """Which words of the source make which of the target, over the whole text.

    Args:
        source: sentences.
        target: their translations.
        n_iterations: of expectation maximisation.
    """
    keys, _, probability = _learned(list(_blocks(source, target)), n_iterations)
    return Lexicon(keys // target.n_types, keys % target.n_types, probability)


@dataclass(frozen=True)
class _Block:
    """Some sentences with their cells: for each word of the target those of its source in order, then that of none."""

    source: Units
    target: Units

    @property
    def sizes(self) -> np.ndarray:
        """How many cells each word of the target has."""
        return np.repeat(self.source.lengths + 1, self.target.lengths)

    def keys(self) -> np.ndarray:
        """A number for each cell that says which types meet there."""
        sizes, source = self.sizes, self.source
        nothing = np.cumsum(sizes) - 1
        rank = np.arange(nothing[-1] + 1) - np.repeat(nothing + 1 - sizes, sizes)
        # The cell of none may lie behind the last word.
        position = np.repeat(np.repeat(source.starts, self.target.lengths), sizes) + rank
        position[nothing] = 0
        maker = source.ids[position]
        maker[nothing] = source.n_types
        return np.asarray(maker * self.target.n_types + np.repeat(self.target.ids, sizes))

    def shares(self, probability: np.ndarray) -> np.ndarray:
        """How much of each word of the target each of its cells has made."""
        sizes = self.sizes
        return np.asarray(probability / np.repeat(np.add.reduceat(probability, np.cumsum(sizes) - sizes), sizes))

    def best(self, probability: np.ndarray) -> np.ndarray:
        """The position of the likeliest maker of each word of the target, -1 for none; of equals the first."""
        sizes = self.sizes
        groups = np.cumsum(sizes) - sizes
        best = np.flatnonzero(probability == np.repeat(np.maximum.reduceat(probability, groups), sizes))
        owners, first = np.unique(np.repeat(np.arange(len(groups)), sizes)[best], return_index=True)
        assert len(owners) == len(self.target.ids), "every word has a best maker"
        rank = best[first] - groups
        return np.where(rank == sizes - 1, -1, np.repeat(self.source.starts, self.target.lengths) + rank)


def _blocks(source: Units, target: Units) -> Iterator[_Block]:
    """The sentences, so many at a time as have few cells together."""
    number = np.cumsum((source.lengths.astype(np.int64) + 1) * target.lengths) // _BLOCK
    bounds = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(number)]
    for first, last in pairwise(bounds):
        if first < last:
            yield _Block(source.part(first, last), target.part(first, last))


def _learned(blocks: list[_Block], n_iterations: int) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """The keys of the pairs that met, which of them each cell of each block is, and the probability of each pair."""
    met = [np.unique(block.keys(), return_inverse=True) for block in blocks]
    keys = np.unique(np.concatenate([np.zeros(0, np.int64), *(own for own, _ in met)]))
    cells = [np.searchsorted(keys, own).astype(np.int32)[inverse] for own, inverse in met]
    maker = keys // blocks[0].target.n_types if blocks else keys
    probability = np.ones(len(keys))
    for _ in range(n_iterations):
        counts = np.zeros(len(keys))
        for block, cell in zip(blocks, cells, strict=True):
            counts += np.bincount(cell, weights=block.shares(probability[cell]), minlength=len(keys))
        probability = counts / np.bincount(maker, weights=counts)[maker]
    return keys, cells, probability
