"""Batches of questions and contexts: a pure function of (seed, epoch, position), windows of like length together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from heedful.data.batch import parts
from heedful.data.label_batch import IGNORED, alike_together, sources
from heedful.data.passages import Window
from heedful.interface import Source

_ORDER, _BATCHES = 210, 211


@dataclass(frozen=True)
class SpanBatch:
    """Windows, padded on the right, and where their answers stand.

    Args:
        source: values (B, S).
        pointable: (B, S) bool, True where an answer may stand.
        spans: (B, A, 2) int64: the first and the last position of each of the answers that people gave; (0, 0) where
            there is none, IGNORED where others of the batch have more.
    """

    source: Source
    pointable: Tensor
    spans: Tensor

    def to(self, device: torch.device) -> "SpanBatch":
        """The same batch on another device."""
        pointable, spans = (tensor.to(device, non_blocking=True) for tensor in (self.pointable, self.spans))
        return SpanBatch(self.source.to(device), pointable, spans)

    @property
    def n_tokens(self) -> int:
        """Tokens, padding not counted."""
        return int(self.source.mask.sum())

    def split(self, n: int) -> list["SpanBatch"]:
        """The same rows as n smaller batches, or as many as there are rows."""
        return [self._rows(rows) for rows in parts(len(self.spans), n)]

    def _rows(self, rows: slice) -> "SpanBatch":
        return SpanBatch(self.source.rows(rows), self.pointable[rows], self.spans[rows])


@dataclass
class SpanBatches:
    """Every window once an epoch.

    Args:
        rows: to learn from.
        spans: of each row, the first and the last position of each answer.
        pad: id that fills rows up.
        tokens: of a batch at most, padding counted.
        seed: of the order.
        with_kinds: whether the model tells types of tokens apart.
    """

    rows: Sequence[Window]
    spans: Sequence[Sequence[tuple[int, int]]]
    pad: int
    tokens: int
    seed: int
    with_kinds: bool = False
    _planned: tuple[int, list[np.ndarray]] | None = field(default=None, init=False, repr=False)

    def n_batches(self, epoch: int) -> int:
        """Batches in this epoch."""
        return len(self._plan(epoch))

    def n_tokens(self, epoch: int) -> int:
        """Tokens of an epoch, padding not counted."""
        return sum(len(row.ids) for row in self.rows)

    def batch(self, epoch: int, index: int) -> SpanBatch:
        """The batch at a position of an epoch."""
        places = self._plan(epoch)[index].tolist()
        source = sources([self.rows[place] for place in places], self.pad, self.with_kinds)
        width = source.values.shape[1]
        pointable = np.stack([self.rows[place].pointable(width) for place in places])
        spans = np.full((len(places), max(len(self.spans[place]) for place in places), 2), IGNORED, dtype=np.int64)
        for number, place in enumerate(places):
            spans[number, : len(self.spans[place])] = self.spans[place]
        return SpanBatch(source, torch.from_numpy(pointable), torch.from_numpy(spans))

    def _plan(self, epoch: int) -> list[np.ndarray]:
        if self._planned is None or self._planned[0] != epoch:
            self._planned = epoch, alike_together(self.rows, self.tokens, (self.seed, epoch), (_ORDER, _BATCHES))
        return self._planned[1]
