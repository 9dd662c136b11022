"""From rows of logits to the few best tokens and their log-probabilities, in as few passes over the rows as possible.

Ties go to the lowest index, on every device: bf16 logits tie often, and an order that depends on a sorting algorithm
would not be the same everywhere.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

# Tokens whose maximum is found together: the best k groups hold the best k tokens, so that only these are looked into.
_GROUP = 64
# Logits worked on at a time on a CPU: as float32 they take 2 MB and stay in a core's own cache from pass to pass.
_BLOCK = 1 << 19


def largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row, best first; of equal ones the lowest index. NaN counts as largest: it must be noticed.

    Args:
        values: (R, V) float32.
        k: at most V.
    Returns:
        values (R, k) and indices (R, k) int64.
    """
    # The bits of a float, read as an integer, order as the float does once those of negative ones are turned around;
    # the index goes underneath. (Only zeros stay apart: 0.0 is put before -0.0.)
    bits = values.nan_to_num(torch.inf, torch.inf, -torch.inf).view(torch.int32)
    keys = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).long()
    last = values.shape[-1] - 1
    keys.bitwise_left_shift_(32).bitwise_or_(torch.arange(last, -1, -1, device=values.device))
    index = last - (keys.topk(k, dim=-1).values & 0xFFFFFFFF)
    return values.gather(-1, index), index


def normaliser(logits: Tensor) -> Tensor:
    """What to subtract from logits to have log-probabilities.

    Args:
        logits: (R, V) float32.
    Returns:
        (R,) float32.
    """
    # At a row's maximum log_softmax is minus the logarithm of the sum of exponentials. On a CPU it is 1.5 times as fast
    # as logsumexp, and unlike it the same for a row alone as among others.
    return logits.amax(1) - logits.log_softmax(1).amax(1)


def best_tokens(logits: Tensor, k: int, banned: Sequence[int] = ()) -> tuple[Tensor, Tensor, Tensor]:
    """The k likeliest tokens of each row, best first; of equal ones the lowest.

    Args:
        logits: (R, V), any float type; left unchanged.
        k: at most V.
        banned: tokens that are not to be chosen; they come last, with -inf, where there are no others.
    Returns:
        log-probabilities (R, k) float32, tokens (R, k) int64, and the normaliser (R,) float32, banned tokens included.
    """
    rows, size = logits.shape
    padded = -(-size // _GROUP) * _GROUP
    step = max(1, _BLOCK // padded) if logits.device.type == "cpu" else rows
    block = logits.new_full((min(step, rows), padded), -torch.inf, dtype=torch.float32)
    found = []
    for start in range(0, rows, step):
        part = block[: min(step, rows - start)]
        part[:, :size].copy_(logits[start : start + step])
        norm = normaliser(part)
        for token in banned:
            part[:, token] = -torch.inf
        values, tokens = _best_of_block(part, k)
        found.append((values - norm[:, None], tokens, norm))
    if len(found) == 1:
        return found[0]
    values, tokens, norm = (torch.cat(parts) for parts in zip(*found, strict=True))
    return values, tokens, norm


def _best_of_block(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The same as `largest`, for long rows: values (R, V) float32, V a multiple of _GROUP."""
    rows, size = values.shape
    if size <= k * _GROUP or values.numel() <= 1 << 16:
        return largest(values, k)
    # A group left out is behind k others, each of which holds a token that is larger, or equal and lower.
    groups = largest(values.view(rows, -1, _GROUP).amax(2), k)[1].sort(dim=1).values
    candidates = (groups[:, :, None] * _GROUP + torch.arange(_GROUP, device=values.device)).flatten(1)
    best, index = largest(values.gather(1, candidates), k)
    return best, candidates.gather(1, index)
