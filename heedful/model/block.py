"""One layer: attention, attention to the memory, feed-forward, each in a residual connection (section 3.1)."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture
from heedful.model.attention import Attention
from heedful.model.dropout import Dropout
from heedful.model.feedforward import FeedForward
from heedful.model.norm import make_norm
from heedful.model.positions import Rotation


class Cache(Protocol):
    """Keys and values of earlier steps."""

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Add the new ones and return all."""
        ...


class Residual(nn.Module):
    """x + sublayer(x), with the norm before the sublayer ("pre") or after the sum ("post", as in the paper)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.norm = make_norm(architecture)
        self.dropout = Dropout(architecture.dropout)
        self.pre = architecture.order == "pre"

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """Add what the sublayer makes of x.

        Args:
            x: (B, T, D).
            sublayer: of one tensor (B, T, D) to the same shape.
        Returns:
            (B, T, D).
        """
        if self.pre:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))


class Block(nn.Module):
    """A layer of the encoder, or of the decoder when it also looks at a memory."""

    def __init__(self, architecture: Architecture, *, causal: bool, cross: bool) -> None:
        super().__init__()
        self.causal = causal
        self.window = architecture.window
        self.attention = Attention(architecture)
        self.attention_residual = Residual(architecture)
        self.cross = Attention(architecture) if cross else None
        self.cross_residual = Residual(architecture) if cross else None
        self.feed_forward = FeedForward(architecture)
        self.feed_forward_residual = Residual(architecture)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        rotation: Rotation | None,
        cache: Cache | None = None,
        recalled: Tensor | None = None,
        memory_mask: Tensor | None = None,
        bias: Tensor | None = None,
    ) -> Tensor:
        """One layer.

        Args:
            x: (B, T, D).
            mask: of self-attention, as for `attend`; with a cache it says all, causality and window included.
            rotation: of the positions of x, or None.
            cache: keys and values of earlier steps; None reads whole sequences.
            recalled: (2, B, G, S, K), what `recall` made of the memory.
            memory_mask: (B, 1, 1, S) bool.
            bias: of self-attention, as for `attend`.
        Returns:
            (B, T, D).
        """

        def look_around(x: Tensor) -> Tensor:
            key, value = self.attention.keys_values(x, rotation)
            if cache is None:
                return self.attention(
                    x, key, value, mask=mask, bias=bias, causal=self.causal, window=self.window, rotation=rotation
                )
            return self.attention(x, *cache.append(key, value), mask=mask, bias=bias, rotation=rotation)

        def look_back(x: Tensor) -> Tensor:
            assert self.cross is not None
            assert recalled is not None, "a decoder that reads a source needs its memory"
            key, value = recalled
            return self.cross(x, key, value, mask=memory_mask)

        x = self.attention_residual(x, look_around)
        if self.cross_residual is not None:
            x = self.cross_residual(x, look_back)
        return self.feed_forward_residual(x, self.feed_forward)

    def recall(self, memory: Tensor) -> Tensor:
        """Keys and values of the memory, which are the same at every step.

        Args:
            memory: (B, S, D).
        Returns:
            (2, B, G, S, K).
        """
        assert self.cross is not None, "a layer without attention to a memory"
        return torch.stack(self.cross.keys_values(memory))
