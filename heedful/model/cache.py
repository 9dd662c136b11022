"""What the Transformer remembers while it writes: keys and values, its own per row, the memory's once per sentence."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from heedful.interface import State

# Room is made for this many tokens at a time. Lengths seen by the kernels are multiples of it, so that sums over keys are
# taken in the same order whatever else is in the batch, and a sentence's scores do not depend on its company.
BLOCK = 16


def round_up(length: int, multiple: int = BLOCK) -> int:
    """The next multiple."""
    return -(-length // multiple) * multiple


class TransformerState(State):
    """Of N sentences with W beams each.

    Args:
        width: W.
        max_len: room for this many tokens.
        own: an empty cache (2, N*W, G, 0, K) for each layer.
        recalled: keys and values (2, N, G, S, K) of the memory for each layer, or None.
        memory_mask: (N, 1, 1, S) bool, or None.
    """

    def __init__(
        self, width: int, max_len: int, own: list[Tensor], recalled: list[Tensor], memory_mask: Tensor | None
    ) -> None:
        self.width = width
        self.max_len = max_len
        self.own = own
        self.recalled = recalled
        self.memory_mask = memory_mask
        self.lengths = torch.zeros(own[0].shape[1] // width, dtype=torch.int64)
        self.positions = torch.empty(0)

    def advance(self, n_tokens: int) -> Tensor:
        """Make room for the next tokens of every row.

        Returns:
            their positions (N*W, n_tokens), on the device of the cache.
        """
        rows = self.lengths.repeat_interleave(self.width)
        self.positions = rows[:, None] + torch.arange(n_tokens)
        self.lengths = self.lengths + n_tokens
        room = round_up(int(self.lengths.max()))
        if room > self.own[0].shape[3]:
            self._make_room(room)
        return self.positions.to(self.own[0].device, non_blocking=True)

    def layer(self, index: int) -> "LayerCache":
        """The cache of one layer, for the tokens of the last `advance`."""
        return LayerCache(self.own[index], self.positions)

    def reorder(self, parents: Tensor) -> None:
        first = torch.arange(0, parents.numel(), self.width, device=parents.device)
        rows = (first[:, None] + parents).flatten()
        self.own = [cache.index_select(1, rows) for cache in self.own]

    def keep(self, sentences: Tensor) -> None:
        self.lengths = self.lengths[sentences]
        rows = (sentences[:, None] * self.width + torch.arange(self.width)).flatten()
        sentences, rows = sentences.to(self.own[0].device), rows.to(self.own[0].device)
        room = round_up(int(self.lengths.max())) if len(self.lengths) else 0
        self.own = [cache[:, :, :, :room].index_select(1, rows) for cache in self.own]
        self.recalled = [cache.index_select(1, sentences) for cache in self.recalled]
        self.memory_mask = None if self.memory_mask is None else self.memory_mask.index_select(0, sentences)

    def admit(self, other: State) -> None:
        assert isinstance(other, TransformerState) and other.width == self.width, "states of unlike models or widths"
        room = max(self.own[0].shape[3], other.own[0].shape[3])
        self._make_room(room)
        other._make_room(room)
        self.own = [torch.cat(pair, dim=1) for pair in zip(self.own, other.own, strict=True)]
        self.lengths = torch.cat((self.lengths, other.lengths))
        if self.memory_mask is None or other.memory_mask is None:
            return
        width = max(self.memory_mask.shape[3], other.memory_mask.shape[3])
        self.memory_mask = torch.cat([_widen(mask, -1, width) for mask in (self.memory_mask, other.memory_mask)])
        pairs = zip(self.recalled, other.recalled, strict=True)
        self.recalled = [torch.cat([_widen(cache, -2, width) for cache in pair], dim=1) for pair in pairs]

    def _make_room(self, room: int) -> None:
        self.own = [_widen(cache, -2, room) for cache in self.own]


class LayerCache:
    """One layer's keys and values (2, N*W, G, room, K), written at the positions (N*W, T) of the new tokens."""

    def __init__(self, cache: Tensor, positions: Tensor) -> None:
        self.cache = cache
        self.positions = positions

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new ones and return all, room not yet written included.

        Args:
            key: (B, G, T, K).
            value: (B, G, T, K).
        Returns:
            two tensors (B, G, S, K).
        """
        first = int(self.positions[0, 0])
        together = bool((self.positions[:, 0] == first).all())
        if together:
            place: Callable[[Tensor], Tensor] = lambda cache: cache[:, :, first : first + key.shape[2]]  # noqa: E731
            place(self.cache[0]).copy_(key)
            place(self.cache[1]).copy_(value)
        else:
            rows = torch.arange(len(self.positions), device=key.device)[:, None]
            slots = self.positions.to(key.device)
            self.cache[0].transpose(1, 2)[rows, slots] = key.transpose(1, 2)
            self.cache[1].transpose(1, 2)[rows, slots] = value.transpose(1, 2)
        return self.cache[0], self.cache[1]


def _widen(tensor: Tensor, dim: int, size: int) -> Tensor:
    """Add zeros (or False) at the end of a dimension, counted from the last as -1, until it has `size`."""
    missing = size - tensor.shape[dim]
    return functional.pad(tensor, (0, 0) * (-1 - dim) + (0, missing)) if missing else tensor
