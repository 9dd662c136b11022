"""The table of sizes: whole, in order, and every row makes a model and options that can be."""

import math
from itertools import pairwise

import pytest

from heedful.model.transformer import Transformer
from heedful.tasks.defaults import SIZES, WINDOW, Size, architecture_for, options_for, size_for, tuned
from heedful.tasks.preparation import MAX_TOKENS


def test_every_number_of_pairs_has_its_row():
    limits = [size.pairs for size in SIZES]
    assert limits == sorted(limits)
    assert limits[-1] == math.inf
    for size, following in pairwise(SIZES):
        assert size_for(int(size.pairs)) is size
        assert size_for(int(size.pairs) + 1) is following
    assert size_for(1) is SIZES[0]
    assert size_for(10**10) is SIZES[-1]


def test_more_text_makes_larger_models_with_less_dropout():
    for column in ("vocab_size", "d_model", "tokens_per_batch"):
        values = [getattr(size, column) for size in SIZES]
        assert values == sorted(values)
    assert [size.dropout for size in SIZES] == sorted((size.dropout for size in SIZES), reverse=True)
    assert [size.epochs for size in SIZES] == sorted((size.epochs for size in SIZES), reverse=True)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.pairs:g}")
def test_a_row_makes_a_model_that_holds_its_sentences(size):
    shape = architecture_for(size, size.vocab_size)
    assert (shape.d_model, shape.n_encoder_layers, shape.n_decoder_layers, shape.dropout) == (
        size.d_model,
        size.n_encoder_layers,
        size.n_decoder_layers,
        size.dropout,
    )
    assert shape.d_head == 64 or shape.n_heads == 4
    assert shape.max_len == WINDOW >= MAX_TOKENS + 2
    # A batch holds the longest pair with its ends and its tag.
    assert size.tokens_per_batch >= 2 * MAX_TOKENS + 3


def test_a_model_is_built_from_a_small_row():
    size = Size(1, 300, 32, 1, 1, 0.1, 1e-3, 600, 1)
    assert Transformer(architecture_for(size, 300)).max_len == WINDOW


@pytest.mark.parametrize("steps", [1, 2, 10, 300, 3000, 10**6])
def test_options_suit_any_number_of_steps(steps):
    options = options_for(SIZES[2], steps, 7)
    assert (options.steps, options.seed, options.learning_rate) == (steps, 7, SIZES[2].learning_rate)
    assert 0.8 <= options.average <= 1 - 1 / 500
    assert options.schedule.warmup * steps <= max(300, 0.1 * steps)
    assert options.schedule.rate(steps, steps) >= 0


def test_the_average_spans_a_fortieth_of_the_run():
    assert 1 / (1 - options_for(SIZES[0], 4000, 1).average) == pytest.approx(100)
    assert 1 / (1 - options_for(SIZES[0], 10**6, 1).average) == pytest.approx(500)


def test_a_trained_model_goes_on_slower_the_less_text_there_is():
    shape = architecture_for(SIZES[3], 10_000)
    rows = [tuned(size_for(n), n, shape) for n in (2_000, 30_000, 500_000)]
    assert [row.learning_rate for row in rows] == sorted(row.learning_rate for row in rows)
    assert [row.dropout for row in rows] == sorted((row.dropout for row in rows), reverse=True)
    assert all(row.learning_rate < SIZES[3].learning_rate and row.orthogonal_rate < 0.02 for row in rows)
    assert all((row.d_model, row.n_encoder_layers, row.n_decoder_layers) == (256, 5, 3) for row in rows)
    assert all(row.epochs < size_for(2_000).epochs for row in rows)
    assert options_for(rows[0], 1000, 1).orthogonal_rate == rows[0].orthogonal_rate
