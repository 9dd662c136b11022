"""The table of sizes: it grows with the text, and every row makes a model that can be trained."""

from itertools import pairwise

import pytest

from heedful.data.tokenizer import BYTES
from heedful.tasks.language_defaults import (
    LANGUAGE_SIZES,
    VOCABULARIES,
    language_architecture,
    language_options,
    language_size,
    preference_options,
    vocabulary_for,
)


def test_more_text_makes_a_larger_model():
    for small, large in pairwise(LANGUAGE_SIZES):
        assert small.n_tokens < large.n_tokens
        assert small.d_model <= large.d_model
        assert small.window * small.rows <= large.window * large.rows
        assert small.dropout >= large.dropout
        assert small.epochs >= large.epochs
        # An update is a small part of the text.
        assert large.window * large.rows < small.n_tokens
    assert LANGUAGE_SIZES[-1].n_tokens == VOCABULARIES[-1][0] == float("inf")
    assert language_size(10_000) is LANGUAGE_SIZES[0]
    assert language_size(10_001) is LANGUAGE_SIZES[1]
    assert [vocabulary_for(n) for n in (1, 20_001, 10**12)] == [1000, 2000, 32000]
    assert all(pieces > len(BYTES) * 2 for _, pieces in VOCABULARIES)


@pytest.mark.parametrize("size", LANGUAGE_SIZES)
@pytest.mark.parametrize("stacks", [(False, True), (True, False), (True, True)])
def test_each_row_has_a_shape_for_each_objective(size, stacks):
    shape = language_architecture(size, 1000, stacks)
    n_layers = shape.n_encoder_layers + shape.n_decoder_layers
    assert (shape.n_encoder_layers > 0, shape.n_decoder_layers > 0) == stacks
    assert size.n_layers <= n_layers <= size.n_layers + 1
    assert shape.d_head >= 64
    assert shape.max_len == size.window * sum(stacks)


def test_what_begins_with_weights_moves_less():
    size = LANGUAGE_SIZES[2]
    fresh, tuned = (language_options(size, 1000, 1, fresh) for fresh in (True, False))
    assert tuned.learning_rate == pytest.approx(fresh.learning_rate / 5)
    assert tuned.orthogonal_rate == pytest.approx(fresh.orthogonal_rate / 5)
    assert preference_options(256, 100, 1).learning_rate < tuned.learning_rate
    assert preference_options(256, 100, 1).orthogonal_rate is None
    # A run of a step or two is one too.
    assert language_options(size, 1, 1, True).schedule.rate(1, 1) > 0
