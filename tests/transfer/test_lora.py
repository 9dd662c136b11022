"""A corrected layer begins as it was, learns in its correction alone, and is merged into what it is with it."""

import pytest
import torch
from torch import nn

from heedful.errors import OptionError
from heedful.transfer.lora import Corrected, attach, corrections, merge

X = torch.linspace(-1, 1, 30).view(5, 6)


def model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))


def learned(net):
    """The same after some learning."""
    optimizer = torch.optim.SGD([each for each in net.parameters() if each.requires_grad], lr=0.02)
    for _ in range(5):
        optimizer.zero_grad()
        net(X).square().sum().backward()
        optimizer.step()
    return net


def test_at_first_nothing_changes():
    net, plain = model(), model()
    assert attach(net, lambda name: name == "2", 2, 4.0) == ["2"]
    assert torch.equal(net(X), plain(X))


def test_only_the_correction_learns():
    net, plain = model(), model()
    attach(net, lambda name: True, 2, 4.0)
    learned(net)
    assert {name for name, each in net.named_parameters() if each.requires_grad} == {
        "0.down", "0.up", "2.down", "2.up",
    }  # fmt: skip
    assert torch.equal(net[0].linear.weight, plain[0].weight)
    assert not torch.allclose(net(X), plain(X))


def test_merged_it_is_the_same_model_in_its_old_form():
    net = model()
    attach(net, lambda name: True, 2, 4.0)
    before = learned(net)(X)
    correction = net[0].scale * net[0].up @ net[0].down
    weight = net[0].linear.weight.clone()
    merge(net)
    assert not list(corrections(net))
    assert isinstance(net[0], nn.Linear)
    torch.testing.assert_close(net(X), before, atol=1e-5, rtol=0)
    torch.testing.assert_close(net[0].weight, weight + correction)
    assert net.state_dict().keys() == model().state_dict().keys()
    assert all(each.requires_grad for each in net.parameters())


def test_what_makes_no_sense_is_refused():
    with pytest.raises(OptionError, match="rank of a correction must be 1 or more: got 0"):
        attach(model(), lambda name: True, 0, 1.0)
    with pytest.raises(OptionError, match="no layer of the model is named"):
        attach(model(), lambda name: False, 2, 1.0)


def test_a_corrected_layer_starts_with_a_correction_of_zero():
    layer = Corrected(nn.Linear(6, 8), 2, 4.0)
    assert layer.scale == 2.0
    assert layer.up.abs().sum() == 0
    assert layer.down.abs().sum() > 0
