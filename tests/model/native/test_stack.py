"""The encoder in the engine against the one that it was made of: the same hidden states, whatever the values."""

import copy
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from heedful.architecture import Architecture
from heedful.errors import LengthError, ShapeError
from heedful.interface import Source
from heedful.model.heads import Head, Headed
from heedful.model.native.library import library
from heedful.model.native.stack import NativeStack, with_native_encoder
from heedful.model.transformer import Transformer
from heedful.numerics import cpu_runs_engine
from tests.model.native.quantized import Quantized

pytestmark = pytest.mark.skipif(
    not cpu_runs_engine() or library() is None, reason="the engine cannot be built or run here"
)

SMALL = Architecture(97, 32, 2, 0, 2, None, 64, dropout=0.0, max_len=64)
BERT = {"encoder_positions": "learned", "norm_embeddings": True, "scale_embeddings": False, "norm_eps": 1e-12}
CHANGES = [
    {},
    {**BERT, "n_kinds": 2, "activation": "gelu", "output": "transformed", "pooler": True},
    {"order": "pre", "encoder_positions": "rotary", "activation": "silu"},
    {"order": "pre", "norm": "rms", "bias": False, "activation": "swiglu", "norm_embeddings": True},
    {"order": "post", "norm": "rms", "activation": "relu2", "encoder_positions": "none", "n_kinds": 3},
    {"activation": "gelu_tanh", "n_kv_heads": 1, "window": 3, "tie": "none"},
    {"activation": "geglu_tanh", "d_model": 48, "n_heads": 1, "d_ff": 16, "n_encoder_layers": 3},
    {"d_model": 96, "n_heads": 2, "d_ff": 80, "n_decoder_layers": 1, "tie": "input"},
    {"d_model": 128, "n_heads": 2, "d_ff": 208, "norm_eps": 0.1, "order": "pre"},
]


