"""Attention as section 3.2.1 says it, one query and one key at a time."""

import math

import torch
from torch import Tensor


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    scale: float | None = None,
) -> Tensor:
    """What `heedful.model.attention.attend` gives; NaN for a query that may see nothing."""
    batch, n_heads, length, width = query.shape
    groups, n_keys = key.shape[1], key.shape[2]
    queries, keys = query.tolist(), key.tolist()
    result = torch.full_like(query, math.nan)
    for b in range(batch):
        for h in range(n_heads):
            g = h // (n_heads // groups)
            for t in range(length):
                scores = {}
                for s in range(n_keys):
                    if mask is not None and not mask[b, 0, 0 if mask.shape[2] == 1 else t, s]:
                        continue
                    if (causal and s > t) or (window is not None and abs(s - t) > window):
                        continue
                    score = sum(x * y for x, y in zip(queries[b][h][t], keys[b][g][s], strict=True))
                    score *= 1 / math.sqrt(width) if scale is None else scale
                    scores[s] = score + (0.0 if bias is None else float(bias[0, h, t, s]))
                if scores:
                    top = max(scores.values())
                    weights = {s: math.exp(score - top) for s, score in scores.items()}
                    total = sum(weights.values())
                    result[b, h, t] = sum(weight / total * value[b, g, s] for s, weight in weights.items())
    return result
