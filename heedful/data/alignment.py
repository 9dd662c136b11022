"""Which word of a sentence translates which: IBM model 1 in both directions, and the links on which they agree.

Model 1 says that each word of a sentence is made by one word of the other, or by none, wherever they stand; the
probabilities are found by expectation maximisation. Brown et al. 1993, "The Mathematics of Statistical Machine
Translation", section 4; links kept where both directions agree: Och and Ney 2003, section 5.
"""

from dataclasses import dataclass

import numpy as np

N_ITERATIONS = 5


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
    # A cell for each word of the target and each word of its source sentence, and one for no word at all.
    n_makers = np.repeat(source.lengths + 1, target.lengths)
    groups = np.cumsum(n_makers) - n_makers
    rank = np.arange(n_makers.sum()) - np.repeat(groups, n_makers)
    nothing = rank == np.repeat(n_makers - 1, n_makers)
    position = np.repeat(np.repeat(source.starts, target.lengths), n_makers) + rank
    position[nothing] = -1
    maker = np.where(nothing, source.n_types, source.ids[position])
    pairs, cell = np.unique(maker * target.n_types + np.repeat(target.ids, n_makers), return_inverse=True)
    maker_of_pair = pairs // target.n_types
    probability = np.ones(len(pairs))
    for _ in range(n_iterations):
        share = probability[cell]
        share /= np.repeat(np.add.reduceat(share, groups), n_makers)
        counts = np.bincount(cell, weights=share, minlength=len(pairs))
        probability = counts / np.bincount(maker_of_pair, weights=counts)[maker_of_pair]
    final = probability[cell]
    best = np.flatnonzero(final == np.repeat(np.maximum.reduceat(final, groups), n_makers))
    # Of equals the first in the sentence.
    owners, first = np.unique(np.repeat(np.arange(len(groups)), n_makers)[best], return_index=True)
    assert len(owners) == len(target.ids), "every word has a best maker"
    return np.asarray(position[best[first]])
