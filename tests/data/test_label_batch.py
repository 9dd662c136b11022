"""Every row once an epoch, in an order that only the seed and the epoch decide, labels beside their texts."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from heedful.data.label_batch import IGNORED, LabelBatches, cut, sources
from heedful.data.text_rows import Row

RANDOM = np.random.default_rng(0)
ROWS = [Row(tuple(range(1, 2 + int(n))), (0,) * (1 + int(n)), i) for i, n in enumerate(RANDOM.integers(1, 30, 60))]


def batches(rows=ROWS, labels=None, **changes):
    labels = list(range(len(rows))) if labels is None else labels
    return LabelBatches(rows, labels, **{"pad": 0, "tokens": 120, "seed": 1, **changes})


def test_every_row_once_with_its_label():
    made = batches()
    for epoch in (0, 1):
        seen = [made.batch(epoch, index) for index in range(made.n_batches(epoch))]
        labels = torch.cat([batch.labels for batch in seen])
        assert sorted(labels.tolist()) == list(range(60))
        for batch in seen:
            assert batch.source.values.numel() <= 120
            lengths = batch.source.mask.sum(1).tolist()
            assert lengths == [len(ROWS[label].ids) for label in batch.labels.tolist()]
            assert batch.source.values[~batch.source.mask].eq(0).all()
    assert made.n_tokens(0) == sum(len(row.ids) for row in ROWS)


def test_the_order_is_a_function_of_seed_and_epoch():
    one, two = batches(), batches()
    assert one.batch(3, 2).labels.equal(two.batch(3, 2).labels)
    orders = {
        tuple(label for index in range(made.n_batches(epoch)) for label in made.batch(epoch, index).labels.tolist())
        for made in (batches(seed=1), batches(seed=2))
        for epoch in (0, 1)
    }
    assert len(orders) == 4


def test_rows_of_like_length_are_read_together():
    made = batches()
    padded = sum(made.batch(0, i).source.mask.numel() for i in range(made.n_batches(0)))
    assert padded < 1.3 * made.n_tokens(0)


def test_tags_stand_at_the_first_piece_of_their_words():
    rows = [Row((1, 7, 8, 9, 2), (0,) * 5, 0, (1, 3)), Row((1, 7, 2), (0,) * 3, 1, (1,))]
    labels = batches(rows, [[4, 5], [6]], tokens=100).batch(0, 0).labels
    assert labels.tolist() == [[IGNORED, 4, IGNORED, 5, *[IGNORED] * 4], [IGNORED, 6, *[IGNORED] * 6]]


def test_labels_of_every_kind():
    assert batches(labels=[0.5] * 60).batch(0, 0).labels.dtype == torch.float32
    assert batches(labels=[[1.0, 0.0]] * 60).batch(0, 0).labels.shape[1] == 2


def test_types_of_tokens_are_there_for_a_model_that_tells_them_apart():
    rows = [Row((1, 5, 2, 6, 2), (0, 0, 0, 1, 1), 0)]
    assert sources(rows, 0, with_kinds=True).kinds.tolist() == [[0, 0, 0, 1, 1, 0, 0, 0]]
    assert sources(rows, 0, with_kinds=False).kinds is None


def test_a_batch_is_split_by_rows():
    made = batches(with_kinds=True)
    batch = next(made.batch(0, i) for i in range(made.n_batches(0)) if len(made.batch(0, i).labels) > 3)
    parts = batch.split(3)
    assert len(parts) == 3
    assert torch.cat([part.source.values for part in parts]).equal(batch.source.values)
    assert torch.cat([part.source.kinds for part in parts]).equal(batch.source.kinds)
    assert sum(part.n_tokens for part in parts) == batch.n_tokens
    assert len(batch.split(99)) == len(batch.labels)


@pytest.mark.parametrize("order", [1, -1])
def test_batches_fit_and_none_is_empty(order):
    lengths = np.sort(RANDOM.integers(1, 60, 200))[::order]
    edges = cut(lengths, 300)
    assert edges[0] == 0
    assert edges[-1] == 200
    for low, high in pairwise(edges):
        assert high > low
        wide = -(-int(lengths[low:high].max()) // 4) * 4
        assert high - low == 1 or wide * (high - low) <= 300
