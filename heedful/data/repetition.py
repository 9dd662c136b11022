"""Sentences that occur again: in the same text, or in the text held out for testing. Works on `text.identity` alone."""

from dataclasses import dataclass

import numpy as np

from heedful.data import chance


@dataclass(frozen=True)
class Repetitions:
    """Lines that repeat something.

    Args:
        lines: indices, ascending.
        earlier: for each of them, the index of what it repeats.
    """

    lines: np.ndarray
    earlier: np.ndarray

    def without(self, lines: np.ndarray) -> "Repetitions":
        """All but these lines."""
        kept = ~np.isin(self.lines, lines)
        return Repetitions(self.lines[kept], self.earlier[kept])

    def __len__(self) -> int:
        return len(self.lines)


def repeated_pairs(sources: np.ndarray, targets: np.ndarray) -> Repetitions:
    """Pairs that occurred before, each with the line of its first occurrence; empty ones do not count.

    Args:
        sources: `identity` of each line.
        targets: the same of the other side.
    """
    filled = np.flatnonzero((sources != 0) & (targets != 0))
    return _again(filled, _both(sources[filled], targets[filled]))


def ambiguous_sources(sources: np.ndarray, targets: np.ndarray) -> Repetitions:
    """Lines that translate an earlier source in another way, each way once."""
    filled = np.flatnonzero((sources != 0) & (targets != 0))
    _, first = np.unique(_both(sources[filled], targets[filled]), return_index=True)
    distinct = filled[np.sort(first)]
    return _again(distinct, sources[distinct])


def shared(held_out: np.ndarray, train: np.ndarray) -> Repetitions:
    """Held-out lines whose sentence occurs in the training text, each with the first line there."""
    known, first = np.unique(train, return_index=True)
    if not len(known):
        return Repetitions(np.zeros(0, np.int64), np.zeros(0, np.int64))
    place = np.minimum(np.searchsorted(known, held_out), len(known) - 1)
    lines = np.flatnonzero((known[place] == held_out) & (held_out != 0))
    return Repetitions(lines, first[place[lines]])


def shared_pairs(held_out: tuple[np.ndarray, np.ndarray], train: tuple[np.ndarray, np.ndarray]) -> Repetitions:
    """Held-out pairs that occur whole in the training text."""
    return shared(_both(*held_out), _both(*train))


def _both(sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """One number for a pair; 0 where a side is empty."""
    return np.where((sources != 0) & (targets != 0), chance.draw(1, sources) + targets, np.uint64(0))


def _again(lines: np.ndarray, marks: np.ndarray) -> Repetitions:
    _, first, group = np.unique(marks, return_index=True, return_inverse=True)
    earlier = lines[first[group]]
    repeats = earlier != lines
    return Repetitions(lines[repeats], earlier[repeats])
