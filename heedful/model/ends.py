"""Layers behind the last one: before words are guessed, and before a text is judged as a whole."""

from torch import Tensor, nn

from heedful.architecture import Architecture
from heedful.model.feedforward import ACTIVATIONS
from heedful.model.norm import make_norm


class Transform(nn.Module):
    """Dense, activation, norm: between the last layer and the product with the tied embeddings."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.d_model, architecture.d_model, bias=architecture.bias)
        self.activation = ACTIVATIONS[architecture.activation]
        self.norm = make_norm(architecture)

    def forward(self, x: Tensor) -> Tensor:
        """The same function of every position by itself.

        Args:
            x: (..., D).
        Returns:
            (..., D).
        """
        return self.norm(self.activation(self.dense(x)))


class Pooler(nn.Module):
    """One vector for a text: the tanh of a projection of its first position, arXiv:1810.04805."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.d_model, architecture.d_model, bias=architecture.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """Pool.

        Args:
            hidden: (B, S, D), what the encoder left.
        Returns:
            (B, D).
        """
        return self.dense(hidden[:, 0]).tanh()
