"""Tokens to vectors, section 3.4, and their positions, section 3.5."""

from torch import Tensor, nn

from heedful.architecture import Architecture, Positions
from heedful.model.dropout import Dropout
from heedful.model.positions import AddedPositions


class Embedding(nn.Module):
    """Token vectors, scaled by sqrt(d_model) where the architecture says so, plus position vectors."""

    def __init__(self, architecture: Architecture, positions: Positions) -> None:
        super().__init__()
        self.tokens = nn.Embedding(architecture.vocab_size, architecture.d_model)
        self.scale = architecture.d_model**0.5 if architecture.scale_embeddings else 1.0
        self.added = AddedPositions(positions, architecture.max_len, architecture.d_model)
        self.dropout = Dropout(architecture.dropout)

    def forward(self, values: Tensor, positions: Tensor) -> Tensor:
        """Embed.

        Args:
            values: (B, T) int64 ids, or (B, T, D) vectors that take the place of token embeddings.
            positions: (B, T) or (1, T) int64.
        Returns:
            (B, T, D).
        """
        x = values if values.is_floating_point() else self.tokens(values)
        return self.dropout(self.added(x * self.scale, positions))
