"""Repetitions against dictionaries."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heedful.data.repetition import Repetitions, ambiguous_sources, repeated_pairs, shared, shared_pairs

columns = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=30)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def listed(found: Repetitions) -> list[tuple[int, int]]:
    return list(zip(found.lines.tolist(), found.earlier.tolist(), strict=True))


@given(columns)
def test_repeated_pairs(pairs: list[tuple[int, int]]) -> None:
    first: dict[tuple[int, int], int] = {}
    expected = []
    for line, pair in enumerate(pairs):
        if all(pair) and first.setdefault(pair, line) != line:
            expected.append((line, first[pair]))
    assert listed(repeated_pairs(*arrays(pairs))) == expected


@given(columns)
def test_ambiguous_sources(pairs: list[tuple[int, int]]) -> None:
    first: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    expected = []
    for line, pair in enumerate(pairs):
        if all(pair) and pair not in seen:
            seen.add(pair)
            if first.setdefault(pair[0], line) != line:
                expected.append((line, first[pair[0]]))
    assert listed(ambiguous_sources(*arrays(pairs))) == expected


@given(columns, columns)
def test_shared(held: list[tuple[int, int]], train: list[tuple[int, int]]) -> None:
    sources, pairs = [pair[0] for pair in train], list(train)
    expected = [(line, sources.index(pair[0])) for line, pair in enumerate(held) if pair[0] and pair[0] in sources]
    assert listed(shared(arrays(held)[0], arrays(train)[0])) == expected
    whole = [(line, pairs.index(pair)) for line, pair in enumerate(held) if all(pair) and pair in pairs]
    assert listed(shared_pairs(arrays(held), arrays(train))) == whole


def test_without() -> None:
    found = Repetitions(np.array([3, 5, 8]), np.array([1, 2, 3]))
    assert listed(found.without(np.array([5, 9]))) == [(3, 1), (8, 3)]
    assert len(found) == 3
