"""What more data would bring: a curve through a few scores, carried on, with a range that says how little they tell.

Every curve is y = a + g (1 + r + r^2 + ...), one term for each doubling of the data: the first doubling brings g, and
each later one the share r of the gain before it. With r = 1 that is a straight line over the logarithm of the data;
below 1 it is a power law with a ceiling, c - A n^-b with r = 2^-b. Four or five scores cannot tell these shapes apart,
so none is chosen: all of them forecast, and each weighs as much as it fits.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The shapes that are allowed: a doubling brings at least a quarter of the gain before it, and never more than that.
SHAPES = np.linspace(0.25, 1.0, 31)
FEWEST = 3
# The first doubling starts slowly where hardly anything is right yet: told from chance by so many standard deviations.
FOOT = 2.0
LEVELS = (0.025, 0.5, 0.975)

Array = NDArray[np.float64]

# A normal distribution as values that are equally likely.
_NORMAL = np.array([NormalDist().inv_cdf((index + 0.5) / 200) for index in range(200)])


@dataclass(frozen=True)
class Measured:
    """A score at a size.

    Args:
        pairs: how much data, in any unit.
        score: what it came to.
        deviation: standard deviation of the noise in it, above 0.
    """

    pairs: int
    score: float
    deviation: float


@dataclass(frozen=True)
class Forecast:
    """A score that nobody has measured.

    Args:
        pairs: how much data.
        score: as likely too high as too low.
        low: lower end of the 95% range.
        high: upper end.
    """

    pairs: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Extrapolation:
    """A curve, carried on.

    Args:
        gains: what each doubling brought, between neighbouring sizes, the smallest first.
        n_foot: the smallest sizes that were left out, because the curve still rose faster and faster there.
        kept: the share of a gain that the next doubling keeps, in [0.25, 1]: low end, middle and high end of its range.
        scatter: how much further than their noise the scores lie from the best curve; 1 where they do not.
        forecasts: for the sizes that were asked for.
        check: the largest size, forecast from the smaller ones alone; None with fewer than four.
    """

    gains: list[float]
    n_foot: int
    kept: tuple[float, float, float]
    scatter: float
    forecasts: list[Forecast]
    check: Forecast | None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**asdict(self), "kept": list(self.kept)}


def extrapolate(
    measured: Sequence[Measured], pairs: Sequence[int], *, least: float = 0.0, most: float = 100.0
) -> Extrapolation | None:
    """Carry a learning curve on to sizes beyond the largest.

    Args:
        measured: scores, the smallest size first, no two sizes alike.
        pairs: sizes to forecast.
        least: no score is lower.
        most: no score is higher.
    Returns:
        None with fewer than three scores.
    Source:
        Power laws with a ceiling: Cortes et al. 1993, "Learning Curves: Asymptotic Values and Rate of Convergence";
        scores of translation over the logarithm of the data: Koehn and Knowles 2017, arXiv:1706.03872, section 3.2.
    """
    if len(measured) < FEWEST:
        return None
    bounds = (least, most)
    n_foot = _foot(measured)
    curves = _Curves(measured[n_foot:])
    return Extrapolation(
        gains=_gains(measured),
        n_foot=n_foot,
        kept=_quantiles(SHAPES, curves.weights),
        scatter=curves.scatter,
        forecasts=[curves.forecast(size, bounds) for size in pairs],
        check=_check(measured, bounds),
    )


class _Curves:
    """A curve of every shape, fitted by least squares, and how much each of them weighs."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        self._first, self._last = measured[0], measured[-1]
        scores = np.array([item.score for item in measured])
        precision = np.array([item.deviation for item in measured]) ** -2.0
        # (shapes, sizes, 2): a constant, and the terms that the doublings add.
        terms = np.stack([self._terms(item.pairs) for item in measured], axis=1)
        design = np.stack([np.ones_like(terms), terms], axis=2)
        weighted = design * precision[:, None]
        self._covariance = np.linalg.inv(design.transpose(0, 2, 1) @ weighted)
        self._fitted = self._covariance @ (weighted.transpose(0, 2, 1) @ scores)[:, :, None]
        residuals = scores - (design @ self._fitted)[:, :, 0]
        misfit = (residuals**2 * precision).sum(axis=1)
        # Three numbers were fitted, the shape among them.
        n_left = max(1, len(measured) - 3)
        self.scatter = math.sqrt(max(1.0, float(misfit.min()) / n_left))
        weights = np.exp(-0.5 * (misfit - misfit.min()) / self.scatter**2)
        self.weights: Array = weights / weights.sum()

    def forecast(self, pairs: int, bounds: tuple[float, float]) -> Forecast:
        """What a run on so much data would score, the noise of its own score included."""
        terms = self._terms(pairs)
        point = np.stack([np.ones_like(terms), terms], axis=1)[:, None, :]
        means = (point @ self._fitted)[:, 0, 0]
        variances = (point @ self._covariance @ point.transpose(0, 2, 1))[:, 0, 0] + self._last.deviation**2
        outcomes = means[:, None] + self.scatter * np.sqrt(variances)[:, None] * _NORMAL
        weights = np.broadcast_to(self.weights[:, None], outcomes.shape)
        low, score, high = (min(max(value, bounds[0]), bounds[1]) for value in _quantiles(outcomes, weights))
        return Forecast(pairs, score, low, high)

    def _terms(self, pairs: int) -> Array:
        """1 + r + r^2 + ... for each shape r, as many terms as there are doublings from the first size, parts too."""
        doublings = math.log2(pairs / self._first.pairs)
        bent = SHAPES < 1
        terms = np.full(len(SHAPES), doublings)
        terms[bent] = (1 - SHAPES[bent] ** doublings) / (1 - SHAPES[bent])
        return terms


def _gains(measured: Sequence[Measured]) -> list[float]:
    """What a doubling brought, between neighbours."""
    return [(above.score - below.score) / math.log2(above.pairs / below.pairs) for below, above in pairwise(measured)]


def _foot(measured: Sequence[Measured]) -> int:
    """How many of the smallest sizes to leave out: there the gains grew, which no allowed shape does; three stay."""
    gains, n_foot = _gains(measured), 0
    for number, (before, after) in enumerate(pairwise(gains)):
        if after <= before:
            break
        if _grows(*measured[number : number + 3]):
            n_foot = number + 1
    return min(n_foot, len(measured) - FEWEST)


def _grows(low: Measured, middle: Measured, high: Measured) -> bool:
    """Whether the second doubling brought more than the first, and chance does not explain it."""
    before, after = math.log2(middle.pairs / low.pairs), math.log2(high.pairs / middle.pairs)
    growth = (high.score - middle.score) / after - (middle.score - low.score) / before
    noise = math.hypot(low.deviation / before, middle.deviation * (1 / before + 1 / after), high.deviation / after)
    return growth > FOOT * noise


def _check(measured: Sequence[Measured], bounds: tuple[float, float]) -> Forecast | None:
    """The largest size as it would have been forecast before it was measured."""
    known = measured[:-1]
    if len(known) < FEWEST:
        return None
    return _Curves(known[_foot(known) :]).forecast(measured[-1].pairs, bounds)


def _quantiles(values: Array, weights: Array) -> tuple[float, float, float]:
    """For each of LEVELS the smallest value up to which that share of the weight lies."""
    order = np.argsort(values, axis=None)
    reached = np.cumsum(weights.ravel()[order])
    low, middle, high = values.ravel()[order][np.searchsorted(reached, np.array(LEVELS) * reached[-1])]
    return float(low), float(middle), float(high)
