"""Scaled dot-product attention and its many heads."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from heedful.architecture import Architecture
from heedful.errors import ShapeError
from heedful.model.positions import Rotation, rotate
from heedful.numerics import plain_attention_wins

Watch = Callable[[Tensor], Tensor]


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
    dropout: float = 0.0,
    watch: Watch | None = None,
) -> Tensor:
    """Average the values, weighted by how well each key matches the query. The only place that chooses a kernel.

    Args:
        query: (B, H, T, K), not yet scaled.
        key: (B, G, S, K); H is a multiple of G.
        value: (B, G, S, K).
        mask: (B, 1, 1, S) or (B, 1, T, S) bool, True where attention is allowed; None allows all. A query that may
            see nothing averages all values.
        bias: (1, H, T, S), added to the scores (relative positions, ALiBi).
        causal: no key later than its query; needs T = S.
        window: keys no further than this many positions, at linear cost; needs T = S.
        scale: factor of the scores; None is 1/sqrt(K).
        dropout: probability in [0, 1) of dropping a weight.
        watch: is given the weights (B, H, T, S) and returns those to use; takes the explicit path.
    Returns:
        (B, H, T, K) in the dtype of `query`.
    Raises:
        ShapeError: H is not a multiple of G; or T and S differ where they must not.
    Source:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1; grouped heads: arXiv:2305.13245; window:
        arXiv:2004.05150, section 3.1.
    """
    n_heads, length, groups, n_keys = query.shape[1], query.shape[2], key.shape[1], key.shape[2]
    if n_heads % groups:
        raise ShapeError(f"query heads must be a multiple of key heads: got {n_heads} and {groups}")
    if (causal or window is not None) and length != n_keys:
        raise ShapeError(f"causal and windowed attention need as many keys as queries: got {n_keys} and {length}")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    if window is not None and length > 2 * window and bias is None and watch is None:
        return _banded(query, key, value, mask, causal, window, scale, dropout)
    allowed = _combine(mask, causal, window, length, query.device)
    if watch is None and bias is None and not plain_attention_wins(query, n_keys):
        if allowed is not None and allowed.shape[2] == 1:
            allowed = allowed.expand(-1, -1, length, -1)
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed, dropout_p=dropout, scale=scale, enable_gqa=n_heads != groups
        )
    weights = attention_weights(query, key, mask=allowed, bias=bias, scale=scale)
    weights = functional.dropout(weights, dropout) if dropout else weights
    weights = weights if watch is None else watch(weights)
    mixed = weights.view(-1, groups, n_heads // groups * length, n_keys) @ value
    return mixed.view(query.shape)


def attention_weights(query: Tensor, key: Tensor, *, mask: Tensor | None, bias: Tensor | None, scale: float) -> Tensor:
    """The weights themselves: softmax of scale * query key^T, equation (1) of the paper.

    Args:
        query: (B, H, T, K).
        key: (B, G, S, K).
        mask: (B, 1, 1, S) or (B, 1, T, S) or (1, 1, T, S) bool.
        bias: (1, H, T, S).
        scale: factor of the scores.
    Returns:
        (B, H, T, S), each row adding up to 1.
    """
    batch, n_heads, length, width = query.shape
    groups, n_keys = key.shape[1], key.shape[2]
    # Heads of one group share its keys, so they are more queries of the same product.
    folded = (query * scale).reshape(batch, groups, n_heads // groups * length, width)
    scores = (folded @ key.mT).view(batch, n_heads, length, n_keys)
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        # The lowest finite number, not -inf: a row with nothing to see must not become NaN.
        scores = scores.masked_fill_(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(-1)


def _combine(mask: Tensor | None, causal: bool, window: int | None, length: int, device: torch.device) -> Tensor | None:
    """One mask out of three, (1 or B, 1, 1 or T, S)."""
    if not causal and window is None:
        return mask
    index = torch.arange(length, device=device)
    distance = index[:, None] - index[None, :]
    near = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    if window is not None:
        near = near & (distance.abs() <= window)
    return near[None, None] if mask is None else near & mask


def _banded(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    causal: bool,
    window: int,
    scale: float,
    dropout: float,
) -> Tensor:
    """Windowed attention in blocks of `window` queries, each against its own block of keys and the neighbours."""
    batch, n_heads, length, width = query.shape
    n_blocks = -(-length // window)
    after = 0 if causal else window
    allowed = torch.ones(batch, 1, 1, length, dtype=torch.bool, device=query.device) if mask is None else mask
    if allowed.shape[2] != 1:
        raise ShapeError("windowed attention takes a mask over keys (B, 1, 1, S): got one over queries and keys")
    padding = n_blocks * window - length

    def around(tensor: Tensor) -> Tensor:
        """(B, G, S, K) -> (B, n_blocks, G, window + window + after, K)."""
        wide = functional.pad(tensor, (0, 0, window, padding + after))
        return wide.unfold(2, 2 * window + after, window).permute(0, 2, 1, 4, 3)

    blocks = functional.pad(query, (0, 0, 0, padding)).view(batch, n_heads, n_blocks, window, width).transpose(1, 2)
    offset = torch.arange(2 * window + after, device=query.device) - window
    distance = torch.arange(window, device=query.device)[:, None] - offset[None, :]
    near = distance >= 0 if causal else distance >= -window
    near = near & (distance <= window)
    seen = around(allowed.transpose(2, 3)).transpose(3, 4)
    result = attend(
        blocks.reshape(batch * n_blocks, n_heads, window, width),
        around(key).reshape(batch * n_blocks, key.shape[1], -1, width),
        around(value).reshape(batch * n_blocks, key.shape[1], -1, width),
        mask=(near & seen).reshape(batch * n_blocks, 1, window, -1),
        scale=scale,
        dropout=dropout,
    )
    joined = result.view(batch, n_blocks, n_heads, window, width).transpose(1, 2)
    return joined.reshape(batch, n_heads, n_blocks * window, width)[:, :, :length]


class Attention(nn.Module):
    """Several heads of attention, each in its own subspace (section 3.2.2).

    Keys and values are made by `keys_values` and handed to `forward`, so that the same few lines serve self-attention,
    cross-attention and cached decoding.

    Attributes:
        weights: an identity through which the weights pass when it has a forward hook.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        shape = architecture
        self.d_head = shape.d_head
        self.groups = shape.n_kv_heads or shape.n_heads
        self.query = nn.Linear(shape.d_model, shape.d_model, bias=shape.bias)
        self.key_value = nn.Linear(shape.d_model, 2 * self.groups * shape.d_head, bias=shape.bias)
        self.output = nn.Linear(shape.d_model, shape.d_model, bias=shape.bias)
        self.weights = nn.Identity()

    def keys_values(self, x: Tensor, rotation: Rotation | None = None) -> tuple[Tensor, Tensor]:
        """What others may look at.

        Args:
            x: (B, S, D).
            rotation: turns the keys by their positions.
        Returns:
            two tensors (B, G, S, K).
        """
        key, value = self.key_value(x).unflatten(-1, (2 * self.groups, self.d_head)).transpose(1, 2).chunk(2, dim=1)
        return rotate(key, rotation), value

    def forward(
        self,
        x: Tensor,
        key: Tensor,
        value: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        window: int | None = None,
        rotation: Rotation | None = None,
    ) -> Tensor:
        """Look from every position of x at the keys.

        Args:
            x: (B, T, D).
            key: (B, G, S, K).
            value: (B, G, S, K).
            mask: as for `attend`.
            causal: as for `attend`.
            window: as for `attend`.
            rotation: turns the queries by their positions.
        Returns:
            (B, T, D).
        """
        query = rotate(self.query(x).unflatten(-1, (-1, self.d_head)).transpose(1, 2), rotation)
        # Looking at the weights takes the slower, explicit path, so only when someone does.
        watch = self.weights if self.weights._forward_hooks else None
        mixed = attend(query, key, value, mask=mask, causal=causal, window=window, watch=watch)
        return self.output(mixed.transpose(1, 2).flatten(2))
