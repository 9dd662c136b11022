from contextlib import nullcontext
from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from heedful.architecture import Architecture
from heedful.errors import ShapeError
from heedful.model.attention import Attention, attend, attention_weights
from heedful.model.positions import RotaryPositions, rotary_rates
from tests.reference import attention as reference
from tests.reference.torch_layers import multihead

TIGHT = {"rtol": 0, "atol": 1e-12}


def kernel(fused):
    """Take the fused kernel, or leave the choice as it is on a CPU: the plain one for these sizes."""
    return patch("heedful.model.attention.plain_attention_wins", lambda *_: False) if fused else nullcontext()


def same_where_something_is_seen(found, expected):
    """Equal where the reference has an answer, finite everywhere."""
    assert found.isfinite().all()
    torch.testing.assert_close(torch.where(expected.isnan(), 0.0, found), expected.nan_to_num(0.0), **TIGHT)


def random_mask(kind, batch, length, n_keys):
    if kind == "none":
        return None
    return torch.rand(batch, 1, 1 if kind == "keys" else length, n_keys) < 0.6


@given(
    seed=st.integers(0, 2**16),
    groups=st.sampled_from([(1, 1), (2, 1), (2, 2), (4, 2)]),
    lengths=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    mask=st.sampled_from(["none", "keys", "both"]),
    biased=st.booleans(),
    scale=st.sampled_from([None, 0.3]),
    fused=st.booleans(),
)
def test_equals_nested_loops(seed, groups, lengths, mask, biased, scale, fused):
    torch.manual_seed(seed)
    (heads, shared), (length, n_keys) = groups, lengths
    query = torch.randn(2, heads, length, 3, dtype=torch.float64)
    key, value = torch.randn(2, 2, shared, n_keys, 3, dtype=torch.float64)
    allowed = random_mask(mask, 2, length, n_keys)
    bias = torch.randn(1, heads, length, n_keys, dtype=torch.float64) if biased else None
    with kernel(fused):
        found = attend(query, key, value, mask=allowed, bias=bias, scale=scale)
    same_where_something_is_seen(found, reference.attend(query, key, value, mask=allowed, bias=bias, scale=scale))


@given(
    seed=st.integers(0, 2**16),
    length=st.integers(1, 8),
    mask=st.sampled_from(["none", "keys", "both"]),
    causal=st.booleans(),
    window=st.sampled_from([None, 1, 2, 3, 9]),
    fused=st.booleans(),
)
def test_causal_and_windowed_equal_nested_loops(seed, length, mask, causal, window, fused):
    torch.manual_seed(seed)
    query = torch.randn(2, 2, length, 2, dtype=torch.float64)
    key, value = torch.randn(2, 2, 1, length, 2, dtype=torch.float64)
    allowed = random_mask(mask, 2, length, length)
    with kernel(fused):
        found = attend(query, key, value, mask=allowed, causal=causal, window=window)
    same_where_something_is_seen(found, reference.attend(query, key, value, mask=allowed, causal=causal, window=window))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("length", [7, 12, 30])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("n_bytes", [1, 2 << 20])
def test_windows_in_blocks_equal_the_whole_square(length, causal, padded, n_bytes, monkeypatch):
    monkeypatch.setattr("heedful.model.window.WEIGHT_BYTES", n_bytes)  # one block at a time, and all at once
    query = torch.randn(3, 4, length, 8, dtype=torch.float64, requires_grad=True)
    key, value = torch.randn(2, 3, 2, length, 8, dtype=torch.float64)
    mask = (torch.arange(length) < torch.tensor([[length], [length - 2], [5]]))[:, None, None] if padded else None
    blocks = attend(query, key, value, mask=mask, causal=causal, window=3)
    # A watch that changes nothing takes the way over all pairs.
    square = attend(query, key, value, mask=mask, causal=causal, window=3, watch=lambda weights: weights)
    seen = torch.ones(3, length, dtype=torch.bool) if mask is None else mask[:, 0, 0]
    torch.testing.assert_close(blocks.transpose(1, 2)[seen], square.transpose(1, 2)[seen], **TIGHT)
    (slope,) = torch.autograd.grad(blocks.transpose(1, 2)[seen].sum(), query)
    (expected,) = torch.autograd.grad(square.transpose(1, 2)[seen].sum(), query)
    torch.testing.assert_close(slope, expected, **TIGHT)


