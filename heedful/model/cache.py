"""What the Transformer remembers while it writes: keys and values, its own per row, the memory's once per sentence."""

import torch
from torch import Tensor
from torch.nn import functional

from heedful.errors import LengthError
from heedful.interface import State

# Room is made for this many tokens at a time. Lengths seen by the kernels are multiples of it, so that sums over keys
# are taken in the same order whatever else is in the batch, and a sentence's scores do not depend on its company.
BLOCK = 16

# Where new tokens go: the same slots of every row, or the rows (N*W, 1) and for each its slots (N*W, T).
Place = slice | tuple[Tensor, Tensor]


def round_up(length: int, multiple: int = BLOCK) -> int:
    """The next multiple."""
    return -(-length // multiple) * multiple


class TransformerState(State):
    """Of N sentences with W beams each.

    Args:
        width: W.
        max_len: room for this many tokens.
        own: an empty cache (2, N*W, G, 0, K) for each layer.
        recalled: keys and values (2, N, G, S, K) of the memory for each layer; empty without a memory.
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
        self._place: Place = slice(0)
        # Reordering goes from one memory into the other: asking the system for new memory takes longer than the copy.
        self._spares: list[Tensor] = []

    def advance(self, n_tokens: int) -> Tensor:
        """Make room for the next tokens of every row.

        Args:
            n_tokens: T.
        Returns:
            (N*W, T) their positions, on the device of the cache.
        Raises:
            LengthError: the state was started for fewer tokens.
        """
        longest = int(self.lengths.max()) + n_tokens
        if longest > self.max_len:
            raise LengthError(f"the state was started with room for {self.max_len} tokens, and more came: {longest}")
        starts = self.lengths.repeat_interleave(self.width)[:, None]
        positions = (starts + torch.arange(n_tokens)).to(self.own[0].device, non_blocking=True)
        if self.lengths.min() == self.lengths.max():
            self._place = slice(longest - n_tokens, longest)
        else:
            self._place = torch.arange(len(positions), device=positions.device)[:, None], positions
        self.lengths = self.lengths + n_tokens
        if round_up(longest) > self.own[0].shape[3]:
            self.own = [_widen(cache, round_up(longest)) for cache in self.own]
        return positions

    def layer(self, index: int) -> "LayerCache":
        """The cache of one layer, for the tokens of the last `advance`."""
        return LayerCache(self.own[index], self._place)

    def reorder(self, parents: Tensor) -> None:
        first = torch.arange(0, parents.numel(), self.width, device=parents.device)
        rows = (first[:, None] + parents).flatten()
        if self.own[0].requires_grad:
            self.own = [cache.index_select(1, rows) for cache in self.own]
            return
        if [spare.shape for spare in self._spares] != [cache.shape for cache in self.own]:
            self._spares = [torch.empty_like(cache) for cache in self.own]
        for cache, spare in zip(self.own, self._spares, strict=True):
            _choose(cache, rows, spare)
        self.own, self._spares = self._spares, self.own

    def keep(self, sentences: Tensor) -> None:
        self.lengths = self.lengths[sentences]
        rows = (sentences[:, None] * self.width + torch.arange(self.width)).flatten()
        sentences, rows = sentences.to(self.own[0].device), rows.to(self.own[0].device)
        room = round_up(int(self.lengths.max())) if len(self.lengths) else 0
        self.own = [_chosen(cache[:, :, :, :room], rows) for cache in self.own]
        self.recalled = [_chosen(cache, sentences) for cache in self.recalled]
        self.memory_mask = None if self.memory_mask is None else self.memory_mask.index_select(0, sentences)

    def admit(self, other: State) -> None:
        assert isinstance(other, TransformerState), "a state of another model"
        assert other.width == self.width, f"a state with {other.width} beams, not {self.width}"
        self.max_len = max(self.max_len, other.max_len)
        self.own = _append(self.own, other.own)
        self.recalled = _append(self.recalled, other.recalled)
        self.lengths = torch.cat((self.lengths, other.lengths))
        if self.memory_mask is not None and other.memory_mask is not None:
            masks = self.memory_mask, other.memory_mask
            n_keys = max(mask.shape[3] for mask in masks)
            self.memory_mask = torch.cat([functional.pad(mask, (0, n_keys - mask.shape[3])) for mask in masks])


class LayerCache:
    """One layer's keys and values.

    Args:
        cache: (2, B, G, S, K), S slots, written or not.
        place: where the new tokens go.
    """

    def __init__(self, cache: Tensor, place: Place) -> None:
        self.cache = cache
        self.place = place

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new ones and return all, slots not yet written included.

        Args:
            key: (B, G, T, K).
            value: (B, G, T, K).
        Returns:
            (B, G, S, K) and (B, G, S, K).
        """
        for index, new in enumerate((key, value)):
            cache = self.cache[index]
            if isinstance(self.place, slice):
                cache[:, :, self.place] = new
            else:
                cache.transpose(1, 2)[self.place] = new.transpose(1, 2)
        return self.cache[0], self.cache[1]


def _chosen(cache: Tensor, rows: Tensor) -> Tensor:
    """Those rows of (2, B, G, S, K)."""
    if cache.requires_grad:
        return cache.index_select(1, rows)
    chosen = cache.new_empty(2, len(rows), *cache.shape[2:])
    _choose(cache, rows, chosen)
    return chosen


def _choose(cache: Tensor, rows: Tensor, into: Tensor) -> None:
    """Those rows of (2, B, G, S, K), written there. Half by half: torch copies rows of the first dimension fastest."""
    for half, place in zip(cache, into, strict=True):
        torch.index_select(half, 0, rows, out=place)


def _widen(cache: Tensor, room: int) -> Tensor:
    """(2, B, G, S, K) with zeros behind until S is `room`."""
    return functional.pad(cache, (0, 0, 0, room - cache.shape[3]))


def _append(caches: list[Tensor], others: list[Tensor]) -> list[Tensor]:
    """For each layer the rows of both, (2, B, G, S, K) each, as wide as the wider."""
    pairs = list(zip(caches, others, strict=True))
    return [torch.cat([_widen(cache, max(a.shape[3], b.shape[3])) for cache in (a, b)], dim=1) for a, b in pairs]
