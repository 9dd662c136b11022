"""int8 layers against sums written out in Python, models of every family against themselves, files both ways."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from heedful.compression.quantize import (
    QuantizedEmbedding,
    QuantizedLinear,
    groups,
    integer_product,
    n_stored_bytes,
    quantizable,
    quantize,
    quantized,
    rebuilt,
    stored,
)
from heedful.errors import OptionError
from heedful.interface import Source
from heedful.model.pack import pack
from tests.contract.families import READERS, WRITERS, build, remember, sentences


def rounded(row):
    """A row of numbers as whole ones, and what 1 is worth: the definition, number by number."""
    step = max(map(abs, row)) / 127
    return [max(-127, min(127, round(x / step))) if step else 0 for x in row], step


def multiplied(x, weight, bias):
    """What an int8 layer answers to one row, in Python's own whole numbers."""
    values, step = rounded(x)
    answers = []
    for row, b in zip(weight, bias, strict=True):
        whole, scale = rounded(row)
        answers.append(sum(v * w for v, w in zip(values, whole, strict=True)) * step * scale + b)
    return answers


def replaced(linear):
    return quantize(nn.Sequential(linear))[0]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 5])
def test_a_layer_answers_as_whole_numbers_do(rows, bias):
    linear = nn.Linear(16, 7, bias=bias)
    x = torch.randn(2, rows, 16)
    found = replaced(linear)(x)
    added = linear.bias.tolist() if bias else [0.0] * 7
    expected = [multiplied(row, linear.weight.tolist(), added) for row in x.view(-1, 16).tolist()]
    assert torch.allclose(found, torch.tensor(expected).view(2, rows, 7), atol=1e-5)
    # Off by less than half a step of each factor, and by more than nothing.
    gap = (found - linear(x)).abs().max()
    assert 0 < gap < 16 * x.abs().max() * linear.weight.abs().max() / 127


def test_rows_as_whole_numbers():
    values, step = quantized(torch.tensor([[127.0, -63.6, 0.4], [0, 0, 0], [-1e-3, 1e-3, 5e-4]]))
    assert values.tolist() == [[127, -64, 0], [0, 0, 0], [-127, 127, 64]]
    assert step.tolist() == pytest.approx([1.0, 0.0, 1e-3 / 127])
    assert (values.dtype, step.dtype) == (torch.int8, torch.float32)


def test_the_smallest_numbers_do_not_wrap_around():
    values, _ = quantized(torch.tensor([[2e-43, -2e-43, 0.0]]))
    assert values[0, 0] == -values[0, 1] > 0


def test_nothing_gives_nothing_and_what_is_no_number_gives_none():
    layer = replaced(nn.Linear(4, 3))
    x = torch.tensor([[0.0] * 4, [1, float("nan"), 0, 0], [float("inf"), 1, 0, 0], [1, 2, 3, 4]])
    found = layer(x)
    assert torch.equal(found[0], layer.bias)
    assert not found[1:3].isfinite().any()
    assert torch.equal(found[3], layer(x[3]))
    assert layer(x[:0]).shape == (0, 3)


def test_sums_are_exact_beyond_what_16_bits_hold():
    rows, weight = torch.full((2, 5000), 127, dtype=torch.int8), torch.full((3, 5000), -127, dtype=torch.int8)
    assert integer_product(rows, weight).tolist() == [[-5000 * 127 * 127] * 3] * 2


def test_an_embedding_looks_up_rows_times_their_scale():
    table = nn.Embedding(6, 5)
    made = quantize(nn.Sequential(table))[0]
    ids = torch.tensor([[1, 5], [0, 1]])
    whole = [rounded(row) for row in table.weight.tolist()]
    expected = [[[v * whole[i][1] for v in whole[i][0]] for i in row] for row in ids.tolist()]
    assert torch.allclose(made(ids), torch.tensor(expected))
    assert made(ids[:, :0]).shape == (2, 0, 5)


def test_scales_stay_exact_in_every_dtype():
    model = quantize(nn.Sequential(nn.Embedding(6, 16), nn.Linear(16, 3), nn.Linear(3, 2)), lambda name: name != "2")
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    x = model[0](torch.arange(6))
    model.bfloat16()
    for name in ("0.weight", "0.scale", "1.weight", "1.scale", "1.bias"):
        found = model.get_parameter(name)
        assert (found.dtype, found.equal(before[name])) == (before[name].dtype, True)
    assert model[2].weight.dtype == torch.bfloat16
    assert torch.equal(model[0](torch.arange(6)), x.bfloat16())
    assert model(torch.arange(6)).dtype == torch.bfloat16


@pytest.mark.parametrize("name", sorted({*READERS, *WRITERS}))
def test_every_family_answers_almost_as_before_and_nothing_is_left_out(name):
    model = build(name).float()
    plain = {kind: parameter.clone() for kind, parameter in model.named_parameters()}
    twin = quantize(model)
    kinds = [type(module) for module in twin.modules()]
    assert QuantizedLinear in kinds
    assert nn.Linear not in kinds
    assert nn.Embedding not in kinds
    memories = [remember(each, name, 3) for each in (model, twin)]
    if name in WRITERS:
        target = sentences(3, 6, seed=1)
        before, after = (
            each.logits(each.decode(target, memory)) for each, memory in zip((model, twin), memories, strict=True)
        )
    else:
        before, after = (memory.values for memory in memories)
    assert 0 < (after - before).abs().mean() < 0.1 * before.abs().mean()
    for kind, parameter in model.named_parameters():
        assert torch.equal(parameter, plain[kind])


