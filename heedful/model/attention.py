"""Scaled dot-product attention and its many heads."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from heedful.architecture import Architecture
from heedful.errors import ShapeError
from heedful.model import window as windows
from heedful.model.masks import narrow
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
            see nothing gets some finite mixture.
        bias: (1, H, T, S) or (B, H, T, S), added to the scores (relative positions, ALiBi).
        causal: no key later than its query; needs T = S.
        window: keys no further than this many positions; needs T = S. At linear cost, unless there is a bias, a
            watch or a mask over queries.
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
    simple = watch is None and bias is None
    if window is not None and simple and length > 2 * window and (mask is None or mask.shape[2] == 1):
        keys = query.new_ones(len(query), 1, 1, length, dtype=torch.bool) if mask is None else mask
        key, value = windows.around(key, window, causal), windows.around(value, window, causal)
        allowed = windows.allowed(keys.expand(len(query), -1, -1, -1), window, causal)
        parts = [
            attend(some, its_key, its_value, mask=its_mask, scale=scale, dropout=dropout)
            for some, its_key, its_value, its_mask in windows.pieces(windows.cut(query, window), key, value, allowed)
        ]
        return windows.join(torch.cat(parts), length)
    if simple and not plain_attention_wins(query):
        # A kernel that is told of causality skips what may not be seen; one that is shown a mask cannot.
        told = causal and window is None and mask is None
        shown = None if told else narrow(mask, causal, window, query)
        return _fused(query, key, value, mask=shown, causal=told, scale=scale, dropout=dropout)
    weights = attention_weights(query, key, mask=narrow(mask, causal, window, query), bias=bias, scale=scale)
    weights = functional.dropout(weights, dropout) if dropout else weights
    weights = weights if watch is None else watch(weights)
    mixed = weights.reshape(-1, groups, n_heads // groups * length, n_keys) @ value
    return mixed.view(query.shape)


def attention_weights(query: Tensor, key: Tensor, *, mask: Tensor | None, bias: Tensor | None, scale: float) -> Tensor:
    """The weights themselves: softmax of scale * query key^T, equation (1) of the paper.

    Args:
        query: (B, H, T, K).
        key: (B, G, S, K).
        mask: (B, 1, 1, S) or (B, 1, T, S) or (1, 1, T, S) bool.
        bias: (1, H, T, S) or (B, H, T, S).
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
        scores = scores + bias.to(scores.dtype)
    if mask is not None:
        # The lowest finite number, not -inf: a row with nothing to see must not become NaN.
        scores = scores.masked_fill_(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(-1)


def _fused(
    query: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None, causal: bool, scale: float, dropout: float
) -> Tensor:
    """The same in one kernel of torch's choice; of mask and causality one at most."""
    if mask is not None:
        # Kernels disagree, some with NaN, about a query that may see nothing: let it see everything.
        mask = (mask | ~mask.any(-1, keepdim=True)).expand(-1, -1, query.shape[2], -1)
        # With a mask and shared keys, CUDA may be left with its slowest kernel only.
        shared = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    grouped = query.shape[1] != key.shape[1]
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=causal, scale=scale, enable_gqa=grouped
    )


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
        self.scale = None if shape.scale_attention else 1.0
        self.query = nn.Linear(shape.d_model, shape.n_heads * shape.d_head, bias=shape.bias)
        self.key_value = nn.Linear(shape.d_model, 2 * self.groups * shape.d_head, bias=shape.bias)
        self.output = nn.Linear(shape.n_heads * shape.d_head, shape.d_model, bias=shape.bias)
        self.weights = nn.Identity()

    def keys_values(self, x: Tensor, rotation: Rotation | None = None) -> tuple[Tensor, Tensor]:
        """What others may look at.

        Args:
            x: (B, S, D).
            rotation: turns the keys by their positions.
        Returns:
            (B, G, S, K) and (B, G, S, K).
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
        bias: Tensor | None = None,
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
            bias: as for `attend`.
            causal: as for `attend`.
            window: as for `attend`.
            rotation: turns the queries by their positions.
        Returns:
            (B, T, D).
        """
        query = rotate(self.query(x).unflatten(-1, (-1, self.d_head)).transpose(1, 2), rotation)
        # Looking at the weights takes the slower, explicit path, so only when someone does.
        watch = self.weights if self.weights._forward_hooks else None
        mixed = attend(
            query, key, value, mask=mask, bias=bias, causal=causal, window=window, scale=self.scale, watch=watch
        )
        return self.output(mixed.transpose(1, 2).flatten(2))
