from dataclasses import replace

import pytest
import torch

from heedful.compression.prune import drop_layers, head_importance, layer_importance, layers_of, least_layers
from heedful.data.batch import collate
from heedful.data.tokenizer import EOS
from heedful.errors import OptionError
from heedful.model.transformer import Transformer
from heedful.training.objectives import TeacherForcing
from tests.contract.families import MODERN, SMALL

OBJECTIVE = TeacherForcing(0.0)
PAIRS = [([5, 6, 7, EOS], [8, 9]), ([6, EOS], [9, 5, 6, 7]), ([7, 7, EOS], [3])]


def batch(*pairs):
    return collate([source for source, _ in pairs], [target for _, target in pairs])


BATCHES = [batch(*PAIRS[:2]), batch(PAIRS[2])]


def made(shape):
    torch.manual_seed(3)
    return Transformer(shape).double().eval()


@pytest.fixture(params=[SMALL, MODERN], ids=["post", "pre"])
def model(request):
    return made(replace(request.param, n_encoder_layers=3))


def hidden(model):
    memory = model.encode(BATCHES[0].source)
    return model.logits(model.decode(BATCHES[0].target, memory))


def test_without_a_layer_its_input_is_its_output(model):
    """The slow and obvious way: the whole model, with the layer told to do nothing."""
    assert layers_of(model) == ["encoder.0", "encoder.1", "encoder.2", "decoder.0", "decoder.1"]
    smaller = drop_layers(model, ["encoder.1", "decoder.0"])
    assert (smaller.architecture.n_encoder_layers, smaller.architecture.n_decoder_layers) == (2, 1)
    assert smaller.architecture == replace(model.architecture, n_encoder_layers=2, n_decoder_layers=1)
    found = hidden(smaller)
    for block in (model.encoder.blocks[1], model.decoder.blocks[0]):
        block.forward = lambda x, *rest: x
    assert torch.equal(found, hidden(model))


def test_what_is_tied_stays_tied_and_the_original_stays_whole(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    smaller = drop_layers(model, ["decoder.1"])
    tied = smaller.output.weight is smaller.decoder.embedding.tokens.weight
    assert tied == (model.architecture.tie != "none")
    assert smaller.output.weight.dtype == torch.float64
    assert not smaller.training
    with torch.no_grad():
        smaller.output.weight.zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    same = drop_layers(model, [])
    assert torch.equal(hidden(same), hidden(model))


def test_layers_that_cannot_be_dropped(model):
    with pytest.raises(OptionError, match=r"there is no layer 'encoder\.3'; did you mean 'encoder\."):
        drop_layers(model, ["encoder.3"])
    with pytest.raises(OptionError, match="the decoder needs a layer: got all 2 to drop"):
        drop_layers(model, ["decoder.0", "decoder.1"])
    with pytest.raises(OptionError, match="of 5 layers 0 to 3 can be dropped: got 4"):
        least_layers(model, OBJECTIVE, BATCHES, 4)


def mean_loss(model):
    losses = [OBJECTIVE(model, batch(pair)) for pair in PAIRS]
    return (sum(loss.total for loss in losses) / sum(loss.count for loss in losses)).item()


def test_a_layer_is_worth_what_the_loss_rises_without_it(model):
    found = layer_importance(model, OBJECTIVE, BATCHES)
    assert list(found) == layers_of(model)
    for name, worth in found.items():
        assert worth == pytest.approx(mean_loss(drop_layers(model, [name])) - mean_loss(model), abs=1e-9)
    alone = layer_importance(drop_layers(model, ["decoder.0"]), OBJECTIVE, BATCHES)
    assert list(alone) == ["encoder.0", "encoder.1", "encoder.2"]


def test_the_least_go_first_and_the_others_are_weighed_anew(model):
    worth = layer_importance(model, OBJECTIVE, BATCHES)
    first, second, third = least_layers(model, OBJECTIVE, BATCHES, 3)
    assert first == min(worth, key=worth.get)
    # By trying every second one.
    left = [name for name in layers_of(model) if name != first]
    tried = {}
    for name in left:
        try:
            tried[name] = mean_loss(drop_layers(model, [first, name]))
        except OptionError:
            continue
    assert second == min(tried, key=tried.get)
    assert len({first, second, third}) == 3
    assert least_layers(model, OBJECTIVE, BATCHES, 0) == []


def test_a_layer_that_does_nothing_goes_first():
    model = made(replace(MODERN, n_encoder_layers=3))
    with torch.no_grad():
        for name, weight in model.encoder.blocks[1].named_parameters():
            if "output" in name:
                weight.zero_()
        model.encoder.blocks[1].feed_forward_residual.norm.weight.zero_()
    assert layer_importance(model, OBJECTIVE, BATCHES)["encoder.1"] == pytest.approx(0, abs=1e-12)


def test_a_head_is_worth_the_slope_of_its_gate(model):
    """By finite differences: the head's columns of the output projection, made a little larger and smaller."""
    found = head_importance(model, OBJECTIVE, BATCHES)
    assert len(found) == 3 + 2 * 2
    assert all(worth.shape == (4,) for worth in found.values())
    for name in ("encoder.blocks.1.attention", "decoder.blocks.0.cross"):
        weight, width = model.get_submodule(name).output.weight, model.architecture.d_head
        for head in range(4):
            columns = slice(head * width, (head + 1) * width)
            total = 0.0
            for pair in PAIRS:
                losses = []
                for gate in (1 + 1e-5, 1 - 1e-5):
                    kept = weight.detach().clone()
                    with torch.no_grad():
                        weight[:, columns] *= gate
                        losses.append(OBJECTIVE(model, batch(pair)).total.item())
                        weight.copy_(kept)
                total += abs(losses[0] - losses[1]) / 2e-5
            assert found[name][head].item() == pytest.approx(total / 3, rel=1e-5, abs=1e-8)


def test_weighing_leaves_no_trace(model):
    before = hidden(model)
    head_importance(model, OBJECTIVE, BATCHES)
    assert torch.equal(hidden(model), before)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_pre_hooks for module in model.modules())
