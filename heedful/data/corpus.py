"""A corpus on disk: each sentence as the numbers of its word types, memory-mapped, so that its size does not matter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.data import chance
from heedful.data.segmentation import Segmentations, spans
from heedful.data.text import Side
from heedful.errors import RunError

SIDES: tuple[Side, Side] = ("source", "target")
_SENTENCES_AT_ONCE = 1 << 15
_WORDS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Contents:
    """What a corpus holds, and what was left out.

    Args:
        n_pairs: sentence pairs stored.
        n_empty: pairs left out because a side is empty or white.
        n_long: pairs left out because a side has more than `max_tokens` pieces.
        n_types: word types, single pieces counted.
        n_variants: segmentations of each word type.
        max_tokens: the most pieces a sentence may have.
        dropout: probability of leaving out a merge in the variants.
        seed: of the variants.
        tokenizer: SHA-256 of the tokenizer's JSON.
        first_long: line of the first pair left out for its length; 0 when there is none.
    """

    n_pairs: int
    n_empty: int
    n_long: int
    n_types: int
    n_variants: int
    max_tokens: int
    dropout: float
    seed: int
    tokenizer: str
    first_long: int = 0


class Corpus:
    """Sentence pairs on disk, as `build_shards` left them.

    Args:
        contents: what it holds.
        columns: arrays by name.
        segmentations: the ways to cut each word type.
    """

    def __init__(self, contents: Contents, columns: Mapping[str, np.ndarray], segmentations: Segmentations) -> None:
        self.contents = contents
        self.n_pairs = contents.n_pairs
        self.lines = columns["lines"]
        self._words = {side: columns[f"{side}.words"] for side in SIDES}
        self._starts = {side: columns[f"{side}.starts"] for side in SIDES}
        self._lengths = {side: columns[f"{side}.lengths"] for side in SIDES}
        self._segmentations = segmentations

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Map the arrays of a folder into memory; nothing is read yet.

        Raises:
            RunError: the folder is no corpus, or a file is missing or cut.
        """
        folder = Path(folder)
        try:
            contents = Contents(**json.loads((folder / "contents.json").read_text(encoding="utf-8")))
            columns = {path.stem: np.asarray(np.load(path, mmap_mode="r")) for path in folder.glob("*.npy")}
            cut = Segmentations(
                columns["pieces.ids"], columns["pieces.starts"], columns["pieces.sizes"], contents.n_variants
            )
            corpus = cls(contents, columns, cut)
        except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"{folder} does not hold a whole corpus ({error}); delete it and build it again") from None
        if any(len(corpus.lengths(side)) != contents.n_pairs for side in SIDES):
            raise RunError(f"{folder} holds a damaged corpus; delete it and build it again")
        return corpus

    @property
    def regularised(self) -> bool:
        """Whether word types have more than their plain segmentation."""
        return self._segmentations.n_variants > 1

    def lengths(self, side: Side) -> np.ndarray:
        """Pieces of every sentence, cut plainly."""
        return self._lengths[side]

    def epoch_lengths(self, side: Side, seed: int, epoch: int) -> np.ndarray:
        """Pieces of every sentence as it is cut in an epoch."""
        lengths = np.empty(self.n_pairs, dtype=np.int32)
        starts, purpose = self._starts[side], _purpose(side, seed, epoch)
        for low in range(0, self.n_pairs, _SENTENCES_AT_ONCE):
            edges = starts[low : low + _SENTENCES_AT_ONCE + 1]
            types = self._words[side][edges[0] : edges[-1]]
            rows = self._segmentations.choose(types, np.arange(edges[0], edges[-1]), purpose)
            counts = np.add.reduceat(self._segmentations.sizes[rows], edges[:-1] - edges[0])
            lengths[low : low + len(counts)] = counts
        return lengths

    def gather(
        self, side: Side, indices: np.ndarray, seed: int, epoch: int, plain: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The pieces of some sentences as they are cut in an epoch.

        Args:
            side: of the pairs.
            indices: of the pairs, in any order.
            seed: of the training.
            epoch: of the training.
            plain: bool for each index, True where the sentence is to be cut plainly.
        Returns:
            The pieces one sentence behind the other, and the number of pieces of each sentence.
        """
        begins = self._starts[side][indices]
        counts = self._starts[side][indices + 1] - begins
        positions = spans(begins, counts)
        types = self._words[side][positions]
        rows = self._segmentations.choose(types, positions, _purpose(side, seed, epoch))
        if plain.any():
            rows = np.where(np.repeat(plain, counts), self._segmentations.plain(types), rows)
        sizes = self._segmentations.sizes[rows]
        lengths = np.add.reduceat(sizes, np.cumsum(counts) - counts).astype(np.int64)
        return self._segmentations.expand(rows), lengths

    def token_counts(self, vocab_size: int) -> np.ndarray:
        """How often each token stands in the text of both sides, cut plainly: (V,) int64."""
        n_types = self.contents.n_types
        counts = np.zeros(n_types, np.int64)
        for words in self._words.values():
            for low in range(0, len(words), _WORDS_AT_ONCE):
                counts += np.bincount(words[low : low + _WORDS_AT_ONCE], minlength=n_types)
        rows = self._segmentations.plain(np.arange(n_types))
        repeated = np.repeat(counts, self._segmentations.sizes[rows])
        # Weights are float64, exact up to 2^53.
        found = np.bincount(self._segmentations.expand(rows), weights=repeated, minlength=vocab_size)
        return found.astype(np.int64)

    def tokens(self, side: Side, index: int, *, seed: int = 0, epoch: int = 0, plain: bool = True) -> list[int]:
        """The pieces of one sentence, cut plainly or as in an epoch."""
        flat, _ = self.gather(side, np.array([index]), seed, epoch, np.array([plain]))
        return [int(token) for token in flat]


def _purpose(side: Side, seed: int, epoch: int) -> int:
    return chance.key(seed, epoch, SIDES.index(side))
