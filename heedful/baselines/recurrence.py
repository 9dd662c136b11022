"""Recurrent layers, LSTM or GRU, whose state is one tensor: what they remember of a row, side by side."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Cell = Literal["lstm", "gru"]
_LAYERS: dict[Cell, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


def n_parts(cell: Cell) -> int:
    """Vectors of width D that a cell remembers: an LSTM its output and its memory cell, a GRU its output."""
    return 2 if cell == "lstm" else 1


class Recurrence(nn.Module):
    """Layers that read one token after the other.

    Args:
        cell: "lstm" (Hochreiter and Schmidhuber 1997, with the forget gate of 2000) or "gru" (arXiv:1406.1078).
        d_input: width of what is read.
        d_model: width of the outputs; in both directions together, where there are two.
        n_layers: one above the other.
        dropout: probability, between layers.
        bidirectional: half of the width reads from the end.
    """

    def __init__(
        self, cell: Cell, d_input: int, d_model: int, n_layers: int, dropout: float, bidirectional: bool = False
    ) -> None:
        super().__init__()
        self.n_directions = 2 if bidirectional else 1
        self.n_parts = n_parts(cell)
        self.layers = _LAYERS[cell](
            d_input,
            d_model // self.n_directions,
            n_layers,
            batch_first=True,
            dropout=dropout if n_layers > 1 else 0.0,
            bidirectional=bidirectional,
        )

    def read(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read whole rows, each up to its own last token, from a state of zeros.

        Args:
            x: (B, S, D).
            mask: (B, S) bool.
        Returns:
            (B, S, D), zero behind the last token; and the last state (B, L, P), P = D for a GRU and 2D for an LSTM.
        """
        # The lengths must lie on the host.
        packed = pack_padded_sequence(x, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        outputs, last = self.layers(packed)
        values, _ = pad_packed_sequence(outputs, batch_first=True, total_length=mask.shape[1])
        return values, self._joined(last)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Read on; for layers of one direction.

        Args:
            x: (B, T, D).
            state: (B, L, P).
        Returns:
            (B, T, D) and the new state (B, L, P).
        """
        parts = tuple(part.transpose(0, 1).contiguous() for part in state.chunk(self.n_parts, dim=-1))
        outputs, last = self.layers(x, parts if self.n_parts > 1 else parts[0])
        return outputs, self._joined(last)

    def _joined(self, last: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Torch's (L * directions, B, D / directions), a pair of them for an LSTM, as one (B, L, P)."""
        parts = last if isinstance(last, tuple) else (last,)
        rows = [part.unflatten(0, (-1, self.n_directions)).permute(2, 0, 1, 3).flatten(2) for part in parts]
        return torch.cat(rows, dim=-1)