@pytest.mark.parametrize("name", WRITERS)
def test_step_by_step_is_all_at_once(name):
    model = quantize(build(name).float())
    memory, tokens = remember(model, name, 2), torch.tensor([[1, 5, 3, 8], [1, 2, 9, 4]])
    whole = model.decode(Source(tokens, torch.ones_like(tokens, dtype=torch.bool)), memory)
    packed = pack(model)
    state = packed.start(remember(packed, name, 2), 2, 1, 4)
    steps = torch.cat([packed.step(tokens[:, t : t + 1], state) for t in range(4)], 1)
    # A last bit may tip a number over to the next whole one.
    assert (steps - whole).abs().mean() < 0.01 * whole.abs().mean()


def test_tied_tables_stay_one():
    twin = quantize(build("encoder-decoder"))
    tables = twin.encoder.embedding.tokens, twin.decoder.embedding.tokens, twin.output
    assert len({id(table.weight) for table in tables}) == len({id(table.scale) for table in tables}) == 1
    assert sum(name.endswith("tokens.weight") for name, _ in twin.named_parameters()) == 1
    again = copy.deepcopy(twin)
    assert again.output.weight is again.encoder.embedding.tokens.weight
    assert pickle.loads(pickle.dumps(twin)).output.weight.equal(twin.output.weight)


def test_only_what_is_chosen_is_replaced_and_ties_go_together():
    model = build("encoder-decoder")
    alone = quantize(model, lambda name: name == "output")
    assert alone.output.weight is model.output.weight
    one = quantize(model, lambda name: name == "encoder.blocks.0.feed_forward.widen")
    assert [name for name, each in one.named_modules() if isinstance(each, QuantizedLinear)] == [
        "encoder.blocks.0.feed_forward.widen"
    ]
    assert one.encoder.blocks[1].feed_forward.widen.weight is model.encoder.blocks[1].feed_forward.widen.weight


def test_groups_hold_every_layer_once_and_ties_as_one():
    model = build("encoder-decoder")
    found = groups(model)
    assert sorted(name for layers in found.values() for name in layers) == sorted(quantizable(model))
    assert found["encoder.embedding.tokens"] == ["encoder.embedding.tokens", "decoder.embedding.tokens", "output"]
    assert found["encoder.blocks.0.attention"] == [
        "encoder.blocks.0.attention.query", "encoder.blocks.0.attention.key_value", "encoder.blocks.0.attention.output",
    ]  # fmt: skip


def test_a_normed_layer_is_settled():
    normed = weight_norm(nn.Linear(8, 4))
    assert replaced(normed).weight.equal(replaced(settled(normed)).weight)
    assert [name for name, _ in replaced(normed).named_parameters()] == ["weight", "scale", "bias"]


def settled(normed):
    plain = nn.Linear(8, 4)
    plain.weight = nn.Parameter(normed.weight.detach().clone())
    return plain


def test_two_normed_layers_do_not_become_one():
    """What a normed layer makes anew at every call may lie where another's lay a moment before."""
    twin = quantize(nn.Sequential(*(weight_norm(nn.Linear(64, 64)) for _ in range(4))))
    assert len({id(layer.weight) for layer in twin}) == 4


def test_sizes_as_stored():
    model = nn.Sequential(nn.Linear(32, 8), nn.Linear(8, 8))
    assert n_stored_bytes(quantize(model)) == (32 * 8 + 8 * 4 + 8 * 4) + (8 * 8 + 8 * 4 + 8 * 4)
    kept = quantize(model, lambda name: name == "0")
    assert n_stored_bytes(kept) == (32 * 8 + 8 * 4 + 8 * 4) + (2 * 8 * 8 + 8 * 4)
    dtypes = {name: tensor.dtype for name, tensor in stored(dict(kept.named_parameters())).items()}
    assert dtypes == {
        "0.weight": torch.int8, "0.scale": torch.float32, "0.bias": torch.float32,
        "1.weight": torch.bfloat16, "1.bias": torch.float32,
    }  # fmt: skip


def test_a_description_gives_the_form_back():
    model = build("encoder-decoder")
    kept = ["encoder.blocks.0.feed_forward.widen"]
    twin = quantize(model, lambda name: name not in kept)
    found = rebuilt(build("encoder-decoder"), {"dtype": "int8", "kept": kept})
    assert [(name, p.shape, p.dtype) for name, p in found.named_parameters()] == [
        (name, p.shape, p.dtype) for name, p in twin.named_parameters()
    ]
    assert rebuilt(model, {"dtype": "bfloat16", "kept": []}) is model
    with pytest.raises(OptionError, match="'int4' is not known; did you mean 'int8'"):
        rebuilt(model, {"dtype": "int4", "kept": []})
    with pytest.raises(OptionError, match="no layer 'nowhere'"):
        rebuilt(model, {"dtype": "int8", "kept": ["nowhere"]})


def test_a_quantized_embedding_is_no_other_layer():
    assert quantizable(nn.Sequential(QuantizedEmbedding(*2 * [nn.Parameter(torch.ones(2, 2))], torch.ones(1)))) == []
