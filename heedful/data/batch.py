"""A batch of sentence pairs: what the encoder reads, what the decoder is taught with, and what it must answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import torch
from torch import Tensor

from heedful.data.tokenizer import BOS, EOS, PAD
from heedful.errors import ShapeError
from heedful.interface import Source


@dataclass(frozen=True)
class Batch:
    """Sentence pairs, padded on the right.

    Args:
        source: values (B, S): [tag] + pieces + [eos].
        target: values (B, T): [BOS] + pieces.
        labels: (B, T) int64: pieces + [EOS], and PAD (ignored by the loss) behind them.
        counted: the number of tokens when it is known already; None counts them when asked.
    """

    source: Source
    target: Source
    labels: Tensor
    counted: int | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        labels = self.labels.to(device, non_blocking=True)
        return Batch(self.source.to(device), self.target.to(device), labels, self.n_tokens)

    @property
    def n_tokens(self) -> int:
        """Tokens of both sides, padding not counted."""
        if self.counted is not None:
            return self.counted
        return int(self.source.mask.sum() + self.target.mask.sum())

    @property
    def n_padded(self) -> int:
        """Tokens of both sides, padding counted: what the computation costs."""
        return self.source.mask.numel() + self.target.mask.numel()

    def split(self, n: int) -> list["Batch"]:
        """The same rows as n smaller batches, or as many as there are rows; sizes differ by one row at most."""
        if n < 1:
            raise ShapeError(f"a batch is split into 1 part or more: got {n}")
        return [self._rows(rows) for rows in parts(len(self.labels), n)]

    def _rows(self, rows: slice) -> "Batch":
        return Batch(self.source.rows(rows), self.target.rows(rows), self.labels[rows])


def parts(n_rows: int, n: int) -> list[slice]:
    """So many rows in n parts, or in as many as there are rows; sizes differ by one row at most."""
    n_parts = min(n, n_rows)
    return [slice(low, high) for low, high in pairwise(part * n_rows // n_parts for part in range(n_parts + 1))]


def encoder_input(pieces: Sequence[int], tag: int | None = None, eos: int = EOS) -> list[int]:
    """What the encoder reads of one sentence: [tag] + pieces + [eos].

    Args:
        pieces: token ids as `Tokenizer.encode` gives them.
        tag: id of the target language's tag; None in a model with one direction.
        eos: what ends a sentence.
    """
    return [*pieces, eos] if tag is None else [tag, *pieces, eos]


def round_up(length: int, multiple: int) -> int:
    """The next multiple, at least one of it."""
    return max(1, -(-length // multiple)) * multiple


def lay_out(
    flat: np.ndarray,
    lengths: np.ndarray,
    *,
    first: np.ndarray | int | None = None,
    last: int | None = None,
    multiple: int = 8,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one flat array as a rectangle, padded on the right.

    Args:
        flat: the tokens of all rows, one row behind the other.
        lengths: tokens of each row; their sum is the length of `flat`.
        first: a token put before every row, or one for each row.
        last: a token put behind every row.
        multiple: the width is a multiple of this.
    Returns:
        The ids, and a bool array that is True where there is a token; both of (rows, width).
    """
    ahead = int(first is not None)
    total = lengths + ahead + int(last is not None)
    width = round_up(int(total.max(initial=0)), multiple)
    values = np.full((len(lengths), width), PAD, dtype=np.int64)
    columns = np.arange(width)
    mask = columns < total[:, None]
    if first is not None:
        values[:, 0] = first
    values[:, ahead:][columns[: width - ahead] < lengths[:, None]] = flat
    if last is not None:
        values[np.arange(len(lengths)), total - 1] = last
    return values, mask


def assemble(
    source: tuple[np.ndarray, np.ndarray],
    target: tuple[np.ndarray, np.ndarray],
    *,
    tags: np.ndarray | None = None,
    multiple: int = 8,
) -> Batch:
    """A batch from the flat pieces of both sides; adds tags, BOS and EOS.

    Args:
        source: flat pieces, and the number of pieces of each row.
        target: the same for the other side.
        tags: id of the tag of each row, or None.
        multiple: widths are multiples of this.
    """
    read, read_mask = lay_out(*source, first=tags, last=EOS, multiple=multiple)
    return _with_target(read, read_mask, *target, multiple)


def collate(source_ids: Sequence[Sequence[int]], target_ids: Sequence[Sequence[int]], *, multiple: int = 8) -> Batch:
    """A batch from lists.

    Args:
        source_ids: whole encoder inputs, as `encoder_input` makes them.
        target_ids: pieces only; BOS and EOS are added here.
        multiple: widths are multiples of this.
    Raises:
        ShapeError: the sides differ in their number of rows, or there is none.
    """
    if len(source_ids) != len(target_ids) or not source_ids:
        raise ShapeError(f"a batch needs as many sources as targets: got {len(source_ids)} and {len(target_ids)}")
    read, read_mask = lay_out(*flatten(source_ids), multiple=multiple)
    return _with_target(read, read_mask, *flatten(target_ids), multiple)


def pad_sources(source_ids: Sequence[Sequence[int]], *, multiple: int = 8) -> Source:
    """Whole encoder inputs as what an encoder reads."""
    values, mask = lay_out(*flatten(source_ids), multiple=multiple)
    return Source(torch.from_numpy(values), torch.from_numpy(mask))


def flatten(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lists of ids as one flat array and the length of each row."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))
    return flat, lengths


def _with_target(
    read: np.ndarray, read_mask: np.ndarray, flat: np.ndarray, lengths: np.ndarray, multiple: int
) -> Batch:
    taught, taught_mask = lay_out(flat, lengths, first=BOS, multiple=multiple)
    labels, _ = lay_out(flat, lengths, last=EOS, multiple=multiple)
    return Batch(
        Source(torch.from_numpy(read), torch.from_numpy(read_mask)),
        Source(torch.from_numpy(taught), torch.from_numpy(taught_mask)),
        torch.from_numpy(labels),
        int(read_mask.sum() + taught_mask.sum()),
    )
