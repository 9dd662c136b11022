import math

import pytest
import torch
from torch import nn

from heedful.architecture import Architecture
from heedful.model.attention import Attention
from heedful.model.feedforward import FeedForward
from heedful.model.init import initialise
from heedful.model.positions import AddedPositions

SHAPE = Architecture(500, d_model=64, n_heads=8, n_kv_heads=2, d_ff=96, activation="swiglu")


def bound(rows, columns):
    return math.sqrt(6 / (rows + columns))


def is_uniform(matrix, largest):
    assert matrix.abs().max() <= largest
    assert matrix.var().item() == pytest.approx(largest**2 / 3, rel=0.1)
    assert abs(matrix.mean().item()) < largest / 20


def test_matrices_are_glorots_also_two_in_one():
    attention, feed_forward = Attention(SHAPE), FeedForward(SHAPE)
    initialise(nn.ModuleList([attention, feed_forward]), 64)
    is_uniform(attention.query.weight, bound(64, 64))
    for matrix in attention.key_value.weight.chunk(2):
        is_uniform(matrix, bound(16, 64))
    for matrix in feed_forward.widen.weight.chunk(2):
        is_uniform(matrix, bound(96, 64))
    is_uniform(feed_forward.narrow.weight, bound(64, 96))
    assert not any(linear.bias.any() for linear in (attention.query, attention.key_value, feed_forward.widen))


def test_embeddings_begin_with_variance_1_after_scaling():
    table = nn.Embedding(500, 64)
    initialise(table, 64)
    assert (table.weight * 8).var().item() == pytest.approx(1, rel=0.05)


def test_learned_positions_begin_small():
    learned, fixed = AddedPositions("learned", 300, 64), AddedPositions("sinusoidal", 300, 64)
    before = fixed.table.clone()
    initialise(nn.ModuleList([learned, fixed]), 64)
    assert learned.table.std().item() == pytest.approx(0.02, rel=0.05)
    assert torch.equal(fixed.table, before)


def test_norms_are_left_alone():
    norm = nn.LayerNorm(4)
    initialise(norm, 4)
    assert norm.weight.tolist() == [1] * 4
    assert norm.bias.tolist() == [0] * 4
