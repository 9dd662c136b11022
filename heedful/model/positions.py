"""Where a token stands: added to its embedding (sinusoidal, learned), or turned into queries and keys (rotary)."""

import torch
from torch import Tensor, nn

from heedful.architecture import Positions, Stretch

Rotation = tuple[Tensor, Tensor]


def sinusoids(max_len: int, d_model: int) -> Tensor:
    """The fixed position vectors of section 3.5: PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i+1) its cosine.

    Returns:
        (max_len, d_model) float32, sines and cosines interleaved as in the paper.
    """
    position = torch.arange(max_len, dtype=torch.float64)[:, None]
    rate = 10000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    table = torch.empty(max_len, d_model, dtype=torch.float64)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate[: d_model // 2])
    return table.float()


class AddedPositions(nn.Module):
    """A table of position vectors to be added to embeddings: fixed sinusoids, learned ones, or none at all."""

    table: Tensor | None

    def __init__(self, kind: Positions, max_len: int, d_model: int) -> None:
        super().__init__()
        if kind == "sinusoidal":
            self.register_buffer("table", sinusoids(max_len, d_model), persistent=False)
        elif kind == "learned":
            self.table = nn.Parameter(torch.empty(max_len, d_model))
        else:
            self.table = None

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Add to each row of x the vector of its position.

        Args:
            x: (B, T, D).
            positions: (B, T) or (1, T) int64.
        Returns:
            (B, T, D).
        """
        return x if self.table is None else x + self.table[positions].to(x.dtype)


def rotary_rates(d_head: int, base: float = 10000.0, stretch: Stretch | None = None) -> Tensor:
    """By how much each pair of axes is turned from one position to the next.

    Args:
        d_head: width of a head, K.
        base: of the wavelengths.
        stretch: makes the long ones longer.
    Returns:
        (K/2,) float64, radians.
    """
    rates: Tensor = base ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
    if stretch is None:
        return rates
    turns = stretch.trained * rates / (2 * torch.pi)
    kept = ((turns - stretch.low) / (stretch.high - stretch.low)).clamp(0, 1)
    return rates * (kept + (1 - kept) / stretch.factor)


class RotaryPositions(nn.Module):
    """The turns of rotary positions, arXiv:2104.09864, section 3.2.2; nothing for any other kind.

    Args:
        kind: of positions.
        max_len: positions.
        rates: (K/2,), from `rotary_rates`.

    Cosines and sines are kept, not angles: a model cast to bfloat16 would round an angle of 1001 radians to 1000.
    """

    cos: Tensor | None
    sin: Tensor | None

    def __init__(self, kind: Positions, max_len: int, rates: Tensor) -> None:
        super().__init__()
        cos = sin = None
        if kind == "rotary":
            angle = torch.outer(torch.arange(max_len, dtype=torch.float64), rates)
            cos, sin = angle.cos().float(), angle.sin().float()
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, positions: Tensor, dtype: torch.dtype) -> Rotation | None:
        """Cosines and sines, each (B, 1, T, K/2), for `rotate`.

        Args:
            positions: (B, T) or (1, T) int64.
            dtype: of the result.
        """
        if self.cos is None or self.sin is None:
            return None
        return self.cos[positions][:, None].to(dtype), self.sin[positions][:, None].to(dtype)


def rotate(x: Tensor, rotation: Rotation | None) -> Tensor:
    """Turn each pair (x[i], x[i + K/2]) by the angle of its position.

    Args:
        x: (B, H, T, K).
        rotation: from `RotaryPositions`; None leaves x as it is.
    Returns:
        (B, H, T, K).
    """
    if rotation is None:
        return x
    cos, sin = rotation
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)
