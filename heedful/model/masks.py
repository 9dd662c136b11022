"""Who may look at whom; True means may."""

import torch
from torch import Tensor

from heedful.interface import Source


def visible(source: Source) -> Tensor | None:
    """The mask of self-attention over a batch, apart from causality.

    Args:
        source: mask (B, S), documents (B, S) or None.
    Returns:
        (B, 1, 1, S), or (B, 1, S, S) when documents are packed.
    """
    keys = source.mask[:, None, None, :]
    if source.documents is None:
        return keys
    same = source.documents[:, None, :, None] == source.documents[:, None, None, :]
    return keys & same


def seen_so_far(positions: Tensor, n_keys: int, window: int | None) -> Tensor:
    """Which slots of a cache the new tokens may look at.

    Args:
        positions: (B, T) of the new tokens; slot s holds position s.
        n_keys: slots, those not yet written included.
        window: positions no further back than this; None sees all.
    Returns:
        (B, 1, T, S).
    """
    distance = positions[:, None, :, None] - torch.arange(n_keys, device=positions.device)
    seen = distance >= 0
    return seen if window is None else seen & (distance <= window)
