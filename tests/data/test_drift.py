"""Lines removed from one of two real-looking files are found again."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.data.drift import find_drift


def lengths(n: int, seed: int) -> tuple[list[int], list[int]]:
    random = np.random.default_rng(seed)
    source = random.integers(10, 120, n)
    return source.tolist(), np.maximum(1, source * random.normal(1.1, 0.1, n)).astype(int).tolist()


@settings(max_examples=40)
@given(st.integers(0, 199), st.integers(1, 3), st.booleans(), st.integers(0, 1000))
def test_finds_the_missing_lines(place: int, missing: int, swap: bool, seed: int) -> None:
    source, target = lengths(200, seed)
    del target[place : place + missing]
    found = find_drift(target, source) if swap else find_drift(source, target)
    assert found is not None
    assert abs(found - place) <= 8


def test_surplus_at_the_end() -> None:
    source, target = lengths(100, 0)
    assert find_drift(source, target[:-2]) == 98


def test_says_nothing_without_evidence() -> None:
    random = np.random.default_rng(0)
    assert find_drift(random.integers(10, 100, 300).tolist(), random.integers(10, 100, 301).tolist()) is None
    assert find_drift([5] * 20, [5] * 21) is None
    assert find_drift([1, 2, 3], [1, 2]) is None
