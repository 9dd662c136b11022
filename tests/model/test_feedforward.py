import math

import pytest
import torch
from torch import nn

from heedful.architecture import Architecture
from heedful.model.feedforward import FeedForward, relu2, swiglu


def gelu(z):
    return z * 0.5 * (1 + math.erf(z / math.sqrt(2)))


def gelu_tanh(z):
    return 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))


def silu(z):
    return z / (1 + math.exp(-z))


BENT = {
    "gelu_tanh": gelu_tanh,
    "silu": silu,
    "relu": lambda z: max(0.0, z),
    "relu2": lambda z: max(0.0, z) ** 2,
    "gelu": gelu,
}


def network(activation, bias=True):
    made = FeedForward(Architecture(10, d_model=4, n_heads=1, d_ff=3, activation=activation, bias=bias)).double()
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


@pytest.mark.parametrize("activation", list(BENT))
def test_equation_2_number_by_number(activation):
    made = network(activation)
    x = torch.randn(1, 2, 4, dtype=torch.float64)
    found = made(x)
    for t in range(2):
        inner = [
            BENT[activation](sum(made.widen.weight[f, i].item() * x[0, t, i].item() for i in range(4)) + b)
            for f, b in enumerate(made.widen.bias.tolist())
        ]
        for d, b in enumerate(made.narrow.bias.tolist()):
            expected = sum(made.narrow.weight[d, f].item() * inner[f] for f in range(3)) + b
            assert found[0, t, d].item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("activation", "opening"), [("swiglu", silu), ("geglu_tanh", gelu_tanh)])
def test_a_gate_is_half_of_the_width(activation, opening):
    made = network(activation, bias=False)
    assert made.widen.out_features == 6
    x = torch.randn(1, 2, 4, dtype=torch.float64)
    gate, value = made.widen.weight[:3], made.widen.weight[3:]
    opened = (x @ gate.mT).detach().apply_(opening)
    torch.testing.assert_close(made(x), opened * (x @ value.mT) @ made.narrow.weight.mT)


def test_by_hand():
    assert relu2(torch.tensor([-3.0, 0.0, 3.0])).tolist() == [0, 0, 9]
    assert swiglu(torch.tensor([0.0, 1e4, 5.0, 2.0])).tolist() == [0, 2e4]


def test_every_position_by_itself():
    made, x = network("relu"), torch.randn(2, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(made(x)[:, 3:4], made(x[:, 3:4]))
