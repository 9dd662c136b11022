from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.errors import ShapeError
from heedful.model.embeddings import Embedding
from tests.reference.positions import sinusoid

SMALL = Architecture(7, d_model=4, n_heads=1, dropout=0.0, max_len=9)


def test_token_scale_and_position_number_by_number():
    embedding = Embedding(SMALL, "sinusoidal")
    found = embedding(torch.tensor([[3, 0], [6, 6]]), torch.tensor([[0, 1]]))
    for row, tokens in enumerate([[3, 0], [6, 6]]):
        for position, token in enumerate(tokens):
            for i in range(4):
                expected = embedding.tokens.weight[token, i].item() * 2 + sinusoid(position, i, 4)
                assert found[row, position, i].item() == pytest.approx(expected, abs=1e-6)


def test_vectors_take_the_place_of_tokens():
    embedding = Embedding(replace(SMALL, scale_embeddings=False), "none")
    vectors = torch.randn(2, 3, 4)
    assert torch.equal(embedding(vectors, torch.arange(3)[None]), vectors)


def test_types_are_added_and_the_first_is_meant_where_none_is_given():
    embedding = Embedding(replace(SMALL, scale_embeddings=False), "none", n_kinds=2)
    tokens, kinds, positions = torch.tensor([[3, 0]]), torch.tensor([[0, 1]]), torch.arange(2)[None]
    first, second = embedding.kinds.weight
    expected = torch.stack((embedding.tokens.weight[3] + first, embedding.tokens.weight[0] + second))[None]
    torch.testing.assert_close(embedding(tokens, positions, kinds), expected)
    assert torch.equal(embedding(tokens, positions), embedding(tokens, positions, torch.zeros_like(kinds)))
    with pytest.raises(ShapeError, match="n_kinds=0"):
        Embedding(SMALL, "none")(tokens, positions, kinds)


def test_the_norm_comes_after_the_sum():
    embedding = Embedding(replace(SMALL, norm_embeddings=True, norm_eps=1e-9), "learned", n_kinds=1)
    torch.nn.init.normal_(embedding.added.table)
    found = embedding(torch.tensor([[3, 5]]), torch.arange(2)[None])
    torch.testing.assert_close(found.mean(-1), torch.zeros(1, 2), atol=1e-6, rtol=0)
    torch.testing.assert_close(found.var(-1, correction=0), torch.ones(1, 2), atol=1e-4, rtol=0)


def test_the_sum_is_dropped():
    embedding = Embedding(replace(SMALL, dropout=0.5), "sinusoidal")
    tokens, positions = torch.zeros(50, 9, dtype=torch.int64), torch.arange(9)[None]
    share = (embedding(tokens, positions) == 0).float().mean().item()
    assert share == pytest.approx(0.5, abs=0.05)
    assert (embedding.eval()(tokens, positions) == 0).float().mean().item() < 0.05


def test_bfloat16_stays_bfloat16():
    embedding = Embedding(SMALL, "sinusoidal").bfloat16()
    embedding.added.float()
    assert embedding(torch.tensor([[1, 2]]), torch.arange(2)[None]).dtype == torch.bfloat16
