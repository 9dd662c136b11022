"""Families by name; weights that do not fit are refused by name, and never loaded in part."""

import pytest
import torch

from heedful.architecture import Architecture
from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.errors import OptionError, RunError
from heedful.model.transformer import Transformer
from heedful.tasks.models import FAMILIES, family, load_weights, n_parameters, weights_of

SHAPES = {
    "transformer": Architecture(11, d_model=8, n_heads=2, n_encoder_layers=1, n_decoder_layers=1, d_ff=8, max_len=16),
    "rnn": RNNArchitecture(11, d_model=8, n_layers=1, max_len=16),
    "conv": ConvArchitecture(11, d_model=8, max_len=16),
    "rnn-attention": RNNArchitecture(11, d_model=8, n_layers=1, attention="dot", max_len=16),
}


@pytest.mark.parametrize(
    ("name", "kind"), [("transformer", Transformer), ("rnn", RNN), ("rnn-attention", RNN), ("conv", ConvS2S)]
)
def test_a_family_reads_its_shape_and_builds_its_model(name, kind):
    made = family(name)
    shape = made.read(SHAPES[name].to_json())
    assert shape == SHAPES[name]
    assert type(made.build(shape)) is kind


def test_every_family_is_tried():
    assert set(SHAPES) == set(FAMILIES)


def test_an_unknown_family_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match="'transfomer' is not known; did you mean 'transformer'"):
        family("transfomer")


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_go_from_one_model_into_another(name):
    one, other = (family(name).build(SHAPES[name]) for _ in range(2))
    before = weights_of(one)
    assert not all(torch.equal(weights_of(other)[key], tensor) for key, tensor in before.items())
    load_weights(other, {key: tensor.clone() for key, tensor in before.items()}, "there")
    assert all(torch.equal(weights_of(other)[key], tensor) for key, tensor in before.items())


def test_a_tied_table_stands_once_and_counts_once():
    model = Transformer(SHAPES["transformer"])
    tables = [key for key, tensor in weights_of(model).items() if tensor.shape == (11, 8)]
    assert len(tables) == 1
    assert n_parameters(model) == sum(tensor.numel() for tensor in weights_of(model).values())
    load_weights(model, {key: torch.zeros_like(tensor) for key, tensor in weights_of(model).items()}, "there")
    assert not model.output.weight.any()
    assert not model.encoder.embedding.tokens.weight.any()


def spoiled(weights, how):
    name = next(iter(weights))
    if how == "missing":
        del weights[name]
    elif how == "left over":
        weights["encoder.unknown"] = torch.zeros(1)
    elif how == "shape":
        weights[name] = weights[name][:-1]
    elif how == "integers":
        weights[name] = weights[name].int()
    else:
        weights[name].view(-1)[0] = float(how)
    return weights


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", "1 missing"),
        ("left over", r"1 left over \['encoder.unknown'\]"),
        ("shape", r"should be \(11, 8\) torch.float32, and is \(10, 8\)"),
        ("integers", "int32"),
        ("nan", "holds NaN or infinite"),
        ("-inf", "holds NaN or infinite"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_file(how, said):
    model = Transformer(SHAPES["transformer"])
    weights = {name: tensor.clone() for name, tensor in weights_of(model).items()}
    with pytest.raises(RunError, match=said) as refusal:
        load_weights(model, spoiled(weights, how), "x/model.safetensors")
    assert "x/model.safetensors" in str(refusal.value)


def test_half_precision_weights_are_read():
    model = Transformer(SHAPES["transformer"])
    halves = {name: tensor.bfloat16() for name, tensor in weights_of(model).items()}
    load_weights(model, halves, "there")
    assert all(torch.equal(weights_of(model)[name], half.float()) for name, half in halves.items())
