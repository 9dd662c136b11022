"""Tokens to vectors, section 3.4, and their positions, section 3.5."""

from torch import Tensor, nn

from heedful.architecture import Architecture, Positions
from heedful.errors import ShapeError
from heedful.model.dropout import Dropout
from heedful.model.norm import make_norm
from heedful.model.positions import AddedPositions


class Embedding(nn.Module):
    """Token vectors, scaled by sqrt(d_model) where the architecture says so, plus vectors of types and positions."""

    def __init__(self, architecture: Architecture, positions: Positions, n_kinds: int = 0) -> None:
        super().__init__()
        self.tokens = nn.Embedding(architecture.vocab_size, architecture.d_model)
        self.kinds = nn.Embedding(n_kinds, architecture.d_model) if n_kinds else None
        self.scale = architecture.d_model**0.5 if architecture.scale_embeddings else 1.0
        self.added = AddedPositions(positions, architecture.max_len, architecture.d_model)
        self.norm = make_norm(architecture) if architecture.norm_embeddings else nn.Identity()
        self.dropout = Dropout(architecture.dropout)

    def forward(self, values: Tensor, positions: Tensor, kinds: Tensor | None = None) -> Tensor:
        """Embed.

        Args:
            values: (B, T) int64 ids, or (B, T, D) vectors that take the place of token embeddings.
            positions: (B, T) or (1, T) int64.
            kinds: (B, T) int64 types of the tokens; None takes the first type.
        Returns:
            (B, T, D).
        Raises:
            ShapeError: types came where none are told apart.
        """
        x = values if values.is_floating_point() else self.tokens(values)
        x = x * self.scale
        if self.kinds is not None:
            x = x + (self.kinds.weight[0] if kinds is None else self.kinds(kinds)).to(x.dtype)
        elif kinds is not None:
            raise ShapeError("this model tells no types of tokens apart (n_kinds=0): leave kinds out")
        return self.dropout(self.norm(self.added(x, positions)))
