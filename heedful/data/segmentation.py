"""Subword regularisation that can be repeated: up to 16 ways to cut each word type, one of them drawn at each use.

Cutting is byte-pair encoding with dropout (Provilkov et al. 2020, arXiv:1910.13267): at every step each possible merge
is left out with some probability, and the best of the others is done. Variant 0 is the plain one. Which variant a word
gets follows from (seed, epoch, its position in the corpus) through `chance.draw`, so an epoch has no random state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from heedful.data import chance
from heedful.data.tokenizer import Tokenizer

N_VARIANTS = 16
# Longer ones are no words; they keep their plain pieces, which bounds the work.
MAX_SYMBOLS = 40
_CHUNK = 1 << 12
_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Segmentations:
    """The ways to cut each word type.

    Args:
        ids: the pieces of all distinct ways, one behind the other.
        starts: where a way begins in `ids`, type by type, N variants each.
        sizes: how many pieces it has, in the same order.
        n_variants: N; 1 when there are only the plain ones.
    """

    ids: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    n_variants: int

    def choose(self, types: np.ndarray, positions: np.ndarray, purpose: int) -> np.ndarray:
        """The row of each word in `starts` and `sizes`, its variant drawn.

        Args:
            types: of each word.
            positions: of each word in the corpus.
            purpose: `chance.key` of seed, epoch and side.
        """
        rows = types.astype(np.int64) * self.n_variants
        if self.n_variants > 1:
            rows += (chance.draw(purpose, positions) % np.uint64(self.n_variants)).astype(np.int64)
        return rows

    def plain(self, types: np.ndarray) -> np.ndarray:
        """The row of each word in `starts` and `sizes`, without chance."""
        return types.astype(np.int64) * self.n_variants

    def expand(self, rows: np.ndarray) -> np.ndarray:
        """The pieces of all words, one behind the other."""
        return self.ids[spans(self.starts[rows].astype(np.int64), self.sizes[rows].astype(np.int64))]


def spans(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The indices start, start + 1, ... of several spans, one behind the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(total)


def segment(words: Iterable[str], tokenizer: Tokenizer, *, dropout: float, seed: int) -> Iterator[Segmentations]:
    """Cut word types in all ways, some thousand types at a time.

    Args:
        words: word types as `Tokenizer.word_types` gives them.
        tokenizer: whose merges are used.
        dropout: probability of leaving a merge out; 0 gives the plain segmentation only.
        seed: of the variants.
    """
    merges = _Merges.of(tokenizer)
    remaining = iter(words)
    n_variants = N_VARIANTS if dropout > 0 else 1
    done = 0
    while chunk := list(islice(remaining, _CHUNK)):
        bits = np.random.PCG64(chance.key(seed, done))
        plain = [tokenizer.word_ids(word) for word in chunk]
        ways = [(np.arange(len(chunk)), np.zeros(len(chunk), np.int64), *_ragged(plain))]
        if n_variants > 1:
            ways += _dropped([merges.symbols(word) for word in chunk], merges, dropout, n_variants, bits)
        yield _packed(ways, len(chunk), n_variants)
        done += len(chunk)


Ways = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Of some ways to cut: the type, the variant, a padded row of pieces, and how many pieces it has."""


