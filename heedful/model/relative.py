"""Positions as a learned number for each distance and head, added to the scores of attention."""

import math

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture


def bucket(distance: Tensor, n_buckets: int, farthest: int, causal: bool) -> Tensor:
    """Which distances share a number: near ones have their own, further ones ever wider ranges, of equal logarithms.

    Args:
        distance: (..., S) int64, position of the key minus that of the query.
        n_buckets: in all; half of them are for keys behind the query, unless they are never seen.
        farthest: from here on one bucket.
        causal: no key behind its query is seen.
    Returns:
        (..., S) int64 in [0, n_buckets).
    """
    first = torch.zeros_like(distance)
    if not causal:
        n_buckets //= 2
        first = (distance > 0) * n_buckets
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    n_near = n_buckets // 2
    # In float32, as where these models come from: a distance at the edge of a range must not change sides.
    growth = torch.log(distance.clamp(min=1).float() / n_near) / math.log(farthest / n_near)
    far = n_near + (growth * (n_buckets - n_near)).to(torch.int64)
    return first + torch.where(distance < n_near, distance, far.clamp(max=n_buckets - 1))


class RelativeBias(nn.Module):
    """The bias of self-attention in all layers of a stack, arXiv:1910.10683, section 2.1."""

    def __init__(self, architecture: Architecture, *, causal: bool) -> None:
        super().__init__()
        self.n_buckets, self.farthest = architecture.relative_buckets, architecture.relative_distance
        self.causal = causal
        self.table = nn.Embedding(self.n_buckets, architecture.n_heads)

    def forward(self, positions: Tensor, key_positions: Tensor) -> Tensor:
        """The number of every pair.

        Args:
            positions: (B, T) or (1, T) int64, of the queries.
            key_positions: (1, S) int64.
        Returns:
            (B, H, T, S) or (1, H, T, S).
        """
        distance = key_positions[:, None, :] - positions[:, :, None]
        return self.table(bucket(distance, self.n_buckets, self.farthest, self.causal)).permute(0, 3, 1, 2)
