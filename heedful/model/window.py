"""Attention to neighbours at linear cost: blocks of queries, each with the keys that any of them may see.

A block has as many queries as the window is wide, so its keys are its own, those of the block before it, and, unless
attention is causal, those of the block after it. All blocks together are one batch of ordinary attention.

Source:
    arXiv:2004.05150, section 3.1.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from heedful.model.masks import near
from heedful.numerics import RETURNED_BYTES

# Of the attention weights computed at once on a CPU.
WEIGHT_BYTES = RETURNED_BYTES // 2


def cut(query: Tensor, window: int) -> Tensor:
    """Queries in blocks, the last one filled up with zeros: (B, H, T, K) -> (B * blocks, H, window, K)."""
    missing = -query.shape[2] % window
    # Padding copies, even by nothing.
    whole = functional.pad(query, (0, 0, 0, missing)) if missing else query
    return whole.unflatten(2, (-1, window)).transpose(1, 2).flatten(0, 1)


def is_large(query: Tensor, n_keys: int) -> bool:
    """Whether the weights of several rows take so much memory that the rows are better computed apart: on a CPU.

    Args:
        query: (B, H, T, K).
        n_keys: S.
    """
    n_bytes = query.shape[1] * query.shape[2] * n_keys * query.element_size()
    return query.device.type == "cpu" and len(query) > 1 and len(query) * n_bytes > RETURNED_BYTES


def pieces(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The blocks, on a CPU so many at a time that their weights stay below RETURNED_BYTES.

    More than that is taken anew from the system at every step, page by page: a token of a sequence of 8,192 then cost
    twice as much as one of 1,024.

    Args:
        query: (N, H, T, K), of N blocks.
        key: (N, G, S, K).
        value: (N, G, S, K).
        mask: (N, 1, T, S), or (N, 1, 1, S) where all queries see alike.
    """
    n_bytes = query.shape[1] * query.shape[2] * key.shape[2] * query.element_size()
    n_blocks = max(1, WEIGHT_BYTES // n_bytes) if query.device.type == "cpu" else len(query)
    return zip(*(each.split(n_blocks) for each in (query, key, value, mask)), strict=True)


def join(blocks: Tensor, length: int) -> Tensor:
    """The inverse of `cut` for queries of this length: (B * blocks, H, window, K) -> (B, H, T, K)."""
    n_blocks = -(-length // blocks.shape[2])
    return blocks.unflatten(0, (-1, n_blocks)).transpose(1, 2).flatten(2, 3)[:, :, :length]


def around(key: Tensor, window: int, causal: bool) -> Tensor:
    """Keys (or values) for each block of queries: (B, G, S, K) -> (B * blocks, G, 2 or 3 * window, K)."""
    after = 0 if causal else window
    missing = -key.shape[2] % window
    wide = functional.pad(key, (0, 0, window, missing + after))
    return wide.unfold(2, 2 * window + after, window).permute(0, 2, 1, 4, 3).flatten(0, 1)


def allowed(mask: Tensor, window: int, causal: bool) -> Tensor:
    """Who may look at whom inside the blocks: (B, 1, 1, S) -> (B * blocks, 1, window, 2 or 3 * window)."""
    real = around(mask.mT, window, causal).mT
    # The first key of a block stands one window before its first query.
    key_index = torch.arange(real.shape[-1], device=mask.device) - window
    distance = torch.arange(window, device=mask.device)[:, None] - key_index
    return real & near(distance, causal, window)
