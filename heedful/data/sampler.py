"""Which pairs make which batch: a pure function of (seed, epoch, position), so resuming needs three integers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heedful.data import chance
from heedful.data.batch import Batch, assemble
from heedful.data.corpus import SIDES, Corpus
from heedful.data.text import Side
from heedful.errors import OptionError, suggest

_PAIRS, _STRIPS, _BATCHES = range(100, 103)


@dataclass(frozen=True)
class Direction:
    """One way of reading a corpus.

    Args:
        source: the side that the encoder reads.
        target: the side that the decoder writes.
        tag: id of the target language's tag; None in a model with one direction.
    """

    source: Side = "source"
    target: Side = "target"
    tag: int | None = None


@dataclass(frozen=True)
class Sampling:
    """How batches are made.

    Args:
        tokens_per_batch: the most tokens in a batch, source and target together, padding counted.
        seed: of the order, and of the segmentations.
        regularise: draw the segmentation of every word anew in each epoch, if the corpus has several.
        multiple: batches are padded to multiples of this many tokens on each side. 1 wastes least (2-8% of Multi30k and
            Tatoeba, where 8 wastes 16-28%).
        rows: a batch of twice as many rows or more has a multiple of them. Together they make few shapes: machines
            prepare for each one that is new to them, on a CPU for a quarter of the time of a small step.
    """

    tokens_per_batch: int = 4096
    seed: int = 0
    regularise: bool = True
    multiple: int = 2
    rows: int = 16


@dataclass(frozen=True)
class _Epoch:
    number: int
    items: np.ndarray
    edges: np.ndarray
    plain: np.ndarray
    n_tokens: int
    n_padded: int


class BatchPlan:
    """Every pair once an epoch in each direction, in batches of pairs of similar lengths, grouped anew each epoch.

    Args:
        corpus: what is read.
        directions: how it is read; with several, each needs a tag, and batches mix them.
        sampling: how batches are made.
    Raises:
        OptionError: no direction, a wrong side, tags on some directions only, or a budget below the longest pair.
    """

    def __init__(
        self, corpus: Corpus, directions: Sequence[Direction] = (Direction(),), sampling: Sampling = Sampling()
    ) -> None:
        self.corpus, self.directions, self.sampling = corpus, tuple(directions), sampling
        self._check_directions()
        self._tags = np.array([way.tag for way in self.directions if way.tag is not None], dtype=np.int64)
        self._limit = corpus.contents.max_tokens
        self._check_budget()
        self._planned: _Epoch | None = None

    def n_batches(self, epoch: int) -> int:
        """How many batches an epoch has; it varies a little when segmentations are drawn."""
        return len(self._epoch(epoch).edges) - 1

    def n_tokens(self, epoch: int) -> int:
        """Source and target tokens of an epoch, padding not counted."""
        return self._epoch(epoch).n_tokens

    def padding_waste(self, epoch: int) -> float:
        """Share of all tokens of an epoch that are padding."""
        plan = self._epoch(epoch)
        return 1.0 - plan.n_tokens / plan.n_padded

    def pairs(self, epoch: int, index: int) -> tuple[np.ndarray, np.ndarray]:
        """What a batch is made of: the index of the direction and of the pair, for each row."""
        plan = self._epoch(epoch)
        n_batches = len(plan.edges) - 1
        if not 0 <= index < n_batches:
            raise OptionError(f"epoch {epoch} has {n_batches} batches: got position {index}; give 0 to {n_batches - 1}")
        items = np.sort(plan.items[plan.edges[index] : plan.edges[index + 1]])
        ways, pairs = np.divmod(items.astype(np.int64), self.corpus.n_pairs)
        return ways, pairs

    def batch(self, epoch: int, index: int) -> Batch:
        """The batch at a position of an epoch."""
        ways, pairs = self.pairs(epoch, index)
        plain = self._epoch(epoch).plain[ways * self.corpus.n_pairs + pairs]
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        for number, way in enumerate(self.directions):
            rows = ways == number
            if rows.any():
                read, written = (
                    self.corpus.gather(side, pairs[rows], self.sampling.seed, epoch, plain[rows])
                    for side in (way.source, way.target)
                )
                parts.append((*read, *written))
        read_flat, read_lengths, written_flat, written_lengths = (
            np.concatenate(columns) for columns in zip(*parts, strict=True)
        )
        return assemble(
            (read_flat, read_lengths),
            (written_flat, written_lengths),
            tags=self._tags[ways] if len(self._tags) else None,
            multiple=self.sampling.multiple,
        )

    def after(self, epoch: int, position: int) -> tuple[int, int]:
        """The epoch and position that follow."""
        return (epoch, position + 1) if position + 1 < self.n_batches(epoch) else (epoch + 1, 0)

    def stream(self, epoch: int = 0, position: int = 0) -> Iterator[tuple[int, int, Batch]]:
        """All batches from a place on, epoch after epoch without end, each with its own epoch and position."""
        while True:
            for index in range(position, self.n_batches(epoch)):
                yield epoch, index, self.batch(epoch, index)
            epoch, position = epoch + 1, 0

    def _epoch(self, number: int) -> _Epoch:
        if self._planned is None or self._planned.number != number:
            self._planned = self._plan(number)
        return self._planned

    def _plan(self, number: int) -> _Epoch:
        seed, multiple = self.sampling.seed, self.sampling.multiple
        read, written, plain = self._lengths(number)
        wide, long = _rounded(read, multiple), _rounded(written, multiple)
        order = chance.shuffled(chance.key(seed, number, _PAIRS), len(wide)).astype(np.int32)
        offset = chance.key(seed, number, _STRIPS) / 2**64
        order = _alike_together(order, wide, long, self.sampling.tokens_per_batch, offset)
        wide, long = wide[order], long[order]
        edges = _cut(wide, long, self.sampling.tokens_per_batch, self.sampling.rows)
        n_padded = int((np.diff(edges) * (_maxima(wide, edges) + _maxima(long, edges))).sum())
        sequence = chance.shuffled(chance.key(seed, number, _BATCHES), len(edges) - 1)
        items, edges = _reordered(order, edges, sequence)
        return _Epoch(number, items, edges, plain, int(read.sum() + written.sum()), n_padded)

    def _lengths(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens of what each item's encoder and decoder read, and whether the item is cut plainly.

        Drawn segmentations are given up where they make a sentence too long for the model, or a pair for the budget.
        """
        drawn = {side: self.corpus.lengths(side) for side in SIDES}
        if self.sampling.regularise and self.corpus.regularised:
            drawn = {side: self.corpus.epoch_lengths(side, self.sampling.seed, epoch) for side in SIDES}
        else:
            everything = np.ones(len(self.directions) * self.corpus.n_pairs, dtype=bool)
            return (*self._items(drawn), everything)
        read, written = self._items(drawn)
        usual = self._items({side: self.corpus.lengths(side) for side in SIDES})
        cost = _rounded(read, self.sampling.multiple) + _rounded(written, self.sampling.multiple)
        plain = cost > self.sampling.tokens_per_batch
        plain |= np.maximum(read - 1 - bool(len(self._tags)), written - 1) > self._limit
        return np.where(plain, usual[0], read), np.where(plain, usual[1], written), plain

    def _items(self, lengths: dict[Side, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        read = [lengths[way.source] + 1 + (way.tag is not None) for way in self.directions]
        return np.concatenate(read), np.concatenate([lengths[way.target] + 1 for way in self.directions])

    def _check_directions(self) -> None:
        if not self.directions:
            raise OptionError("a plan needs at least one direction: got none; give Direction()")
        for side in (side for way in self.directions for side in (way.source, way.target)):
            if side not in SIDES:
                raise OptionError(f"{side!r} is not a side{suggest(str(side), SIDES)}")
        if len({way.tag is None for way in self.directions}) > 1:
            raise OptionError("either every direction has a tag or none: got both; give Tokenizer.tag_id to each")

    def _check_budget(self) -> None:
        read, written = self._items({side: self.corpus.lengths(side) for side in SIDES})
        cost = _rounded(read, self.sampling.multiple) + _rounded(written, self.sampling.multiple)
        longest = int(cost.argmax())
        if cost[longest] > self.sampling.tokens_per_batch:
            line = int(self.corpus.lines[longest % self.corpus.n_pairs]) + 1
            raise OptionError(
                f"tokens_per_batch must hold the longest pair (line {line:,}, {cost[longest]} tokens): "
                f"got {self.sampling.tokens_per_batch}; give {cost[longest]} or more, or a smaller max_tokens"
            )


def _rounded(lengths: np.ndarray, multiple: int) -> np.ndarray:
    return -(-lengths // multiple) * multiple


def _alike_together(order: np.ndarray, wide: np.ndarray, long: np.ndarray, budget: int, offset: float) -> np.ndarray:
    """Items in an order in which neighbours have like lengths on both sides.

    Strips of like source width, each sorted by target width, up and down by turns, so that a batch may reach from one
    strip into the next. Their number balances the spread of both sides within a batch; `offset` moves their borders.
    """
    order = order[np.argsort(wide[order], kind="stable")]
    cost = np.cumsum(wide[order] + long[order], dtype=np.int64)
    n_strips = max(1, round(float(np.sqrt(cost[-1] / budget))))
    strip = (cost * n_strips / cost[-1] + offset).astype(np.int64)
    height = long[order].astype(np.int64)
    climb = np.where(strip % 2, height.max() - height, height)
    return np.asarray(order[np.argsort(strip * (int(height.max()) + 1) + climb, kind="stable")])


def _cut(wide: np.ndarray, long: np.ndarray, budget: int, rows: int) -> np.ndarray:
    """Where each batch begins, and the end: as many items as fit the budget with the padding that they need.

    Many items are rounded down to a multiple of `rows`.
    """
    edges = [0]
    while edges[-1] < len(wide):
        start = edges[-1]
        window = slice(start, start + max(1, budget // int(wide[start] + long[start])))
        tallest = np.maximum.accumulate(wide[window]) + np.maximum.accumulate(long[window])
        cost = tallest * np.arange(1, len(tallest) + 1)
        fitting = max(1, int(np.searchsorted(cost, budget, side="right")))
        edges.append(start + (fitting - fitting % rows if fitting >= 2 * rows else fitting))
    return np.array(edges, dtype=np.int64)


def _maxima(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.maximum.reduceat(values, edges[:-1]).astype(np.int64)


def _reordered(items: np.ndarray, edges: np.ndarray, sequence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same batches in another order."""
    sizes = np.diff(edges)[sequence]
    moved = np.concatenate([[0], np.cumsum(sizes)])
    places = np.repeat(edges[:-1][sequence] - moved[:-1], sizes) + np.arange(len(items))
    return items[places], moved
