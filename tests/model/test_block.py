from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from heedful.architecture import Architecture
from heedful.model.attention import Attention
from heedful.model.block import Block, Residual
from heedful.model.init import initialise
from tests.reference.torch_layers import layer

SMALL = Architecture(10, d_model=12, n_heads=3, d_ff=20, dropout=0.0)
TIGHT = {"rtol": 0, "atol": 1e-12}


def random_block(architecture, causal=False, cross=False):
    """Every weight random, those of norms and biases too."""
    block = Block(architecture, causal=causal, cross=cross).double()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.3)
    return block


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_an_encoder_layer_equals_torch(order, activation, bias):
    architecture = replace(SMALL, order=order, activation=activation, bias=bias)
    block = random_block(architecture)
    x, mask = torch.randn(2, 6, 12, dtype=torch.float64), torch.arange(6) < torch.tensor([[6], [4]])
    expected = layer(block, architecture)(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(block(x, mask[:, None, None], None), expected, **TIGHT)


@pytest.mark.parametrize("order", ["post", "pre"])
def test_a_decoder_layer_equals_torch(order):
    architecture = replace(SMALL, order=order)
    block = random_block(architecture, causal=True, cross=True)
    x, memory = torch.randn(2, 6, 12, dtype=torch.float64), torch.randn(2, 5, 12, dtype=torch.float64)
    mask = torch.arange(5) < torch.tensor([[5], [2]])
    expected = layer(block, architecture)(
        x, memory, tgt_mask=torch.ones(6, 6).triu(1).bool(), memory_key_padding_mask=~mask
    )
    found = block(x, None, None, recalled=block.recall(memory), memory_mask=mask[:, None, None])
    torch.testing.assert_close(found, expected, **TIGHT)


def test_beams_share_the_memory_of_their_sentence():
    block = random_block(SMALL, causal=True, cross=True)
    x, memory = torch.randn(6, 1, 12, dtype=torch.float64), torch.randn(2, 5, 12, dtype=torch.float64)
    each = torch.eye(3, dtype=torch.bool).expand(2, 1, 3, 3)
    mask = (torch.arange(5) < torch.tensor([[5], [2]]))[:, None, None]
    folded = block(x.view(2, 3, 12), each, None, recalled=block.recall(memory), memory_mask=mask).view(x.shape)
    wide = block.recall(memory.repeat_interleave(3, 0))
    spread = block(x, None, None, recalled=wide, memory_mask=mask.repeat_interleave(3, 0))
    torch.testing.assert_close(folded, spread, **TIGHT)


@pytest.mark.parametrize("order", ["post", "pre"])
def test_where_the_norm_stands(order):
    residual = Residual(replace(SMALL, order=order)).double()
    nn.init.normal_(residual.norm.weight)
    x, norm = torch.randn(2, 3, 12, dtype=torch.float64), residual.norm
    expected = x + 2 * norm(x) if order == "pre" else norm(x + 2 * x)
    torch.testing.assert_close(residual(x, lambda x: 2 * x), expected)


def test_only_what_is_added_is_dropped():
    residual = Residual(replace(SMALL, order="pre", dropout=0.5))
    x = torch.randn(2, 3, 12)
    added = residual(x, torch.ones_like) - x
    assert set(added.round(decimals=4).unique().tolist()) == {0.0, 2.0}


def test_what_is_carried_past_keeps_tokens_apart():
    """Attention alone averages: after three layers all tokens are one (arXiv:2103.03404)."""
    apart = {}
    for carried in (0, 1):
        x = torch.randn(1, 12, 12, dtype=torch.float64)
        for _ in range(3):
            attention = Attention(SMALL).double()
            x = carried * x + attention(x, *attention.keys_values(x))
        apart[carried] = ((x - x.mean(1, keepdim=True)).norm() / x.norm()).item()
    assert apart[0] < 1e-9
    assert apart[1] > 0.7


@pytest.mark.parametrize(("order", "least", "most"), [("post", 0.7, 1.5), ("pre", 0.2, 0.5)])
def test_with_depth_pre_norm_calms_the_gradient_at_the_top(order, least, most):
    """Before training, of the last feed-forward network: as 1 / sqrt(depth), or not at all (arXiv:2002.04745)."""
    shape, sizes = Architecture(10, d_model=32, n_heads=4, d_ff=64, dropout=0.0, order=order), {}
    for depth in (1, 16):
        blocks = nn.ModuleList(Block(shape, causal=False, cross=False) for _ in range(depth))
        initialise(blocks, shape.d_model)
        x, given = torch.randn(2, 16, 8, shape.d_model)
        for block in blocks:
            x = block(x, None, None)
        top = functional.layer_norm(x, (shape.d_model,)) if order == "pre" else x
        (slope,) = torch.autograd.grad((top * given).sum(), blocks[-1].feed_forward.narrow.weight)
        sizes[depth] = slope.norm().item()
    assert least < sizes[16] / sizes[1] < most


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_bfloat16_stays_bfloat16(order, norm):
    block = Block(replace(SMALL, order=order, norm=norm), causal=True, cross=True).bfloat16()
    x = torch.randn(2, 3, 12, dtype=torch.bfloat16)
    assert block(x, None, None, recalled=block.recall(x)).dtype == torch.bfloat16