def test_the_cost_of_a_window_is_linear():
    def largest(length):
        seen = []
        original = attention_weights

        def spy(query, key, **options):
            weights = original(query, key, **options)
            seen.append(weights.numel())
            return weights

        with patch("heedful.model.attention.attention_weights", spy):
            attend(*torch.randn(3, 1, 1, length, 2), window=4)
        return max(seen)

    assert largest(400) == 2 * largest(200)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equals_torch(fused, dtype):
    query = torch.randn(2, 4, 9, 16, dtype=dtype)
    key, value = torch.randn(2, 2, 2, 9, 16, dtype=dtype)
    mask = (torch.arange(9) < torch.tensor([[9], [5]]))[:, None, None]
    tolerance = {"rtol": 0, "atol": 1e-6} if dtype == torch.float32 else {"rtol": 0, "atol": 2e-2}
    with kernel(fused):
        found = attend(query, key, value, mask=mask)
        causal = attend(query, key, value, causal=True)
    wide = [tensor.float() for tensor in (query, key, value)]
    expected = functional.scaled_dot_product_attention(*wide, attn_mask=mask, enable_gqa=True)
    forward_only = functional.scaled_dot_product_attention(*wide, is_causal=True, enable_gqa=True)
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), expected, **tolerance)
    torch.testing.assert_close(causal.float(), forward_only, **tolerance)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_query_that_sees_nothing_harms_nobody(fused, dtype):
    query, key, value = (torch.randn(2, 2, 5, 4, dtype=dtype, requires_grad=True) for _ in range(3))
    mask = torch.ones(2, 1, 1, 5, dtype=torch.bool)
    mask[1] = False
    with kernel(fused):
        result = attend(query, key, value, mask=mask)
    result.sum().backward()
    assert result.isfinite().all()
    assert all(tensor.grad.isfinite().all() for tensor in (query, key, value))
    torch.testing.assert_close(result[:1], attend(query[:1], key[:1], value[:1]), rtol=0, atol=1e-2)


