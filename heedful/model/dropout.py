"""Dropout that is cheap on every CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Dropout(nn.Module):
    """Drop entries with probability p while training, and scale up the others.

    On a CPU the decision is one random byte an entry, eight from each draw of the generator: torch's own bernoulli is
    vectorised for one vendor's processors only and took more time than the matrix products. p is rounded to a 256th,
    and the scale to the dtype of the entries, as torch does it: in bfloat16 it is up to 0.2% off.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop.

        Args:
            x: (..., D).
        Returns:
            (..., D).
        """
        if not self.training or self.p == 0:
            return x
        if x.device.type != "cpu":
            return functional.dropout(x, self.p)
        n_dropped = min(round(self.p * 256), 255)
        draws = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        keep = draws.view(torch.uint8)[: x.numel()].view(x.shape) >= n_dropped
        return x * (keep.to(x.dtype) * (256 / (256 - n_dropped)))

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"
