"""The position-wise feed-forward network, section 3.3."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from heedful.architecture import GATED, Activation, Architecture


def relu2(x: Tensor) -> Tensor:
    """The square of the positive part, arXiv:2109.08668.

    Args:
        x: (..., F).
    Returns:
        (..., F).
    """
    return functional.relu(x).square()


def gelu_tanh(x: Tensor) -> Tensor:
    """GELU as its authors approximate it, arXiv:1606.08415, section 2.

    Args:
        x: (..., F).
    Returns:
        (..., F).
    """
    return functional.gelu(x, approximate="tanh")


def gated(opening: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A function of (..., 2*F), gate first, to (..., F): one half opens the gate for the other, arXiv:2002.05202.

    Args:
        opening: of the gate.
    """

    def through(x: Tensor) -> Tensor:
        gate, value = x.chunk(2, dim=-1)
        return opening(gate) * value

    return through


swiglu = gated(functional.silu)

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "relu2": relu2,
    "swiglu": swiglu,
    "gelu_tanh": gelu_tanh,
    "silu": functional.silu,
    "geglu_tanh": gated(gelu_tanh),
}


class FeedForward(nn.Module):
    """Widen, bend, narrow: max(0, x W1 + b1) W2 + b2, equation (2), or one of its descendants."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        shape = architecture
        self.activation = ACTIVATIONS[shape.activation]
        self.n_parts = 2 if shape.activation in GATED else 1
        self.widen = nn.Linear(shape.d_model, self.n_parts * shape.d_ff, bias=shape.bias)
        self.narrow = nn.Linear(shape.d_ff, shape.d_model, bias=shape.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The same function of every position by itself.

        Args:
            x: (B, T, D).
        Returns:
            (B, T, D).
        """
        return self.narrow(self.activation(self.widen(x)))
