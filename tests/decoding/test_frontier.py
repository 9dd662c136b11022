"""Records of tensors by sentence."""

import math
from dataclasses import fields

import pytest
import torch

from heedful.decoding.constraints import Limits
from heedful.decoding.frontier import Quota, Track, append, hypothesis, row_offsets, select
from heedful.errors import RunError

CPU = torch.device("cpu")


def track(*max_lens: int) -> Track:
    quotas = [Quota(max_len=n, min_len=1, n_source=n, key=[n]) for n in max_lens]
    return Track.open(quotas, Limits(loop_ngram=2, loop_repeats=2), width=2, room=6, device=CPU)


def test_tokens_are_written_where_each_sentence_stands():
    first, _ = track(3, 4).write(torch.tensor([[1, 2], [3, 4]]), None)
    both = append(first, track(5))
    after, _ = both.write(torch.tensor([[5, 6], [7, 8], [9, 10]]), torch.tensor([[1, 0], [0, 0], [0, 1]]))
    assert after.length.tolist() == [2, 2, 1]
    assert after.tokens[:, :, :2].tolist() == [[[1, 5], [2, 6]], [[3, 7], [4, 8]], [[9, 0], [10, 0]]]
    # What a beam read last is its parent's.
    assert after.recent.tolist() == [[[5, 2], [6, 1]], [[7, 3], [8, 3]], [[9, -1], [10, -1]]]
    assert after.too_short().tolist() == [[False], [False], [False]]


def test_what_waits_to_be_dropped_never_writes_past_the_end():
    waiting = track(2)
    for _ in range(9):
        waiting, _ = waiting.write(torch.ones((1, 2), dtype=torch.int64), None)
    assert waiting.length.tolist() == [9]
    assert waiting.tokens.shape == (1, 2, 6)


def test_select_and_append_are_inverse():
    whole = track(3, 4, 5)
    parts = [select(whole, torch.tensor([n])) for n in range(3)]
    again = append(append(parts[0], parts[1]), parts[2])
    assert all(torch.equal(getattr(whole, item.name), getattr(again, item.name)) for item in fields(whole))
    assert select(whole, torch.tensor([2, 0])).max_len.tolist() == [5, 3]


def test_row_offsets():
    assert row_offsets(torch.zeros((3, 4))).tolist() == [[0], [4], [8]]


def test_a_hypothesis_that_is_no_number_is_refused():
    assert hypothesis([5], -3.0, 2.0, "eos").score == -1.5
    with pytest.raises(RunError, match="NaN"):
        hypothesis([5], math.nan, 1.0, "eos")
