"""Where two files of different length stop being translations of each other, guessed from the lengths of lines."""

from collections.abc import Sequence

import numpy as np

# Bounds memory and time; a drift behind this many lines is not looked for.
MAX_COMPARED = 2_000_000
# Sentences and their translations correlate at 0.8-0.97 in the logarithm of their length; unrelated ones near 0.
MIN_CORRELATION = 0.4
MIN_LINES = 8


def find_drift(source: Sequence[int], target: Sequence[int]) -> int | None:
    """The line from which the longer file is ahead by as many lines as it has more.

    Every line k could be the one: before it lines pair as they stand, behind it the longer file is shifted. The k with
    the smallest sum of differences in logarithmic length wins.

    Args:
        source: characters of each line of one file.
        target: the same for the other, of another length.
    Returns:
        The index of the first line that does not match, the length of the shorter file when the surplus is at the end,
        or None when the lengths say nothing.
    """
    shorter, longer = sorted((_logarithms(source), _logarithms(target)), key=len)
    n, shift = len(shorter), len(longer) - len(shorter)
    if n < MIN_LINES:
        return None
    straight = _difference(shorter, longer[:n])
    shifted = _difference(shorter, longer[shift:])
    before = np.concatenate([[0.0], np.cumsum(straight)])
    behind = np.concatenate([np.cumsum(shifted[::-1])[::-1], [0.0]])
    place = int(np.argmin(before + behind))
    matched = np.concatenate([longer[:place], longer[place + shift :]])
    return place if _correlation(shorter, matched) >= MIN_CORRELATION else None


def _logarithms(lengths: Sequence[int]) -> np.ndarray:
    return np.log1p(np.asarray(lengths, dtype=np.float64))


def _difference(shorter: np.ndarray, longer: np.ndarray) -> np.ndarray:
    ratio = shorter - longer
    # Capped: one odd pair must not outweigh many that fit.
    return np.minimum(np.abs(ratio - np.median(ratio)), 1.5)


def _correlation(left: np.ndarray, right: np.ndarray) -> float:
    if left.std() < 1e-9 or right.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
