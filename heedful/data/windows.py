"""Which tokens make which batch of a language model: a pure function of (seed, epoch, position)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from heedful.data import chance
from heedful.data.batch import Batch, assemble, parts
from heedful.data.corrupt import SPAN, Gaps
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, PAD
from heedful.errors import DataError
from heedful.interface import Source

_OFFSET, _ORDER, _NOISE = range(200, 203)
# Rows of a batch of texts of similar lengths come in multiples of this: machines prepare for every new shape.
_MULTIPLE = 16

# Takes words out of windows: tokens and places (B, T), and a purpose; what is shown, and what is asked for.
Corruption = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Windows:
    """Rows of tokens, and what a model must say at each.

    Args:
        inputs: values (B, T); documents (B, T) where a row holds several, which may not see each other.
        labels: (B, T) int64, PAD where nothing is asked.
        n_labels: how many are not; known without waiting for a device.
    """

    inputs: Source
    labels: Tensor
    n_labels: int

    @property
    def n_tokens(self) -> int:
        """Tokens read; rows are full but for those of an evaluation."""
        return self.labels.numel()

    def to(self, device: torch.device) -> "Windows":
        """The same on another device."""
        return Windows(self.inputs.to(device), self.labels.to(device, non_blocking=True), self.n_labels)

    def split(self, n: int) -> list["Windows"]:
        """The same rows as n smaller batches, or as many as there are rows."""
        return [self._rows(rows) for rows in parts(len(self.labels), n)]

    def _rows(self, rows: slice) -> "Windows":
        labels = self.labels[rows]
        return Windows(self.inputs.rows(rows), labels, int((labels != PAD).sum()))


@dataclass(frozen=True)
class WindowPlan:
    """The text in windows of equal length, all of it once an epoch, cut elsewhere in every epoch.

    Windows hold parts of several documents, and no token sees another document's. Positions are not counted anew in
    each: rotary ones say how far apart two tokens are, wherever they stand.

    Args:
        stream: the text.
        length: T, tokens of a window.
        rows: B, windows of a batch.
        seed: of the order.
        corruption: takes words out, for a model that is to put them back; None asks for the next token everywhere.
    Raises:
        DataError: the text is shorter than a window.
    """

    stream: TokenStream
    length: int
    rows: int
    seed: int
    corruption: Corruption | None = None

    def __post_init__(self) -> None:
        if self.stream.n_tokens <= self.length:
            raise DataError(
                f"the text to learn from has {self.stream.n_tokens:,} tokens and a window {self.length:,}: give more "
                "text, or a smaller --window"
            )

    @property
    def n_windows(self) -> int:
        """Of an epoch; what is left over, less than a window, is elsewhere in every epoch."""
        return self.stream.n_tokens // self.length

    def n_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        return -(-self.n_windows // self.rows)

    def n_tokens(self, epoch: int) -> int:
        """Tokens of an epoch."""
        return self.n_windows * self.length

    def batch(self, epoch: int, index: int) -> Windows:
        """The batch at a position of an epoch."""
        order = _shuffled(chance.key(self.seed, epoch, _ORDER), self.n_windows)
        chosen = np.sort(order[index * self.rows : (index + 1) * self.rows])
        offset = chance.key(self.seed, epoch, _OFFSET) % self.stream.n_tokens
        return self.windows(offset + chosen * self.length, chance.key(self.seed, epoch, _NOISE))

    def windows(self, starts: np.ndarray, purpose: int) -> Windows:
        """The windows that begin at some places, the text taken as a ring.

        Args:
            starts: (B,).
            purpose: of the corruption.
        """
        places = (starts[:, None] + np.arange(self.length + 1)) % self.stream.n_tokens
        tokens, documents = self.stream.at(places)
        if self.corruption is None:
            # Nobody can know with what a text begins that has not begun.
            shown, labels = tokens[:, :-1], np.where(tokens[:, 1:] == BOS, PAD, tokens[:, 1:])
        else:
            shown, labels = self.corruption(tokens[:, :-1], places[:, :-1], purpose)
        # Behind the end of the ring the first document begins anew.
        several = (documents + self.stream.n_documents * (places < places[:, :1]))[:, :-1]
        packed = torch.from_numpy(several) if (several[:, :1] != several).any() else None
        mask = torch.ones(shown.shape, dtype=torch.bool)
        inputs = Source(torch.from_numpy(np.ascontiguousarray(shown)), mask, packed)
        return Windows(inputs, torch.from_numpy(np.ascontiguousarray(labels)), int((labels != PAD).sum()))


class GapPlan:
    """Texts with gaps for an encoder-decoder: a row is a document, or a piece of a long one, and never two.

    Args:
        stream: the text.
        length: the most tokens of a piece.
        tokens_per_batch: the most tokens of a batch, source and target together, padding counted.
        seed: of the order.
        gaps: takes runs of tokens out.
    Raises:
        DataError: no document has two tokens.
    """

    def __init__(self, stream: TokenStream, length: int, tokens_per_batch: int, seed: int, gaps: Gaps) -> None:
        self.stream, self.length, self.seed, self.gaps = stream, length, seed, gaps
        # Begins and ends are left out: a batch has its own.
        sizes = np.diff(stream.starts) - 2
        counts = -(-sizes // length)
        document = np.repeat(np.arange(len(sizes)), counts)
        before = length * (np.arange(len(document)) - np.repeat(np.cumsum(counts) - counts, counts))
        lengths = np.minimum(length, sizes[document] - before)
        usable = lengths > 1
        if not usable.any():
            raise DataError("the text has no document of two tokens: give more text")
        self._starts = (stream.starts[document] + 1 + before)[usable]
        self._lengths = lengths[usable]
        # A piece is read and written, whole at most; batches are cut once, of pieces sorted by length.
        cost = 2 * np.sort(self._height(np.arange(self.n_pieces)))[::-1]
        edges = [0]
        while edges[-1] < len(cost):
            edges.append(min(len(cost), edges[-1] + max(1, tokens_per_batch // int(cost[edges[-1]]))))
        self._edges = np.array(edges)
        self._planned = (-1, np.empty(0, np.int64))

    @property
    def n_pieces(self) -> int:
        """Rows of an epoch."""
        return len(self._lengths)

    def n_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        return len(self._edges) - 1

    def n_tokens(self, epoch: int) -> int:
        """Tokens read and written in an epoch: of what is taken out the marks are read, and it is written."""
        rate = self.gaps.rate
        return int(self._lengths.sum() * (2 - rate * (1 - 1 / SPAN) if self.gaps.whole else 1 + 2 * rate / SPAN))

    def batch(self, epoch: int, index: int) -> Batch:
        """The batch at a position of an epoch."""
        if self._planned[0] != epoch:
            order = chance.shuffled(chance.key(self.seed, epoch, _ORDER), self.n_pieces)
            self._planned = epoch, order[np.argsort(-self._height(order), kind="stable")]
        which = int(_shuffled(chance.key(self.seed, epoch, _OFFSET), self.n_batches(epoch))[index])
        chosen = self._planned[1][self._edges[which] : self._edges[which + 1]]
        return self.rows(chosen, chance.key(self.seed, epoch, _NOISE))

    def rows(self, pieces: np.ndarray, purpose: int) -> Batch:
        """Some pieces with gaps.

        Args:
            pieces: their numbers.
            purpose: of the gaps.
        """
        found = []
        for start, length in zip(self._starts[pieces].tolist(), self._lengths[pieces].tolist(), strict=True):
            tokens = self.stream.tokens[start : start + length].astype(np.int64)
            found.append(self.gaps(tokens, chance.key(purpose, start)))
        read, written = zip(*found, strict=True)
        return assemble(_flat(read), _flat(written), multiple=_MULTIPLE)

    def _height(self, pieces: np.ndarray) -> np.ndarray:
        """Tokens of each piece, rounded up."""
        return -(-(self._lengths[pieces] + 1) // _MULTIPLE) * _MULTIPLE


def _flat(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(rows), np.array([len(row) for row in rows])


@lru_cache(maxsize=2)
def _shuffled(purpose: int, n: int) -> np.ndarray:
    """The order of an epoch, for as long as it is read."""
    return chance.shuffled(purpose, n)
