"""Chance without state: a number drawn for a purpose depends on the purpose alone, so nothing has to be remembered."""

import numpy as np

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def key(*numbers: int) -> int:
    """One 64-bit number for a purpose, such as (seed, epoch, side)."""
    state = 0
    for number in numbers:
        state = _mix_integer((state + _STEP + number) & _MASK)
    return state


def draw(purpose: int, positions: np.ndarray) -> np.ndarray:
    """A random 64-bit number for each position.

    Args:
        purpose: what `key` gave.
        positions: integers, in any order.
    Returns:
        uint64 of the same shape.
    Source:
        SplitMix64, Steele, Lea and Flood 2014.
    """
    state = positions.astype(np.uint64) * np.uint64(_STEP) + np.uint64(purpose)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


def shuffled(purpose: int, n: int) -> np.ndarray:
    """The numbers 0 to n-1 in random order."""
    return np.argsort(draw(purpose, np.arange(n, dtype=np.uint64)), kind="stable")


def _mix_integer(state: int) -> int:
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
    return state ^ (state >> 31)
