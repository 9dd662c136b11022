"""Vectors of texts: the mean of what the model makes of their tokens, whatever they are read with."""

import numpy as np
import pytest
import torch

from heedful.data.label_batch import sources
from heedful.errors import DataError, RunError
from heedful.tasks.embedder import Embedder
from tests.tasks.tiny import short_pairs


@pytest.fixture
def embedder(tiny):
    return Embedder.load(tiny.both)


TEXTS = [english for _, english in short_pairs("test", 4)]


def test_a_vector_is_the_mean_over_the_tokens(embedder):
    found = embedder.embed(TEXTS)
    assert found.shape == (4, embedder.width)
    (row,) = embedder.text_rows.rows(TEXTS[2], 0, "")
    with torch.inference_mode():
        hidden = embedder.reading.model.hidden(sources([row], 0, False)).float()[0, : len(row.ids)]
    np.testing.assert_allclose(found[2], hidden.mean(0).numpy(), atol=0.02)
    np.testing.assert_allclose(embedder.tokens([TEXTS[2]])[0], hidden.numpy(), atol=0.05)


def test_of_length_one(embedder):
    found = embedder.embed(TEXTS, normalise=True)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    plain = embedder.embed(TEXTS)
    np.testing.assert_allclose(found, plain / np.linalg.norm(plain, axis=1, keepdims=True), rtol=1e-4)


def test_a_long_text_is_the_mean_of_its_parts(embedder):
    embedder.text_rows = type(embedder.text_rows)(embedder.text_rows.codec, 8)
    text = " ".join(TEXTS)
    rows = embedder.text_rows.rows(text, 0, "")
    assert len(rows) > 2
    (found,) = embedder.embed([text])
    tokens = embedder.tokens([text])[0]
    assert len(tokens) == sum(len(row.ids) for row in rows)
    np.testing.assert_allclose(found, tokens.mean(0), atol=0.02)


def test_what_has_no_vector_is_refused(embedder, tiny):
    with pytest.raises(DataError, match="text 2 is empty"):
        embedder.embed(["a", " "])
    with pytest.raises(RunError, match="expected a Transformer"):
        Embedder.load(tiny.rnn)
    assert embedder.embed([]).shape == (0, embedder.width)