@pytest.mark.gpu
@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("how", ["all", "padded", "causal", "causal and padded", "window", "nothing to see"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gpu_computes_the_same(dtype, how, groups):
    """Through whatever kernel torch takes there; lengths of 64 are those at which one of them once made NaN."""
    query = torch.randn(2, 4, 64, 32, dtype=dtype)
    key, value = torch.randn(2, 2, groups, 64, 32, dtype=dtype)
    lengths = {"padded": [64, 9], "causal and padded": [64, 9], "nothing to see": [64, 0]}.get(how)
    mask = None if lengths is None else (torch.arange(64) < torch.tensor(lengths)[:, None])[:, None, None]
    causal, window = how.startswith("causal"), 5 if how == "window" else None
    expected = attend(query.double(), key.double(), value.double(), mask=mask, causal=causal, window=window)
    there = [tensor.cuda().requires_grad_() for tensor in (query, key, value)]
    found = attend(*there, mask=None if mask is None else mask.cuda(), causal=causal, window=window)
    found.float().square().sum().backward()
    assert found.dtype == dtype
    assert all(tensor.isfinite().all() and tensor.grad.isfinite().all() for tensor in there)
    rows = slice(0, 1) if how == "nothing to see" else slice(None)
    tolerance = 2e-2 if dtype == torch.bfloat16 else 2e-3
    torch.testing.assert_close(found.double().cpu()[rows], expected[rows], rtol=0, atol=tolerance)


def test_a_float32_bias_does_not_widen_bfloat16():
    query, key, value = torch.randn(3, 1, 2, 4, 8, dtype=torch.bfloat16)
    assert attend(query, key, value, bias=torch.zeros(1, 2, 4, 4)).dtype == torch.bfloat16


def test_weights_by_hand():
    query = torch.tensor([[[[2.0]]]], dtype=torch.float64)
    key = torch.tensor([[[[0.0], [torch.log(torch.tensor(3.0, dtype=torch.float64)) / 2]]]], dtype=torch.float64)
    weights = attention_weights(query, key, mask=None, bias=None, scale=1.0)
    torch.testing.assert_close(weights, torch.tensor([[[[0.25, 0.75]]]], dtype=torch.float64))
    mixed = attend(query, key, torch.tensor([[[[4.0], [8.0]]]], dtype=torch.float64))
    torch.testing.assert_close(mixed, torch.tensor([[[[7.0]]]], dtype=torch.float64))


def test_the_scale_keeps_the_variance_of_scores():
    """Why sqrt(d_k), footnote 4: products of unit vectors have variance d_k, scaled ones variance 1."""
    query, key = torch.randn(2, 1, 1, 400, 64)
    scores = query @ key.mT
    assert scores.var().item() == pytest.approx(64, rel=0.1)
    assert (scores * 64**-0.5).var().item() == pytest.approx(1, rel=0.1)


def test_without_the_scale_a_wide_softmax_lets_no_gradient_pass():
    """The other half of footnote 4: w (1 - w) is the slope of a weight over its own score, summed over 16 keys."""
    slopes = {}
    for width in (4, 64, 1024):
        query, key = torch.randn(2, 1, 8, 16, width)
        for scale in (width**-0.5, 1.0):
            weights = attention_weights(query, key, mask=None, bias=None, scale=scale)
            slopes[width, scale == 1.0] = (weights * (1 - weights)).sum(-1).mean().item()
    assert all(slopes[width, False] == pytest.approx(0.87, abs=0.03) for width in (4, 64, 1024))
    assert slopes[4, True] > 0.6 > 0.3 > slopes[64, True] > 0.1 > slopes[1024, True]


def test_keys_are_a_set():
    """Why positions are needed: keys and values in another order, and nothing has changed."""
    query, key, value = torch.randn(3, 2, 3, 6, 4, dtype=torch.float64)
    order = torch.tensor([4, 0, 5, 2, 1, 3])
    torch.testing.assert_close(attend(query, key[:, :, order], value[:, :, order]), attend(query, key, value), **TIGHT)


def test_dropout_takes_weights_away_and_keeps_their_sum_on_average():
    query, key = torch.randn(2, 1, 1, 50, 4)
    value = torch.ones(1, 1, 50, 4)
    mixed = torch.stack([attend(query, key, value, dropout=0.3) for _ in range(40)])
    assert mixed.mean().item() == pytest.approx(1, abs=0.05)
    assert mixed.std() > 0.05


def test_a_watch_sees_the_weights_and_may_change_them():
    query, key, value = torch.randn(3, 1, 2, 3, 4)
    seen = []

    def watch(weights):
        seen.append(weights)
        return torch.eye(3).expand_as(weights)

    torch.testing.assert_close(attend(query, key, value, causal=True, watch=watch), value)
    torch.testing.assert_close(seen[0].sum(-1), torch.ones(1, 2, 3))
    assert seen[0].triu(1).abs().max() < 1e-30


def test_what_does_not_fit_is_refused():
    query, key = torch.randn(1, 3, 4, 2), torch.randn(1, 2, 4, 2)
    with pytest.raises(ShapeError, match="multiple of key heads: got 3 and 2"):
        attend(query, key, key)
    with pytest.raises(ShapeError, match="as many keys as queries: got 4 and 2"):
        attend(query[:, :2, :2], key, key, causal=True)


@pytest.mark.parametrize("bias", [False, True])
def test_heads_equal_torch(bias):
    architecture = Architecture(10, d_model=12, n_heads=3, bias=bias)
    ours = Attention(architecture).double()
    if bias:
        nn.init.normal_(ours.query.bias)
        nn.init.normal_(ours.key_value.bias)
    theirs = multihead(ours, 3)
    x, memory = torch.randn(2, 5, 12, dtype=torch.float64), torch.randn(2, 7, 12, dtype=torch.float64)
    mask = torch.arange(7) < torch.tensor([[7], [4]])
    found = ours(x, *ours.keys_values(memory), mask=mask[:, None, None])
    expected, _ = theirs(x, memory, memory, key_padding_mask=~mask, need_weights=False)
    torch.testing.assert_close(found, expected, **TIGHT)


def test_groups_of_heads_share_keys():
    """With the keys and values of a group repeated for its heads, as many heads as queries compute the same."""
    few = Attention(Architecture(10, d_model=8, n_heads=4, n_kv_heads=2)).double()
    many = Attention(Architecture(10, d_model=8, n_heads=4)).double()
    many.query, many.output = few.query, few.output
    for name in ("weight", "bias"):
        shared = getattr(few.key_value, name).unflatten(0, (2, 2, 2)).repeat_interleave(2, dim=1).flatten(0, 2)
        getattr(many.key_value, name).data = shared
    x = torch.randn(2, 6, 8, dtype=torch.float64)
    torch.testing.assert_close(few(x, *few.keys_values(x)), many(x, *many.keys_values(x)), **TIGHT)


def test_rotation_reaches_queries_and_keys():
    """Only differences of positions count: shifted by three, all stays the same."""
    attention = Attention(Architecture(10, d_model=8, n_heads=2)).double()
    rotary = RotaryPositions("rotary", 20, rotary_rates(4))
    x = torch.randn(1, 5, 8, dtype=torch.float64)
    outputs = []
    for start in (0, 3):
        rotation = rotary(torch.arange(start, start + 5)[None], torch.float64)
        outputs.append(attention(x, *attention.keys_values(x, rotation), causal=True, rotation=rotation))
    torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=1e-6)
    still = attention(x, *attention.keys_values(x), causal=True)
    assert (outputs[0] - still).abs().max() > 1e-3


def test_a_hook_on_the_weights_changes_no_result():
    attention = Attention(Architecture(10, d_model=8, n_heads=2))
    x = torch.randn(2, 5, 8)
    unwatched = attention(x, *attention.keys_values(x), causal=True)
    seen = []
    handle = attention.weights.register_forward_hook(lambda module, inputs, output: seen.append(output))
    watched = attention(x, *attention.keys_values(x), causal=True)
    handle.remove()
    attention(x, *attention.keys_values(x), causal=True)
    assert [weights.shape for weights in seen] == [(2, 2, 5, 5)]
    torch.testing.assert_close(watched, unwatched)
