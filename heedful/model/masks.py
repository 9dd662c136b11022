"""Who may look at whom; True means may."""

import torch
from torch import Tensor

from heedful.interface import Source


def visible(source: Source) -> Tensor:
    """The mask of self-attention over a batch, apart from causality.

    Args:
        source: mask (B, S); documents None or of the same shape.
    Returns:
        (B, 1, 1, S), or (B, 1, S, S) when documents are packed.
    """
    keys = source.mask[:, None, None, :]
    if source.documents is None:
        return keys
    same = source.documents[:, None, :, None] == source.documents[:, None, None, :]
    return keys & same


def near(distance: Tensor, causal: bool, window: int | None) -> Tensor:
    """Whether a query may see a key that stands so many positions before it (negative: behind it).

    Args:
        distance: (T, S) int64.
        causal: not those behind it.
        window: not those further away than this.
    Returns:
        (T, S).
    """
    seen = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    return seen if window is None else seen & (distance.abs() <= window)


def narrow(mask: Tensor | None, causal: bool, window: int | None, query: Tensor) -> Tensor | None:
    """A mask with causality and window added to it; None allows all.

    Args:
        mask: (B, 1, 1, S) or (B, 1, T, S).
        causal: as for `near`.
        window: as for `near`.
        query: (B, H, T, K), for its length and device.
    Returns:
        (B, 1, 1, S) or (B, 1, T, S) or (1, 1, T, S).
    """
    if not causal and window is None:
        return mask
    index = torch.arange(query.shape[2], device=query.device)
    seen = near(index[:, None] - index, causal, window)[None, None]
    return seen if mask is None else seen & mask