def make(**changes) -> Transformer:
    torch.manual_seed(0)
    model = Transformer(replace(SMALL, **changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def source(lengths: list[int], n_kinds: int = 0, vocab_size: int = 97) -> Source:
    torch.manual_seed(len(lengths))
    mask = torch.arange(max(lengths) + 2) < torch.tensor(lengths)[:, None]
    values = torch.randint(0, vocab_size, mask.shape)
    return Source(values, mask, kinds=torch.randint(0, n_kinds, mask.shape) if n_kinds else None)


def engine(model: nn.Module) -> nn.Module:
    found = with_native_encoder(model)
    assert found is not None
    return found


@torch.no_grad()
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_the_same_hidden_states(changes):
    model = make(**changes)
    batch = source([1, 17, 5, 16, 32, 6, 2, 43], model.architecture.n_kinds)
    found, expected = engine(model).encode(batch), model.encode(batch)
    assert found.mask is batch.mask
    torch.testing.assert_close(found.values[batch.mask], expected.values[batch.mask], rtol=1e-4, atol=2e-5)
    assert not found.values[~batch.mask].any()


@torch.no_grad()
def test_random_values_of_all_that_is_supported():
    draw = random.Random(7)
    for _ in range(12):
        heads, width = draw.choice([1, 2, 3]), draw.choice([16, 32, 48])
        model = make(
            d_model=heads * width,
            n_heads=heads,
            n_kv_heads=draw.choice([None, 1]),
            d_ff=draw.choice([16, 64, 112]),
            n_encoder_layers=draw.choice([1, 2]),
            activation=draw.choice(["relu", "gelu", "relu2", "swiglu", "silu", "gelu_tanh", "geglu_tanh"]),
            norm=draw.choice(["layer", "rms"]),
            order=draw.choice(["pre", "post"]),
            encoder_positions=draw.choice(["sinusoidal", "learned", "rotary", "none"]),
            window=draw.choice([None, None, 2]),
            bias=draw.random() < 0.5,
            norm_embeddings=draw.random() < 0.5,
            n_kinds=draw.choice([0, 2]),
            scale_embeddings=draw.random() < 0.5,
        )
        batch = source([draw.randint(1, 40) for _ in range(3)], model.architecture.n_kinds)
        found, expected = engine(model).encode(batch).values, model.encode(batch).values
        torch.testing.assert_close(found[batch.mask], expected[batch.mask], rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 15, 16, 17, 47, 48, 49, 97, 511, 512])
def test_every_length(length):
    model = make(max_len=514, activation="gelu", n_encoder_layers=1)
    batch = source([length])
    torch.testing.assert_close(
        engine(model).encode(batch).values[batch.mask],
        model.encode(batch).values[batch.mask],
        rtol=1e-4,
        atol=2e-5,
    )


@torch.no_grad()
@pytest.mark.parametrize("changes", CHANGES[:3], ids=str)
def test_bfloat16_is_nearer_to_float32_than_pytorch_s(changes):
    exact, rounded = make(**changes), make(**changes).to(torch.bfloat16)
    batch = source([9, 30, 4], exact.architecture.n_kinds)
    expected = exact.encode(batch).values[batch.mask]
    found, other = (each.encode(batch).values for each in (engine(rounded), rounded))
    assert found.dtype == torch.bfloat16
    near, far = ((each[batch.mask].float() - expected).norm() for each in (found, other))
    assert near < 1.1 * far
    assert functional.cosine_similarity(found[batch.mask].float(), expected).min() > 0.99


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_company_changes_no_bit(dtype):
    model = engine(make(**BERT).to(dtype))
    batch = source([3, 41, 16, 1, 7])
    together = model.encode(batch).values
    for row, length in enumerate(batch.mask.sum(1).tolist()):
        values = batch.values[row : row + 1, :length]
        alone = model.encode(Source(values, torch.ones_like(values, dtype=torch.bool))).values
        assert torch.equal(alone[0], together[row, :length])


@torch.no_grad()
def test_int8():
    model = make(**BERT)
    for module in list(model.encoder.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, Quantized(child))
    batch = source([9, 30, 4])
    found, expected = engine(model).encode(batch).values, model.encode(batch).values
    # A value between two steps may be rounded either way.
    assert functional.cosine_similarity(found[batch.mask], expected[batch.mask]).min() > 0.999


@torch.no_grad()
@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh", "silu"])
def test_activations_far_out(activation):
    """One row of numbers from -40 to 40, and such as no one meets, bent and brought back by layers that are the
    identity: what is read is x + f(x), not normalised."""
    model = make(d_model=64, d_ff=64, n_heads=1, n_encoder_layers=1, order="pre", activation=activation)
    stack, row = (
        model.encoder,
        torch.cat([torch.linspace(-40, 40, 56), torch.tensor([1e4, -1e4, 1e9, -1e9, 0, 1, -1, 3])]),
    )
    block = stack.blocks[0]
    for parameter in (*block.attention.output.parameters(), *block.feed_forward.parameters()):
        parameter.zero_()
    block.feed_forward.widen.bias.copy_(row)
    block.feed_forward.narrow.weight.copy_(torch.eye(64))
    batch = source([1])
    torch.testing.assert_close(engine(model).encode(batch).values[0, 0], model.encode(batch).values[0, 0])
    stack.norm = nn.Identity()
    stack.embedding.tokens.weight.zero_()
    stack.embedding.added.table.zero_()
    found = engine(model).encode(batch).values[0, 0]
    torch.testing.assert_close(found, block.feed_forward.activation(row), rtol=3e-6, atol=3e-7)


@torch.no_grad()
def test_what_stands_on_it_stays():
    shape = {**BERT, "pooler": True, "output": "transformed", "activation": "gelu"}
    headed = Headed(make(**shape), Head(32, 3, "first", 0.0), "encoder").eval()
    batch, found = source([4, 9]), engine(headed)
    torch.testing.assert_close(found.score(batch), headed.score(batch), rtol=1e-4, atol=1e-5)
    memory, expected = found.trunk.encode(batch), headed.trunk.encode(batch)
    torch.testing.assert_close(found.trunk.pool(memory), headed.trunk.pool(expected), rtol=1e-4, atol=1e-5)
    assert not isinstance(headed.trunk.encoder, NativeStack), "the model is left as it is"
    assert found.head.output.weight is headed.head.output.weight
    assert torch.equal(copy.deepcopy(found).score(batch), found.score(batch))


@torch.no_grad()
def test_a_model_that_goes_on_learning_changes_nothing():
    model, batch = make(**BERT), source([4, 9])
    found = engine(model)
    before = found.encode(batch).values
    for parameter in model.parameters():
        parameter.mul_(1.5)
    assert torch.equal(found.encode(batch).values, before)


@torch.no_grad()
def test_several_read_at_once():
    model = engine(make())
    batches = [source([n, 40 - n, 7]) for n in range(1, 20)]
    expected = [model.encode(batch).values for batch in batches]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda batch: model.encode(batch).values, batches))
    assert all(map(torch.equal, found, expected))


def test_what_the_model_does_not_know_is_refused():
    plain, kinds = engine(make()), engine(make(n_kinds=2))
    for wrong in (97, -1):
        batch = source([3, 2])
        batch.values[1, 1] = wrong
        with pytest.raises(ShapeError, match=f"tokens from 0 to 96: got {wrong}"):
            plain.encode(batch)
    with pytest.raises(ShapeError, match="types of tokens from 0 to 1: got 2"):
        kinds.encode(replace(source([3]), kinds=torch.full((1, 5), 2)))
    with pytest.raises(ShapeError, match="leave kinds out"):
        plain.encode(source([3], n_kinds=2))
    with pytest.raises(LengthError):
        plain.encode(source([65]))


def test_a_row_without_tokens_is_nothing():
    batch = source([0, 3])
    assert not engine(make()).encode(batch).values[0].any()
    assert not engine(make()).encode(source([0])).values.any()


def test_other_models_are_left_to_pytorch():
    for changes in ({"encoder_positions": "relative"}, {"n_heads": 4}, {"n_encoder_layers": 0, "n_decoder_layers": 1}):
        assert with_native_encoder(Transformer(replace(SMALL, **changes))) is None
    assert with_native_encoder(nn.Linear(2, 2)) is None
