"""How a run is set up: written once, read back the same, and the arithmetic that the display divides by."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from heedful.architecture import Architecture
from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.data.batch import collate
from heedful.errors import OptionError
from heedful.model.transformer import Transformer
from heedful.numerics import choose
from heedful.tasks.defaults import SIZES
from heedful.tasks.models import family, n_parameters
from heedful.tasks.setup import Setup, flops_per_token, peak_flops, settle
from tests.tasks.tiny import SIZE


@pytest.mark.parametrize(
    ("model", "kind"), [("transformer", Transformer), ("rnn", RNN), ("rnn-attention", RNN), ("conv", ConvS2S)]
)
def test_what_was_settled_is_read_back(tmp_path, model, kind):
    setup = settle(tmp_path, model, SIZE, 300, "cpu")
    assert Setup.stored(tmp_path) == setup
    assert Setup.from_json(setup.to_json()) == setup
    assert setup.numerics == choose("cpu")
    assert type(setup.build(1)) is kind


@pytest.mark.parametrize("model", ["rnn", "rnn-attention", "conv"])
def test_a_baseline_has_about_as_many_weights_as_the_transformer_of_its_row(tmp_path, model):
    setups = [settle(tmp_path, name, SIZES[2], 2000, "cpu") for name in ("transformer", model)]
    transformer, rnn = (n_parameters(family(setup.model).build(setup.shape)) for setup in setups)
    assert 0.5 < transformer / rnn < 2


def test_a_seed_makes_the_same_model_and_leaves_chance_alone(tmp_path):
    setup = settle(tmp_path, "transformer", SIZE, 300, "cpu")
    state = torch.get_rng_state()
    one, again, other = setup.build(1), setup.build(1), setup.build(2)
    assert torch.equal(torch.get_rng_state(), state)
    pairs = list(zip(one.parameters(), again.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(first, second) for first, second, _ in pairs)
    assert any(not torch.equal(first, third) for first, _, third in pairs)


@pytest.mark.parametrize(("model", "device", "said"), [("cnn", "cpu", "'cnn' is not known"), ("rnn", "gpu", "'gpu'")])
def test_unknown_models_and_devices_are_refused_before_anything_is_written(tmp_path, model, device, said):
    with pytest.raises(OptionError, match=said):
        settle(tmp_path, model, SIZE, 300, device)
    assert not list(tmp_path.iterdir())


def test_arithmetic_is_that_of_the_products_of_a_step():
    shape = Architecture(100, d_model=32, n_heads=2, n_encoder_layers=2, n_decoder_layers=2, d_ff=128, dropout=0.0)
    model, rows = Transformer(shape), [list(range(10, 26))] * 8
    batch = collate(rows, rows, multiple=1)
    counted = []

    def count(layer, inputs, output):
        counted.append(6 * output.numel() * layer.in_features)

    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.register_forward_hook(count)
    memory = model.encode(batch.source)
    model.logits(model.decode(batch.target, memory))
    # The keys and values of the source are the decoder's weights that source tokens meet, so halves are not exact.
    assert flops_per_token(model) * batch.n_tokens == pytest.approx(sum(counted), rel=0.1)


def test_recurrent_weights_count_too():
    model = RNN(RNNArchitecture(10, d_model=4, n_layers=1))
    assert flops_per_token(model) == 3 * (2 * (3 * 4 * 4 + 3 * 4 * 4) + 4 * 10)


def test_the_objective_smooths_as_the_size_says(tmp_path):
    assert settle(tmp_path, "rnn", replace(SIZE, smoothing=0.25), 300, "cpu").objective.smoothing == 0.25


def test_the_peak_is_what_no_product_exceeds_by_much():
    peak = peak_flops(choose("cpu"))
    assert 1e8 < peak < 1e15
