"""Limits and guards."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.decoding.constraints import Limits, follow_loops, is_copy
from heedful.errors import OptionError
from tests.reference.beam import in_loop


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_ratio", -1.0), ("max_extra", 0), ("min_len", -1), ("rows", 0), ("tokens", 0), ("loop_repeats", 1),
     ("loop_repeats", -1), ("loop_ngram", 0), ("copy_penalty", -0.5)],
)  # fmt: skip
def test_a_wrong_limit_is_refused_by_name(name, value):
    with pytest.raises(OptionError, match=name):
        Limits(**{name: value})


def test_max_len():
    assert Limits().max_len(7) == 24
    assert Limits(max_ratio=1.5, max_extra=3).max_len(5) == 10


@given(
    st.lists(st.integers(1, 2), max_size=40),
    st.integers(2, 4),
    st.integers(1, 4),
    st.integers(1, 14),
)
def test_loops_are_found_when_a_slow_search_finds_them(text, repeats, ngram, n_source):
    limits = Limits(loop_repeats=repeats, loop_ngram=ngram)
    needed = torch.tensor(limits.loop_runs(n_source))
    recent, runs = torch.full((1, 1, ngram), -1), torch.zeros((1, 1, ngram), dtype=torch.int64)
    for end, token in enumerate(text, start=1):
        recent, runs = follow_loops(recent, runs, torch.tensor([[token]]))
        found = bool((runs >= needed).any())
        assert found == in_loop(tuple(text[:end]), repeats, ngram, max(n_source, 8))


def test_no_guard_watches_nothing():
    assert Limits(loop_repeats=0).loop_runs(5) == []


def test_copies():
    assert is_copy([7, 8], [7, 8, 2], eos=2)
    assert is_copy([7, 8], [5, 7, 8, 2], eos=2)
    assert is_copy([7, 8], [7, 8], eos=2)
    assert not is_copy([7, 8], [7, 8, 9, 2], eos=2)
    assert not is_copy([8], [5, 7, 8, 2], eos=2)
    assert not is_copy([], [2], eos=2)
    assert not is_copy([], [5, 2], eos=2)
