"""From rows of logits to the few best tokens and their log-probabilities, in as few passes over the rows as possible.

Ties go to the lowest index, on every device: bf16 logits tie often, and an order that depends on a sorting algorithm
would not be the same everywhere.
"""

import torch
from torch import Tensor

# Tokens whose maximum is found together. The best k groups hold the best k tokens, so that only they are looked into.
_GROUP = 64
# Logits brought to float32 at a time on a CPU: 2 MB, which stay in a core's own cache from pass to pass.
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
    # the index goes underneath. Adding zero makes -0.0 the equal of 0.0.
    bits = (values.nan_to_num(torch.inf, torch.inf, -torch.inf) + 0.0).view(torch.int32)
    bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    last = values.shape[-1] - 1
    keys = (bits.long() << 32) | torch.arange(last, -1, -1, device=values.device)
    index = last - (keys.topk(k, dim=-1).values & 0xFFFFFFFF)
    return values.gather(-1, index), index


def normaliser(logits: Tensor) -> Tensor:
    """What to subtract from logits to have log-probabilities.

    Args:
        logits: (R, V).
    Returns:
        (R,) float32.
    """
    return _survey(logits, grouped=False)[0]


def best_tokens(logits: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k likeliest tokens of each row, best first; of equal ones the lowest.

    Args:
        logits: (R, V), any float type.
        k: at most V.
    Returns:
        log-probabilities (R, k) float32, tokens (R, k) int64, and the normaliser (R,) float32.
    """
    size = logits.shape[1]
    if size <= _GROUP * k:
        norm, _ = _survey(logits, grouped=False)
        values, tokens = largest(logits.float(), k)
        return values - norm[:, None], tokens, norm
    norm, tops = _survey(logits, grouped=True)
    # A group left out is behind k others: each of them holds a token that is larger, or equal and lower.
    groups = largest(tops, k)[1].sort(dim=-1).values
    candidates = (groups[:, :, None] * _GROUP + torch.arange(_GROUP, device=logits.device)).flatten(1)
    values = logits.gather(1, candidates.clamp(max=size - 1)).float()
    if size % _GROUP:
        values.masked_fill_(candidates >= size, -torch.inf)
    values, index = largest(values, k)
    return values - norm[:, None], candidates.gather(1, index), norm


def _survey(logits: Tensor, grouped: bool) -> tuple[Tensor, Tensor]:
    """Each row's normaliser (R,), and the largest logit of each group of its tokens (R, V / _GROUP)."""
    rows, size = logits.shape
    padded = -(-size // _GROUP) * _GROUP
    step = max(1, _BLOCK // padded) if logits.device.type == "cpu" else rows
    block = logits.new_full((min(step, rows), padded), -torch.inf, dtype=torch.float32)
    norm = logits.new_empty(rows, dtype=torch.float32)
    tops = logits.new_empty((rows, padded // _GROUP if grouped else 0), dtype=torch.float32)
    for start in range(0, rows, step):
        part = block[: min(step, rows - start)]
        part[:, :size].copy_(logits[start : start + step])
        # At a row's maximum log_softmax is minus the logarithm of the sum of exponentials; on a CPU it is 1.5 times as
        # fast as logsumexp, and unlike it the same for a row alone as among others.
        norm[start : start + step] = part.amax(1) - part.log_softmax(1).amax(1)
        if grouped:
            tops[start : start + step] = part.view(len(part), -1, _GROUP).amax(2)
    return norm, tops
