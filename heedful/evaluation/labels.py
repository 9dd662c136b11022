"""How good labels and numbers are: accuracy, F1, Matthews, correlations, each with its 95% interval; calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from heedful.errors import DataError
from heedful.evaluation.significance import (
    N_RESAMPLES,
    SEED,
    Array,
    Comparison,
    ScoreSums,
    bootstrap_interval,
    paired_bootstrap,
)


@dataclass(frozen=True, eq=False)
class Tally:
    """What each example adds to the figures: the score of all, or of a draw of them, is then a sum away.

    Args:
        statistics: (n_examples, n_statistics) for each figure, by name; the first figure is the headline.
    """

    statistics: Mapping[str, Array]

    @classmethod
    def of_labels(cls, predicted: Sequence[str], truth: Sequence[str]) -> Self:
        """One label for each text: accuracy, macro F1, Matthews.

        Args:
            predicted: labels.
            truth: as many.
        Raises:
            DataError: different counts, or nothing to score.
        """
        _check(predicted, truth)
        names = sorted({*predicted, *truth})
        ours, theirs = (
            np.array([[name == one for name in names] for one in side], float) for side in (predicted, truth)
        )
        right = ours * theirs
        correct = right.sum(1, keepdims=True)
        return cls({
            "accuracy": np.concatenate([correct, np.ones_like(correct)], 1),
            "macro_f1": np.concatenate([right, ours, theirs], 1),
            "matthews": np.concatenate([correct, np.ones_like(correct), ours, theirs], 1),
        })  # fmt: skip

    @classmethod
    def of_sets(cls, predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> Self:
        """Any number of labels for each text: micro F1, macro F1, and how many sets are right as a whole.

        Args:
            predicted: labels of each text.
            truth: as many.
        Raises:
            DataError: different counts, or nothing to score.
        """
        _check(predicted, truth)
        names = sorted({name for side in (predicted, truth) for one in side for name in one})
        ours, theirs = (
            np.array([[name in one for name in names] for one in side], float).reshape(len(truth), -1)
            for side in (predicted, truth)
        )
        right, whole = ours * theirs, (ours == theirs).all(1, keepdims=True).astype(float)
        return cls({
            "micro_f1": np.stack([right.sum(1), ours.sum(1), theirs.sum(1)], 1),
            "macro_f1": np.concatenate([right, ours, theirs], 1),
            "exact_match": np.concatenate([whole, np.ones_like(whole)], 1),
        })  # fmt: skip

    @classmethod
    def of_numbers(cls, predicted: Sequence[float], truth: Sequence[float]) -> Self:
        """A number for each text: Pearson's correlation, and Spearman's, which is the same of the ranks.

        The resamples keep the ranks of the whole.

        Args:
            predicted: numbers.
            truth: as many.
        Raises:
            DataError: different counts, or nothing to score.
        """
        _check(predicted, truth)
        sides = [np.asarray(side, float) for side in (predicted, truth)]
        return cls({"pearson": _moments(*sides), "spearman": _moments(*map(ranks, sides))})

    def __len__(self) -> int:
        """How many examples."""
        return len(next(iter(self.statistics.values())))

    def score(self, name: str) -> float:
        """A figure alone, 0 to 100 (a correlation from -100)."""
        return float(SUMS[name](self.statistics[name].sum(0, keepdims=True))[0])

    def figures(self) -> dict[str, dict[str, Any]]:
        """Every figure: {"accuracy": {"score": ..., "low": ..., "high": ..., "signature": ...}, ...}."""
        found = {}
        for name, statistics in self.statistics.items():
            low, high = bootstrap_interval(statistics, SUMS[name])
            signature = f"{name}|n:{len(self)}|bs:{N_RESAMPLES}|seed:{SEED}"
            found[name] = {"score": self.score(name), "low": low, "high": high, "signature": signature}
        return found

    def compare(self, other: "Tally", name: str) -> Comparison:
        """This system against another on the same examples, by paired bootstrap.

        Args:
            other: of the other system.
            name: of a figure.
        Raises:
            DataError: different counts.
        """
        if len(self) != len(other):
            raise DataError(f"expected answers to the same examples: got {len(self):,} and {len(other):,}")
        first, second = self.statistics[name], other.statistics[name]
        if first.shape[1] != second.shape[1]:
            raise DataError(f"{name} of two systems needs the same labels; give `labels` of both together")
        return paired_bootstrap(first, second, SUMS[name])


@dataclass(frozen=True)
class Calibration:
    """Whether a model is right as often as it says.

    Args:
        bins: mean confidence, accuracy and number of examples of each tenth that holds any; shares in [0, 1].
        error: the mean distance between the two, weighted by examples, in [0, 1].
    """

    bins: Sequence[tuple[float, float, int]]
    error: float

    @classmethod
    def of(cls, confidence: Sequence[float], correct: Sequence[bool], n_bins: int = 10) -> Self:
        """Look at answers by how sure the model was of them.

        Args:
            confidence: probability of each answer.
            correct: whether it is right.
            n_bins: of equal width.
        Source:
            Expected calibration error: Guo et al. 2017, arXiv:1706.04599, section 2.
        """
        sure, right = np.asarray(confidence, float), np.asarray(correct, float)
        place = np.minimum((sure * n_bins).astype(int), n_bins - 1)
        bins = [
            (float(sure[place == number].mean()), float(right[place == number].mean()), int((place == number).sum()))
            for number in np.unique(place)
        ]
        error = sum(abs(mean - accuracy) * count for mean, accuracy, count in bins) / max(1, len(sure))
        return cls(bins, error)


def confusion(predicted: Sequence[str], truth: Sequence[str], labels: Sequence[str]) -> NDArray[np.int64]:
    """How often each label (a row) was told as each (a column).

    Args:
        predicted: labels.
        truth: as many.
        labels: names of rows and columns.
    """
    place = {name: number for number, name in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for ours, theirs in zip(predicted, truth, strict=True):
        counts[place[theirs], place[ours]] += 1
    return counts


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place of each number among all, from 1; equal ones share the mean of theirs.

    Args:
        values: (N,).
    Returns:
        (N,).
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[places])


def _moments(x: NDArray[np.float64], y: NDArray[np.float64]) -> Array:
    # Around the mean of all: sums of squares of large numbers would lose their digits.
    x, y = x - x.mean(), y - y.mean()
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], 1)


def _share(sums: Array) -> Array:
    """How many are right, and of how many."""
    return np.asarray(100 * sums[:, 0] / np.maximum(sums[:, 1], 1))


def f1_of_sums(sums: Array) -> Array:
    """F1 of what was found.

    Args:
        sums: (n, 3): right ones, those that were told, those that are true.
    Returns:
        (n,) from 0 to 100.
    """
    both = sums[:, 1] + sums[:, 2]
    return np.where(both > 0, 200 * sums[:, 0] / np.where(both > 0, both, 1), 0.0)


def _macro_of_sums(sums: Array) -> Array:
    """The mean of F1 over the labels that were told or are true."""
    right, ours, theirs = np.split(sums, 3, axis=1)
    both = ours + theirs
    each = np.where(both > 0, 200 * right / np.where(both > 0, both, 1), 0.0)
    return np.asarray(each.sum(1) / np.maximum((both > 0).sum(1), 1))


def _matthews_of_sums(sums: Array) -> Array:
    """For any number of labels: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation"."""
    correct, n = sums[:, 0], sums[:, 1]
    ours, theirs = np.split(sums[:, 2:], 2, axis=1)
    spread = (n**2 - (ours**2).sum(1)) * (n**2 - (theirs**2).sum(1))
    return np.where(
        spread > 0, 100 * (correct * n - (ours * theirs).sum(1)) / np.sqrt(np.where(spread > 0, spread, 1)), 0
    )


def _correlation_of_sums(sums: Array) -> Array:
    n, x, y, xx, yy, xy = sums.T
    spread = (n * xx - x * x) * (n * yy - y * y)
    return np.where(spread > 1e-12, 100 * (n * xy - x * y) / np.sqrt(np.where(spread > 1e-12, spread, 1)), 0.0)


SUMS: dict[str, ScoreSums] = {
    "accuracy": _share,
    "exact_match": _share,
    "macro_f1": _macro_of_sums,
    "micro_f1": f1_of_sums,
    "span_f1": f1_of_sums,
    "matthews": _matthews_of_sums,
    "pearson": _correlation_of_sums,
    "spearman": _correlation_of_sums,
}


def _check(predicted: Sequence[Any], truth: Sequence[Any]) -> None:
    if len(predicted) != len(truth):
        raise DataError(f"expected an answer to each example: got {len(predicted):,} and {len(truth):,} examples")
    if not len(truth):
        raise DataError("expected at least one example to score: got none; check that the file is not empty")
