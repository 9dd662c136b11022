"""How well a training text knows other sentences: how often it holds their rarest word, and whether it holds them."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.data import chance
from heedful.data.corpus import Corpus
from heedful.data.languages import UNSPACED_SCRIPTS, script_of
from heedful.data.segmentation import spans
from heedful.data.text import Side, identity
from heedful.data.tokenizer import Tokenizer
from heedful.errors import RunError

_SENTENCES_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Familiarity:
    """What a training text holds of some sentences.

    Args:
        rarest: how often the rarest word of each sentence occurs in it; 0 with a word that never occurs, -1 without any
            word. Case does not count; a digit and a mark are words, and so is each character of a script without
            spaces. Beyond `shards.MAX_TYPES` word types, those that came last are taken for never read.
        seen: bool for each sentence, True where it occurs as a whole; case and white space do not count.
    """

    rarest: np.ndarray
    seen: np.ndarray


def familiarity(folder: Path, side: Side, tokenizer: Tokenizer, sentences: Sequence[str]) -> Familiarity:
    """Look sentences up in a corpus.

    Args:
        folder: where `build_shards` left it.
        side: of the pairs, in the language of the sentences.
        tokenizer: that cut the corpus.
        sentences: in any order.
    Raises:
        RunError: the folder does not hold a whole corpus.
    """
    words = _Words(folder, side, tokenizer)
    counts: Counter[str] = Counter()
    for text, count in zip(words.texts, words.counts, strict=True):
        for unit in _units(text):
            counts[unit] += int(count)
    units = [[unit for word in tokenizer.word_types(sentence) for unit in _units(word)] for sentence in sentences]
    rarest = [min((counts[unit] for unit in row), default=-1) for row in units]
    found = words.occurring(sentences)
    return Familiarity(
        np.array(rarest, np.int64), np.array([identity(sentence) in found for sentence in sentences], bool)
    )


class _Words:
    """One side of a corpus as the word types that occur in it.

    Args:
        folder: of the corpus.
        side: of the pairs.
        tokenizer: that cut it.
    """

    def __init__(self, folder: Path, side: Side, tokenizer: Tokenizer) -> None:
        self.corpus, self.side, self.tokenizer = Corpus.open(folder), side, tokenizer
        try:
            names = (f"{side}.words", f"{side}.starts", "pieces.ids", "pieces.starts", "pieces.sizes")
            self._words, self._starts, ids, starts, sizes = (
                np.load(folder / f"{name}.npy", mmap_mode="r") for name in names
            )
        except (OSError, EOFError, ValueError) as error:
            raise RunError(f"{folder} does not hold a whole corpus ({error}); restore it from a copy") from None
        contents = self.corpus.contents
        if self._starts[-1] != len(self._words):
            raise RunError(f"{folder} does not hold a whole corpus (words are missing); restore it from a copy")
        every = np.zeros(contents.n_types, np.int64)
        for block, _ in self._blocks():
            every += np.bincount(block, minlength=contents.n_types)
        self._types = np.flatnonzero(every)
        self.counts = every[self._types]
        rows = self._types * contents.n_variants
        pieces = ids[spans(starts[rows], sizes[rows].astype(np.int64))].tolist()
        ends = np.cumsum(sizes[rows], dtype=np.int64).tolist()
        self.texts = [tokenizer.decode(pieces[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def occurring(self, sentences: Sequence[str]) -> set[int]:
        """The `identity` of each sentence that occurs in this side."""
        bags = np.zeros(self.corpus.contents.n_types, np.uint64)
        bags[self._types] = _bags([self._letters(*word) for word in zip(self._types.tolist(), self.texts, strict=True)])
        wanted = {identity(sentence) for sentence in sentences} - {0}
        bags_wanted = _bags([_folded(sentence).encode() for sentence in sentences])
        found: set[int] = set()
        first = 0
        for block, edges in self._blocks():
            # Only sentences of the same characters are spelt out: few, and no equal one is missed.
            sums = np.add.reduceat(bags[block], edges)
            for index in first + np.flatnonzero(np.isin(sums, bags_wanted)):
                found.add(identity(self.tokenizer.decode(self.corpus.tokens(self.side, int(index)))))
            first += len(edges)
        return found & wanted

    def _letters(self, word_type: int, text: str) -> bytes:
        """A word type as it takes part in a bag; past the most types of a corpus it may be a byte of a character."""
        is_part = text == "\ufffd" and self.tokenizer.is_byte(word_type)
        return bytes([word_type - self.tokenizer.n_specials]) if is_part else _folded(text).encode()

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The types of some thousand sentences after another, and where each sentence begins among them."""
        for low in range(0, self.corpus.n_pairs, _SENTENCES_AT_ONCE):
            edges = self._starts[low : low + _SENTENCES_AT_ONCE + 1]
            yield self._words[edges[0] : edges[-1]], edges[:-1] - edges[0]


def _units(word: str) -> Iterator[str]:
    """The words of a word type: itself, or its characters in a script without spaces; none of white space."""
    folded = _folded(word)
    if folded and script_of(folded[0]) in UNSPACED_SCRIPTS:
        yield from folded
    elif folded:
        yield folded


def _folded(text: str) -> str:
    """As `identity` reads it, without any white space."""
    return "".join((text if text.isascii() else unicodedata.normalize("NFC", text)).casefold().split())


def _bags(texts: Sequence[bytes]) -> np.ndarray:
    """A number for the bytes of each text, in whatever order: that of a sentence is the sum of its words'."""
    letters = np.frombuffer(b"".join(texts), np.uint8)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(chance.draw(0, letters), dtype=np.uint64)])
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    return np.asarray(np.diff(sums[ends], prepend=sums[:1]))
