"""Numbers that depend on their purpose alone, and look random."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heedful.data import chance

purposes = st.tuples(st.integers(0, 2**62), st.integers(0, 1000), st.integers(0, 5))


def split_mix(purpose: int, position: int) -> int:
    """The published algorithm, in Python integers."""
    mask = 2**64 - 1
    state = (position * 0x9E3779B97F4A7C15 + purpose) & mask
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & mask
    return state ^ (state >> 31)


@given(purposes, st.lists(st.integers(0, 2**40), max_size=20))
def test_draw_is_split_mix_whatever_the_order(numbers: tuple[int, int, int], positions: list[int]) -> None:
    purpose = chance.key(*numbers)
    expected = [split_mix(purpose, position) for position in positions]
    assert chance.draw(purpose, np.array(positions, np.int64)).tolist() == expected
    assert chance.draw(purpose, np.array(positions[::-1], np.int64)).tolist() == expected[::-1]


@given(purposes, purposes)
def test_purposes_differ(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert (chance.key(*one) == chance.key(*other)) == (one == other)


@given(purposes, st.integers(0, 300))
def test_shuffled_is_a_permutation(numbers: tuple[int, int, int], n: int) -> None:
    order = chance.shuffled(chance.key(*numbers), n)
    assert sorted(order.tolist()) == list(range(n))
    assert np.array_equal(order, chance.shuffled(chance.key(*numbers), n))


def test_draws_are_uniform() -> None:
    counts = np.bincount((chance.draw(chance.key(1, 2), np.arange(64_000)) % np.uint64(16)).astype(int))
    assert abs(counts - 4000).max() < 5 * np.sqrt(4000)
    assert not np.array_equal(chance.shuffled(1, 100), chance.shuffled(2, 100))
