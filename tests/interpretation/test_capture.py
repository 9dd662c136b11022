"""Values are watched by the names of their places, for the length of a block, without a change to the model."""

import pytest
import torch
from torch import nn

from heedful.interpretation.capture import captured


def model() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.ModuleDict({"cross": nn.ModuleDict({"weights": nn.Linear(2, 2)}), "weights": nn.Linear(2, 2)})
    return nn.ModuleList([layers, nn.ModuleDict({"crossweights": nn.Linear(2, 2)})])


def run(modules: nn.Module, x: torch.Tensor) -> torch.Tensor:
    first, second = modules
    return second["crossweights"](first["weights"](first["cross"]["weights"](x)))


def test_only_whole_names_match():
    modules, x = model(), torch.randn(3, 2)
    with captured(modules, "cross.weights") as found:
        run(modules, x)
    assert list(found) == ["0.cross.weights"]
    (output,) = found["0.cross.weights"]
    assert torch.equal(output, modules[0]["cross"]["weights"](x))
    with captured(modules, "weights") as found:
        run(modules, x)
    assert list(found) == ["0.cross.weights", "0.weights"]


def test_every_output_is_kept_in_order_without_gradient():
    modules = model()
    with captured(modules, "crossweights") as found:
        expected = [run(modules, x) for x in (torch.zeros(1, 2), torch.ones(1, 2))]
    outputs = found["1.crossweights"]
    assert all(torch.equal(*pair) for pair in zip(outputs, expected, strict=True))
    assert not any(output.requires_grad for output in outputs)


def test_outside_the_block_nobody_watches():
    modules = model()
    with captured(modules, "weights") as found:
        pass
    run(modules, torch.zeros(1, 2))
    assert found == {}
    assert not any(module._forward_hooks for module in modules.modules())


def test_also_after_an_error():
    modules = model()
    with pytest.raises(RuntimeError), captured(modules, "weights"):
        run(modules, torch.zeros(1, 3))
    assert not any(module._forward_hooks for module in modules.modules())


def test_no_such_place_is_nothing():
    with captured(model(), "absent") as found:
        pass
    assert found == {}