def _ragged(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.array([len(row) for row in rows], dtype=np.int64)
    padded = np.full((len(rows), int(sizes.max(initial=1))), -1, dtype=np.int32)
    padded[np.arange(padded.shape[1]) < sizes[:, None]] = [token for row in rows for token in row]
    return padded, sizes


def _dropped(
    symbols: list[list[int]], merges: "_Merges", dropout: float, n_variants: int, bits: np.random.PCG64
) -> Iterator[Ways]:
    """All variants but the plain one; words of equal length together, so that no row is padded."""
    lengths = np.array([len(row) for row in symbols])
    for length in range(2, MAX_SYMBOLS + 1):
        types = np.flatnonzero(lengths == length)
        if len(types):
            start = np.repeat(np.array([symbols[index] for index in types], np.int32), n_variants - 1, axis=0)
            pieces, sizes = drop_merges(start, merges, dropout, bits)
            yield np.repeat(types, n_variants - 1), np.tile(np.arange(1, n_variants), len(types)), pieces, sizes


def drop_merges(
    symbols: np.ndarray, merges: "_Merges", dropout: float, bits: np.random.PCG64
) -> tuple[np.ndarray, np.ndarray]:
    """Byte-pair encoding with dropout of words of equal length, all at once.

    Args:
        symbols: a row of piece ids for each word, one for each of its characters.
        merges: of the tokenizer.
        dropout: probability of leaving out a merge at a step.
        bits: where chance comes from.
    Returns:
        The pieces of each word, -1 behind them, and how many there are.
    """
    n_words, length = symbols.shape
    pieces = np.full((n_words, length), -1, dtype=np.int32)
    sizes = np.zeros(n_words, dtype=np.int64)
    threshold = round(dropout * (1 << 16))
    rows = np.arange(n_words)
    ranks = merges.rank(symbols[:, :-1], symbols[:, 1:])
    while len(rows):
        n_pairs = symbols.shape[1] - 1
        kept = _uniform(bits, ranks.shape) >= threshold
        offered = np.where(kept, ranks, _NEVER)
        place = offered.argmin(axis=1) if n_pairs else np.zeros(len(rows), np.int64)
        best = offered[np.arange(len(rows)), place] if n_pairs else np.full(len(rows), _NEVER)
        ended = best == _NEVER
        pieces[rows[ended], : n_pairs + 1] = symbols[ended]
        sizes[rows[ended]] = n_pairs + 1
        going = ~ended
        rows, symbols, ranks, place, best = rows[going], symbols[going], ranks[going], place[going], best[going]
        symbols, ranks = _merged(symbols, ranks, place, merges.joined[best], merges)
    return pieces, sizes


def _merged(
    symbols: np.ndarray, ranks: np.ndarray, place: np.ndarray, joined: np.ndarray, merges: "_Merges"
) -> tuple[np.ndarray, np.ndarray]:
    """Every row is one shorter: at `place` two symbols became `joined`, and their neighbours have new pairs."""
    every = np.arange(len(place))
    columns = np.arange(symbols.shape[1] - 1)
    symbols = np.take_along_axis(symbols, columns + (columns > place[:, None]), axis=1)
    symbols[every, place] = joined
    if symbols.shape[1] < 2:
        return symbols, ranks[:, :0]
    ranks = np.take_along_axis(ranks, columns[:-1] + (columns[:-1] >= place[:, None]), axis=1)
    for left in (place - 1, place):
        fits = (left >= 0) & (left < ranks.shape[1])
        row, at = every[fits], left[fits]
        ranks[row, at] = merges.rank(symbols[row, at], symbols[row, at + 1])
    return symbols, ranks


def _uniform(bits: np.random.PCG64, shape: tuple[int, ...]) -> np.ndarray:
    """16-bit random numbers, from the generator's raw output, which numpy promises never to change."""
    n = int(np.prod(shape))
    raw = np.asarray(bits.random_raw(n // 4 + 1), dtype=np.uint64)
    return raw.view(np.uint16)[:n].reshape(shape)


def _packed(ways: list[Ways], n_types: int, n_variants: int) -> Segmentations:
    """One table of all ways; equal ways of a type share their pieces."""
    width = max(pieces.shape[1] for _, _, pieces, _ in ways)
    slots = np.concatenate([types * n_variants + variants for types, variants, _, _ in ways])
    pieces = np.full((len(slots), width), -1, dtype=np.int32)
    edge = 0
    for _, _, rows, _ in ways:
        pieces[edge : edge + len(rows), : rows.shape[1]] = rows
        edge += len(rows)
    sizes = np.concatenate([sizes for _, _, _, sizes in ways])
    marks = chance.draw(0, pieces.astype(np.int64) + np.arange(width) * (1 << 32)).sum(axis=1, dtype=np.uint64)
    types = (slots // n_variants).astype(np.uint64)
    _, first, same = np.unique(chance.draw(1, types) ^ marks, return_index=True, return_inverse=True)
    flat_starts = np.cumsum(sizes[first]) - sizes[first]
    starts = np.zeros(n_types * n_variants, np.int64)
    counts = np.zeros(n_types * n_variants, np.int64)
    plain = np.argsort(slots[:n_types])
    starts[:] = np.repeat(flat_starts[same[plain]], n_variants)
    counts[:] = np.repeat(sizes[plain], n_variants)
    starts[slots] = flat_starts[same]
    counts[slots] = sizes
    kept = pieces[first]
    return Segmentations(kept[kept >= 0], starts, counts, n_variants)


class _Merges:
    """The merges of a tokenizer as sorted arrays.

    Args:
        keys: left * vocab_size + right, ascending.
        ranks: which merge that is.
        joined: piece that a merge makes, by rank.
        letters: piece of each character that has one.
        tokenizer: spells the other characters.
    """

    def __init__(
        self, keys: np.ndarray, ranks: np.ndarray, joined: np.ndarray, letters: dict[str, int], tokenizer: Tokenizer
    ) -> None:
        self.keys, self.ranks, self.joined, self.letters = keys, ranks, joined, letters
        self.tokenizer = tokenizer

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> "_Merges":
        ids = {tokenizer.piece(token): token for token in range(tokenizer.vocab_size)}
        keys = [ids[left] * tokenizer.vocab_size + ids[right] for left, right in tokenizer.merges]
        order = np.argsort(np.array(keys, np.int64), kind="stable")
        joined = np.array([ids[left + right] for left, right in tokenizer.merges] + [0], np.int32)
        letters = {piece: token for piece, token in ids.items() if len(piece) == 1}
        return cls(np.array(keys, np.int64)[order], order.astype(np.int32), joined, letters, tokenizer)

    def symbols(self, word: str) -> list[int]:
        """The pieces that a word is made of before anything is merged."""
        symbols: list[int] = []
        for letter in word:
            token = self.letters.get(letter)
            symbols += self.tokenizer.word_ids(letter) if token is None else (token,)
        return symbols

    def rank(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Which merge joins two pieces; _NEVER when none does."""
        if not len(self.keys):
            return np.full(left.shape, _NEVER, dtype=np.int32)
        wanted = left.astype(np.int64) * self.tokenizer.vocab_size + right
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[found] == wanted, self.ranks[found], _NEVER)
