"""What the Transformer remembers while it writes: keys and values, its own and the memory's, once per sentence."""

import torch
from torch import Tensor
from torch.nn import functional

from heedful.errors import LengthError
from heedful.interface import State

# Room is made for this many tokens at a time. Lengths seen by the kernels are multiples of it, so that sums over keys
# are taken in the same order whatever else is in the batch, and a sentence's scores do not depend on its company.
BLOCK = 16


def round_up(length: int, multiple: int = BLOCK) -> int:
    """The next multiple."""
    return -(-length // multiple) * multiple


class TransformerState(State):
    """Of N sentences with W beams each.

    The beams of a sentence share one cache: slot s * W + w holds what beam w read at position s. When beams change
    places nothing is moved: each only remembers in which slots its ancestors wrote (a mask), and all of them look at
    the cache together, as W queries of one product. Copying caches at every step took a fifth of the time.

    Args:
        width: W.
        max_len: room for this many tokens.
        own: an empty cache (2, N, G, 0, K) for each layer.
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
        n_sentences = own[0].shape[1]
        self.lengths = torch.zeros(n_sentences, dtype=torch.int64)
        # (N, W, R) bool, R slots: the slots in which the ancestors of each beam wrote, and it itself.
        self.ancestors = torch.zeros(n_sentences, width, 0, dtype=torch.bool, device=own[0].device)
        self._slots: slice | Tensor = slice(0)

    @property
    def room(self) -> int:
        """Positions that have slots, written or not."""
        return self.own[0].shape[3] // self.width

    @property
    def slot_positions(self) -> Tensor:
        """(1, R) int64: the position of each slot, on the cache's device."""
        return torch.arange(self.room * self.width, device=self.own[0].device)[None] // self.width

    def advance(self, n_tokens: int, window: int | None = None) -> tuple[Tensor, Tensor]:
        """Make room for the next tokens of every row.

        Args:
            n_tokens: T.
            window: a token sees positions no further back than this; None sees all.
        Returns:
            (N, W*T) their positions, and (N, 1, W*T, R) bool, the slots that each may look at, on the cache's device.
        Raises:
            LengthError: the state was started for fewer tokens.
        """
        longest = int(self.lengths.max()) + n_tokens
        if longest > self.max_len:
            raise LengthError(f"the state was started with room for {self.max_len} tokens, and more came: {longest}")
        if round_up(longest) > self.room:
            self._widen(round_up(longest))
        device, width = self.own[0].device, self.width
        first = self.lengths.to(device, non_blocking=True)[:, None, None]
        beams = torch.arange(width, device=device)[:, None]
        positions = (first + torch.arange(n_tokens, device=device)).expand(-1, width, -1)
        if self.lengths.min() == self.lengths.max() and n_tokens == 1:
            self._slots = slice((longest - 1) * width, longest * width)
        else:
            self._slots = (positions * width + beams).flatten(1)
        slots = torch.arange(self.room * width, device=device)
        at, of = slots // width, slots % width
        # What this call writes: in a beam's own slots, up to the token that looks.
        new = (at >= first[..., None]) & (at <= positions[..., None]) & (of == beams[..., None])
        seen = self.ancestors[:, :, None] | new
        if window is not None:
            seen &= at >= positions[..., None] - window
        self.ancestors = seen[:, :, -1]
        self.lengths = self.lengths + n_tokens
        return positions.flatten(1), seen.flatten(1, 2)[:, None]

    def layer(self, index: int) -> "LayerCache":
        """The cache of one layer, for the tokens of the last `advance`."""
        return LayerCache(self.own[index], self._slots)

    def reorder(self, parents: Tensor) -> None:
        self.ancestors = self.ancestors.gather(1, parents[..., None].expand(-1, -1, self.ancestors.shape[2]))

    def keep(self, sentences: Tensor) -> None:
        self.lengths = self.lengths[sentences]
        rows = sentences.to(self.own[0].device)
        n_slots = self.width * (round_up(int(self.lengths.max())) if len(self.lengths) else 0)
        self.own = [cache[:, :, :, :n_slots].index_select(1, rows) for cache in self.own]
        self.ancestors = self.ancestors[:, :, :n_slots].index_select(0, rows)
        self.recalled = [cache.index_select(1, rows) for cache in self.recalled]
        self.memory_mask = None if self.memory_mask is None else self.memory_mask.index_select(0, rows)

    def admit(self, other: State) -> None:
        assert isinstance(other, TransformerState), "a state of another model"
        assert other.width == self.width, f"a state with {other.width} beams, not {self.width}"
        self.max_len = max(self.max_len, other.max_len)
        self.own = [appended(pair, 3, 1) for pair in zip(self.own, other.own, strict=True)]
        self.recalled = [appended(pair, 3, 1) for pair in zip(self.recalled, other.recalled, strict=True)]
        self.ancestors = appended((self.ancestors, other.ancestors), 2, 0)
        self.lengths = torch.cat((self.lengths, other.lengths))
        if self.memory_mask is not None and other.memory_mask is not None:
            self.memory_mask = appended((self.memory_mask, other.memory_mask), 3, 0)

    def _widen(self, room: int) -> None:
        """Make room for so many positions."""
        self.own = [_padded(cache, 3, room * self.width) for cache in self.own]
        self.ancestors = _padded(self.ancestors, 2, room * self.width)


class LayerCache:
    """One layer's keys and values.

    Args:
        cache: (2, N, G, R, K), R slots, written or not.
        slots: where the new tokens go: the same ones in every sentence, or (N, T) for each.
    """

    def __init__(self, cache: Tensor, slots: slice | Tensor) -> None:
        self.cache = cache
        self.slots = slots

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new ones and return all, slots not yet written included.

        Args:
            key: (N, G, T, K).
            value: (N, G, T, K).
        Returns:
            (N, G, R, K) and (N, G, R, K).
        """
        for index, new in enumerate((key, value)):
            cache = self.cache[index]
            if isinstance(self.slots, slice):
                cache[:, :, self.slots] = new
            else:
                sentences = torch.arange(len(new), device=new.device)[:, None]
                cache.transpose(1, 2)[sentences, self.slots] = new.transpose(1, 2)
        return self.cache[0], self.cache[1]


def _padded(tensor: Tensor, dim: int, size: int) -> Tensor:
    """Zeros (or False) behind, until the dimension has this size."""
    missing = size - tensor.shape[dim]
    return functional.pad(tensor, (0, 0) * (tensor.ndim - 1 - dim) + (0, missing)) if missing else tensor


def appended(pair: tuple[Tensor, Tensor], wide: int, dim: int) -> Tensor:
    """One behind the other, both first made as wide as the wider of them, with zeros (or False).

    Args:
        pair: alike in every other dimension.
        wide: the dimension in which they may differ.
        dim: along which they are joined.
    """
    size = max(each.shape[wide] for each in pair)
    return torch.cat([_padded(each, wide, size) for each in pair], dim=dim)
