"""Batches of texts with labels: a pure function of (seed, epoch, position), texts of like length together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from heedful.data import chance
from heedful.data.batch import flatten, parts, round_up
from heedful.data.text_rows import MULTIPLE, Row
from heedful.interface import Source

_ORDER, _BATCHES = 200, 201
# Many rows are a multiple of this.
ROWS = 8
# A word, or a piece of one, that no tag is asked of.
IGNORED = -100


@dataclass(frozen=True)
class LabelBatch:
    """Texts, padded on the right, and what is true of them.

    Args:
        source: values (B, S).
        labels: (B,) the number of the label, or a number; or (B, Y) 1 for each label of a text; or (B, S) the number of
            the tag at the first piece of each word, IGNORED elsewhere.
    """

    source: Source
    labels: Tensor

    def to(self, device: torch.device) -> "LabelBatch":
        """The same batch on another device."""
        return LabelBatch(self.source.to(device), self.labels.to(device, non_blocking=True))

    @property
    def n_tokens(self) -> int:
        """Tokens, padding not counted."""
        return int(self.source.mask.sum())

    def split(self, n: int) -> list["LabelBatch"]:
        """The same rows as n smaller batches, or as many as there are rows."""
        return [self._rows(rows) for rows in parts(len(self.labels), n)]

    def _rows(self, rows: slice) -> "LabelBatch":
        return LabelBatch(self.source.rows(rows), self.labels[rows])


def sources(rows: Sequence[Row], pad: int, with_kinds: bool) -> Source:
    """Rows as a model reads them.

    Args:
        rows: one at least.
        pad: id that fills them up.
        with_kinds: whether the model tells types of tokens apart.
    """
    flat, lengths = flatten([row.ids for row in rows])
    width = round_up(int(lengths.max()), MULTIPLE)
    mask = np.arange(width) < lengths[:, None]
    values = np.full(mask.shape, pad, dtype=np.int64)
    values[mask] = flat
    kinds = None
    if with_kinds:
        filled = np.zeros(mask.shape, dtype=np.int64)
        filled[mask] = flatten([row.kinds for row in rows])[0]
        kinds = torch.from_numpy(filled)
    return Source(torch.from_numpy(values), torch.from_numpy(mask), kinds=kinds)


def alike_together(
    rows: Sequence[Row], tokens: int, moment: tuple[int, int], purposes: tuple[int, int]
) -> list[np.ndarray]:
    """The batches of an epoch: rows of like length together, in an order of its own.

    Args:
        rows: to be read.
        tokens: of a batch at most, padding counted.
        moment: seed and epoch.
        purposes: numbers of what is drawn, for the rows and for the batches; nothing else is drawn by them.
    Returns:
        For each batch the places of its rows.
    """
    lengths = np.array([len(row.ids) for row in rows])
    order = chance.shuffled(chance.key(*moment, purposes[0]), len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    batches = [np.sort(order[low:high]) for low, high in pairwise(cut(lengths[order], tokens))]
    return [batches[place] for place in chance.shuffled(chance.key(*moment, purposes[1]), len(batches))]


def cut(lengths: np.ndarray, tokens: int) -> list[int]:
    """Where each batch begins, and the end: as many rows as fit the tokens with their padding; one at least.

    Args:
        lengths: of the rows, in the order of the batches.
        tokens: of a batch at most, padding counted.
    """
    edges, wide = [0], 0
    for place, length in enumerate(lengths.tolist()):
        wide = max(wide, round_up(length, MULTIPLE))
        n_rows = place - edges[-1]
        if n_rows and wide * (n_rows + 1) > tokens:
            kept = n_rows - n_rows % ROWS if n_rows >= 2 * ROWS else n_rows
            edges.append(edges[-1] + kept)
            wide = round_up(int(lengths[edges[-1] : place + 1].max()), MULTIPLE)
    return [*edges, len(lengths)]


@dataclass
class LabelBatches:
    """Every row once an epoch.

    Args:
        rows: to learn from.
        labels: of each row: a number, a number for each label, or one for each word.
        pad: id that fills rows up.
        tokens: of a batch at most, padding counted.
        seed: of the order.
        with_kinds: whether the model tells types of tokens apart.
    """

    rows: Sequence[Row]
    labels: Sequence[float | int | Sequence[float] | Sequence[int]]
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

    def batch(self, epoch: int, index: int) -> LabelBatch:
        """The batch at a position of an epoch."""
        places = self._plan(epoch)[index]
        rows = [self.rows[place] for place in places]
        return LabelBatch(sources(rows, self.pad, self.with_kinds), self._labels(places.tolist()))

    def _labels(self, places: Sequence[int]) -> Tensor:
        chosen = [self.labels[place] for place in places]
        rows = [self.rows[place] for place in places]
        if rows[0].words:
            width = round_up(max(len(row.ids) for row in rows), MULTIPLE)
            filled = np.full((len(rows), width), IGNORED, dtype=np.int64)
            for number, (row, tags) in enumerate(zip(rows, chosen, strict=True)):
                filled[number, list(row.words)] = tags
            return torch.from_numpy(filled)
        return torch.tensor(chosen)

    def _plan(self, epoch: int) -> list[np.ndarray]:
        if self._planned is None or self._planned[0] != epoch:
            self._planned = epoch, alike_together(self.rows, self.tokens, (self.seed, epoch), (_ORDER, _BATCHES))
        return self._planned[1]
