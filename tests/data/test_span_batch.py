"""Batches of windows: each once an epoch, a pure function of the position, with the answers where they stand."""

from collections import Counter

import pytest
import torch

from heedful.data.label_batch import IGNORED
from heedful.data.passages import Window
from heedful.data.span_batch import SpanBatches

ROWS = [
    Window((10 + number, *range(30, 32 + n), 2), (0,) * (n + 4), number, (), begin=2, low=0, n=n + 1)
    for number, n in enumerate((3, 1, 6, 2, 5, 3, 1))
]
SPANS = [[(2, 3)], [(0, 0)], [(3, 4), (2, 2)], [(2, 2)], [(3, 3)] * 3, [(2, 2)], [(2, 3)]]


@pytest.fixture
def batches():
    return SpanBatches(ROWS, SPANS, 0, 30, seed=1, with_kinds=True)


def seen(batches, epoch):
    found = Counter()
    for index in range(batches.n_batches(epoch)):
        batch = batches.batch(epoch, index)
        for ids, mask in zip(batch.source.values, batch.source.mask, strict=True):
            found[tuple(ids[mask].tolist())] += 1
    return found


def test_every_window_once_an_epoch(batches):
    assert seen(batches, 0) == seen(batches, 5) == Counter(row.ids for row in ROWS)
    assert batches.n_tokens(0) == sum(len(row.ids) for row in ROWS)


def test_the_same_position_is_the_same_batch(batches):
    other = SpanBatches(ROWS, SPANS, 0, 30, seed=1, with_kinds=True)
    other.batch(3, 0)
    for index in range(batches.n_batches(2)):
        one, two = batches.batch(2, index), other.batch(2, index)
        assert torch.equal(one.source.values, two.source.values)
        assert torch.equal(one.spans, two.spans)


def test_answers_and_places_belong_to_their_rows(batches):
    by_ids = {row.ids: (row, spans) for row, spans in zip(ROWS, SPANS, strict=True)}
    for index in range(batches.n_batches(0)):
        batch = batches.batch(0, index)
        for place, mask in enumerate(batch.source.mask):
            row, spans = by_ids[tuple(batch.source.values[place][mask].tolist())]
            told = [tuple(pair) for pair in batch.spans[place].tolist() if pair[0] != IGNORED]
            assert told == spans
            assert batch.pointable[place].tolist() == row.pointable(batch.source.values.shape[1]).tolist()


def test_parts_of_a_batch_are_the_batch(batches):
    batch = batches.batch(0, 0)
    parts = batch.split(2)
    assert torch.equal(torch.cat([part.spans for part in parts]), batch.spans)
    assert torch.equal(torch.cat([part.source.kinds for part in parts]), batch.source.kinds)
    assert sum(part.n_tokens for part in parts) == batch.n_tokens
    assert torch.equal(batch.to(torch.device("cpu")).pointable, batch.pointable)
