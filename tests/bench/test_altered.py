"""An altered model differs from the one it was made of in just that which was altered."""

import copy
import math

import pytest
import torch
from torch import nn

from bench.altered import BatchNorm, rewrite, with_batch_norm, without_residuals, without_scale
from heedful.architecture import Architecture
from heedful.interface import Source
from heedful.model.attention import Attention, attend
from heedful.model.pack import pack
from heedful.model.positions import RotaryPositions, rotary_rates, rotate
from heedful.model.transformer import Transformer

SHAPE = Architecture(
    20, 16, 2, 2, 2, None, 32, dropout=0.0, order="pre", encoder_positions="rotary", decoder_positions="rotary"
)
IDS = torch.tensor([[5, 6, 7, 8], [9, 10, 0, 0]])
READ = Source(IDS, IDS > 0)
WRITTEN = Source(IDS.flip(1), torch.ones_like(IDS, dtype=torch.bool))


def altered(alter, shape=SHAPE):
    """A model, and its copy that was altered."""
    model = Transformer(shape).eval()
    other = copy.deepcopy(model)
    alter(other)
    return model, other


def answer(model):
    return model.logits(model.decode(WRITTEN, model.encode(READ)))


def weights(model):
    return [weight for name, weight in model.named_parameters() if "norm" not in name]


def test_all_that_are_wanted_are_replaced_however_deep():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    rewrite(model, lambda module: isinstance(module, nn.Linear), lambda linear: nn.Tanh())
    assert str(model) == str(nn.Sequential(nn.Tanh(), nn.Sequential(nn.Tanh(), nn.ReLU())))


@pytest.mark.parametrize("alter", [without_scale, without_residuals, with_batch_norm])
@pytest.mark.parametrize("order", ["pre", "post"])
def test_the_other_weights_are_the_same_the_answers_are_not_and_all_of_it_learns(alter, order):
    model, other = altered(alter, Architecture(20, 16, 2, 2, 2, None, 32, order=order))
    assert all(torch.equal(*pair) for pair in zip(weights(model), weights(other), strict=True))
    assert not torch.allclose(answer(model), answer(other), atol=1e-3)
    answer(other.train()).sum().backward()
    assert all(weight.grad is not None for weight in other.parameters())


@pytest.mark.parametrize("alter", [without_scale, without_residuals, with_batch_norm])
def test_token_by_token_an_altered_model_gives_what_it_gives_at_once(alter):
    _, model = altered(alter)
    memory = model.encode(READ)
    state = model.start(memory, 2, 1, 8)
    steps = [model.step(WRITTEN.values[:, t : t + 1], state) for t in range(4)]
    torch.testing.assert_close(torch.cat(steps, 1), model.decode(WRITTEN, memory), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(answer(pack(model)), answer(model))


def test_without_the_scale_is_attention_with_queries_multiplied_by_the_root_of_their_width():
    whole = nn.ModuleList([Attention(SHAPE)])
    (attention,) = whole
    x, other = torch.randn(2, 3, 16), torch.randn(2, 5, 16)
    rotation = RotaryPositions("rotary", 8, rotary_rates(8))(torch.arange(3)[None], torch.float32)
    seen = []
    attention.weights.register_forward_hook(lambda module, inputs, output: seen.append(output))
    key, value = attention.keys_values(other)
    query = attention.query(x).unflatten(-1, (2, 8)).transpose(1, 2)
    without_scale(whole)
    found = attention(x, key, value)
    # The scores themselves, and nothing that divides them.
    torch.testing.assert_close(seen[0], (query @ key.mT).softmax(-1))
    torch.testing.assert_close(seen[0], attend_weights(query * math.sqrt(8), key, value))
    mixed = attend(query, key, value, scale=1.0)
    torch.testing.assert_close(found, attention.output(mixed.transpose(1, 2).flatten(2)))
    attention(x, key, value, rotation=rotation)
    torch.testing.assert_close(seen[1], (rotate(query, rotation) @ key.mT).softmax(-1))


def attend_weights(query, key, value):
    """The weights of attention as it is, scale included."""
    seen = []

    def watch(weights):
        seen.append(weights)
        return weights

    attend(query, key, value, watch=watch)
    return seen[0]


@pytest.mark.parametrize("order", ["pre", "post"])
def test_without_residuals_a_block_is_one_sublayer_after_the_other(order):
    shape = Architecture(20, 16, 1, 0, 2, None, 32, dropout=0.0, order=order)
    _, model = altered(without_residuals, shape)
    (block,) = model.encoder.blocks
    x = torch.randn(2, 3, 16)
    first, second = block.attention_residual.norm, block.feed_forward_residual.norm

    def look(x):
        return block.attention(x, *block.attention.keys_values(x))

    if order == "pre":
        expected = block.feed_forward(second(look(first(x))))
    else:
        expected = second(block.feed_forward(first(look(x))))
    torch.testing.assert_close(block(x, None, None), expected)


def test_batch_norm_normalises_every_feature_over_batch_and_time_and_later_by_running_figures():
    norm, x = BatchNorm(3, momentum=0.25), 5 + 2 * torch.randn(4, 6, 3)
    rows = x.view(24, 3)
    expected = (x - rows.mean(0)) / (rows.var(0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(norm(x), expected)
    mean, variance = 0.25 * rows.mean(0), 0.75 + 0.25 * rows.var(0)
    torch.testing.assert_close((norm.mean, norm.variance), (mean, variance))
    found = norm.eval()(x[:1])
    torch.testing.assert_close(found, (x[:1] - mean) / (variance + 1e-5).sqrt())
    torch.testing.assert_close((norm.mean, norm.variance), (mean, variance))


def test_batch_norm_keeps_the_dtype_and_its_running_figures_in_float32():
    norm = BatchNorm(3)
    with torch.no_grad():
        assert norm(torch.randn(2, 5, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16
        assert norm.mean.dtype == torch.float32 and norm.mean.abs().sum() > 0
        assert norm.bfloat16().eval()(torch.randn(2, 5, 3, dtype=torch.bfloat16)).isfinite().all()


def test_with_batch_norm_no_other_norm_is_left():
    _, model = altered(with_batch_norm)
    kinds = [type(module) for module in model.modules()]
    assert nn.LayerNorm not in kinds
    # Two in a layer of the encoder, three in one of the decoder, one more behind each stack.
    assert kinds.count(BatchNorm) == 2 * 2 + 2 * 3 + 2
