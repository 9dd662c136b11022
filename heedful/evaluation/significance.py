"""How sure a figure is: bootstrap over sentences, from the statistics that a corpus score sums up.

The resamples are the very ones that sacreBLEU draws (the same generator, seed and order), so intervals and p-values are
equal to its own and its signature "bs:1000|seed:12345" holds. Here all resamples are scored at once.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1000
SEED = 12345
# A difference that chance makes less often than this is called one.
LEVEL = 0.05

Array = NDArray[np.float64]
ScoreSums = Callable[[Array], Array]

# Draws held in memory at once: 32 MB of indices.
_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Comparison:
    """One system against another on the same sentences.

    Args:
        difference: score of the first minus score of the second.
        low: lower end of the 95% interval of the difference.
        high: upper end.
        p_value: probability in (0, 1] of a difference this large by chance alone, two-sided, as sacreBLEU computes it;
            1 without a difference.
        wins: share in [0, 1] of the resamples in which the first scores higher.
    """

    difference: float
    low: float
    high: float
    p_value: float
    wins: float

    @property
    def clear(self) -> bool:
        """Whether chance hardly explains the difference: p is below 0.05 and the interval lies on one side of 0."""
        return self.p_value < LEVEL and (self.low > 0 or self.high < 0)

    def digits(self, least: int = 2) -> int:
        """Decimals with which nothing but 0 looks like 0: the interval is then seen to lie where it lies.

        Args:
            least: never fewer.
        """
        numbers = [number for number in (self.difference, self.low, self.high) if number]
        return next((n for n in range(least, 5) if all(round(number, n) for number in numbers)), 5)

    @property
    def p_in_words(self) -> str:
        """The p-value with as many decimals as show on which side of LEVEL it lies."""
        digits = next((n for n in (3, 4) if (round(self.p_value, n) < LEVEL) == (self.p_value < LEVEL)), 5)
        return f"{self.p_value:.{digits}f}"

    def to_json(self) -> dict[str, float]:
        """A dict of plain values."""
        return asdict(self)


def bootstrap_sums(statistics: Array, n_resamples: int = N_RESAMPLES, seed: int = SEED) -> Array:
    """Sum the statistics of as many sentences as there are, drawn with replacement, again and again.

    Args:
        statistics: (n_sentences, n_statistics) of any numeric type.
        n_resamples: how often to draw.
        seed: of the generator.
    Returns:
        (n_resamples, n_statistics).
    """
    n_sentences = len(statistics)
    values = statistics.astype(np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, min(n_resamples, _DRAWS_AT_ONCE // n_sentences))
    sums = np.empty((n_resamples, values.shape[1]))
    for start in range(0, n_resamples, rows):
        n_rows = min(rows, n_resamples - start)
        drawn = generator.choice(n_sentences, size=(n_rows, n_sentences), replace=True)
        drawn += n_sentences * np.arange(n_rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=n_rows * n_sentences).reshape(n_rows, n_sentences)
        sums[start : start + n_rows] = times.astype(np.float64) @ values
    return sums


def interval(scores: Array) -> tuple[float, float]:
    """The middle 95%: between the 25th lowest and the 25th highest of a thousand, as sacreBLEU cuts them.

    Args:
        scores: (n_resamples,) in any order.
    """
    ordered = np.sort(scores)
    cut = len(ordered) // 40
    return float(ordered[cut]), float(ordered[len(ordered) - cut - 1])


def bootstrap_interval(statistics: Array, score: ScoreSums) -> tuple[float, float]:
    """The 95% interval of a corpus score.

    Args:
        statistics: (n_sentences, n_statistics).
        score: makes (n_resamples,) scores of (n_resamples, n_statistics) sums.
    """
    return interval(score(bootstrap_sums(statistics)))


def paired_bootstrap(first: Array, second: Array, score: ScoreSums) -> Comparison:
    """Whether the first system differs from the second, both scored on the same resamples of the same sentences.

    Args:
        first: (n_sentences, n_statistics) of the first system.
        second: the same of the second.
        score: makes (n_resamples,) scores of (n_resamples, n_statistics) sums.
    Source:
        Koehn 2004, "Statistical significance tests for machine translation evaluation"; the p-value is that of
        sacreBLEU's paired bootstrap test.
    """
    assert first.shape == second.shape, f"expected the same sentences: got {first.shape} and {second.shape}"
    n_statistics = first.shape[1]
    sums = bootstrap_sums(np.concatenate([first, second], axis=1))
    differences = score(sums[:, :n_statistics]) - score(sums[:, n_statistics:])
    whole = np.stack([first.sum(0), second.sum(0)]).astype(np.float64)
    difference = float(score(whole[:1])[0] - score(whole[1:])[0])
    sizes = np.abs(differences)
    n_larger = int((sizes - sizes.mean() > abs(difference)).sum())
    low, high = interval(differences)
    # sacreBLEU calls a system significantly different from itself; where nothing differs, chance explains it all.
    p_value = (n_larger + 1) / (len(sizes) + 1) if difference else 1.0
    return Comparison(difference, low, high, p_value, float((differences > 0).mean()))
