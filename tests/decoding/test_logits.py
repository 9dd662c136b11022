"""The few best of many logits, against sorting them all."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.decoding import logits as module
from heedful.decoding.logits import best_tokens, largest, normaliser

TIES = st.sampled_from([-2.5, -1.0, 0.0, 1.0, 1.5, 3e38, -3e38, float("inf"), -float("inf"), 1e-45, -1e-45])


def slow_largest(row: list[float], k: int) -> list[int]:
    return sorted(range(len(row)), key=lambda index: (-row[index], index))[:k]


@given(st.lists(st.lists(TIES, min_size=7, max_size=7), min_size=1, max_size=5), st.integers(1, 7))
def test_largest_orders_by_value_then_index(rows, k):
    values, index = largest(torch.tensor(rows), k)
    expected = [slow_largest(row, k) for row in torch.tensor(rows).tolist()]
    assert index.tolist() == expected
    assert torch.equal(values, torch.tensor(rows).gather(1, index))


def test_nan_is_never_overlooked():
    for nan in (float("nan"), -float("nan")):
        values, index = largest(torch.tensor([[1.0, nan, 2.0]]), 1)
        assert index.tolist() == [[1]]
        assert values.isnan().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("size", [5, 64, 65, 320, 321, 1000])
@pytest.mark.parametrize("rows", [1, 90])
def test_best_tokens_are_those_of_a_whole_log_softmax(dtype, size, rows):
    # Few distinct values: nearly every choice is between equals. (0.0 and -0.0 are not: hence the addition.)
    for spread, k, banned in ((0.7, 1, ()), (20.0, 5, ()), (0.7, 2, (1, 4))):
        logits = (torch.randn(rows, size) * spread).round(decimals=1).add(0.0).to(dtype)
        values, tokens, norm = best_tokens(logits, k, banned)
        allowed = logits.float().index_fill(1, torch.tensor(banned, dtype=torch.int64), -torch.inf)
        assert tokens.tolist() == [slow_largest(row, k) for row in allowed.tolist()]
        exact = logits.double().log_softmax(1)
        assert torch.allclose(values.double(), exact.gather(1, tokens), atol=2e-5)
        assert torch.allclose(norm.double(), logits.double().logsumexp(1), atol=2e-5)


def test_logits_of_minus_infinity_are_last():
    logits = torch.full((2, 700), -torch.inf)
    logits[0, 699], logits[0, 3], logits[1, 640] = 1.0, 0.0, 2.0
    values, tokens, _ = best_tokens(logits, 2)
    assert tokens[0].tolist() == [699, 3]
    assert tokens[1, 0] == 640
    assert values[1].tolist() == [0.0, -torch.inf]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("size", [50, 1003])
def test_a_row_does_not_depend_on_its_company(dtype, size, monkeypatch):
    logits = (torch.randn(23, size) * 4).to(dtype)
    logits = logits.repeat(4, 1)  # enough for groups to be worth it
    together = best_tokens(logits, 3)
    for row in range(23):
        alone = best_tokens(logits[row : row + 1], 3)
        assert all(torch.equal(many[row : row + 1], one) for many, one in zip(together, alone, strict=True))
    monkeypatch.setattr(module, "_BLOCK", 4096)
    assert all(torch.equal(a, b) for a, b in zip(together, best_tokens(logits, 3), strict=True))


def test_normaliser():
    logits = torch.randn(3, 130) * 30
    assert torch.allclose(normaliser(logits), logits.logsumexp(1), atol=1e-5)
