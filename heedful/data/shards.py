"""Building a corpus on disk: every sentence cut into word types, every word type cut once, in all ways."""

import hashlib
import json
import shutil
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from heedful.data import chance
from heedful.data.column import Column
from heedful.data.corpus import SIDES, Contents, Corpus
from heedful.data.segmentation import Segmentations, segment
from heedful.data.tokenizer import Tokenizer
from heedful.data.vocabulary import MAX_PIECE
from heedful.errors import DataError, RunError

__all__ = ["Contents", "Corpus", "build_shards", "fingerprint"]

# Beyond this many word types, new ones are stored as their pieces: it bounds the memory of the build.
MAX_TYPES = 2_000_000
MAX_CHUNKS, MAX_CHUNK_LENGTH = 1 << 18, 40
_DTYPES = {"words": "I", "starts": "q", "lengths": "i", "lines": "q"}
_SENTENCES_AT_ONCE = 1 << 15


def build_shards(
    pairs: Iterable[tuple[str, str]],
    tokenizer: Tokenizer,
    folder: Path,
    *,
    max_tokens: int = 256,
    dropout: float = 0.0,
    seed: int = 0,
    skip: np.ndarray | None = None,
) -> Corpus:
    """Cut a text once, and keep it on disk.

    Args:
        pairs: such as `ParallelText.pairs()`; read once, in order.
        tokenizer: of the model.
        folder: is made; what is incomplete never bears its name.
        max_tokens: pairs with more pieces on a side are left out, and counted.
        dropout: probability of leaving out a merge when word types are cut in several ways; 0 cuts plainly only.
        seed: of these ways.
        skip: bool for each line, True where the pair is left out (held out for testing).
    Raises:
        DataError: fewer than two usable pairs.
        RunError: the folder exists.
    """
    folder = Path(folder)
    if folder.exists():
        raise RunError(f"{folder} exists: expected a new name for the corpus; delete it or open it")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with _Writer(partial, tokenizer, max_tokens) as writer:
            for line, (source, target) in enumerate(pairs):
                if skip is None or not skip[line]:
                    writer.add(line, source, target)
        _require_pairs(writer)
        n_variants = _write_segmentations(partial, writer.types, tokenizer, dropout, seed)
        digest = fingerprint(tokenizer)
        counts = (writer.n_pairs, writer.n_empty, writer.n_long, tokenizer.vocab_size + len(writer.types), n_variants)
        contents = Contents(*counts, max_tokens, dropout, seed, digest, writer.first_long)
        (partial / "contents.json").write_text(json.dumps(asdict(contents), indent=1) + "\n", encoding="utf-8")
        partial.rename(folder)
    except OSError as error:
        raise RunError(
            f"cannot write the corpus {folder}: {error.strerror}; free space, or choose another place"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Corpus.open(folder)


def fingerprint(tokenizer: Tokenizer) -> str:
    """What tells whether a corpus was cut by this tokenizer: `Contents.tokenizer`."""
    return hashlib.sha256(tokenizer.to_json().encode()).hexdigest()


def _require_pairs(writer: "_Writer") -> None:
    if writer.n_pairs < 2:
        advice = "give shorter texts, or a model that reads longer ones" if writer.n_long else "give more text"
        raise DataError(
            f"training needs at least 2 pairs with text on both sides: got {writer.n_pairs} ({writer.n_empty} left out "
            f"as empty, {writer.n_long} as longer than {writer.max_tokens} tokens); {advice}"
        )


def _write_segmentations(folder: Path, types: Iterable[str], tokenizer: Tokenizer, dropout: float, seed: int) -> int:
    """The ways to cut every type: first the single pieces, in the order of their ids, then the words."""
    n_ids, n_variants = 0, 1
    wide = "H" if tokenizer.vocab_size <= 1 << 16 else "I"
    with Column(folder / "pieces.ids", wide) as ids, Column(folder / "pieces.starts", "q") as starts:
        with Column(folder / "pieces.sizes", "H") as sizes:
            for part in _all_types(types, tokenizer, dropout, seed):
                ids.write(part.ids)
                starts.write(part.starts + n_ids)
                sizes.write(part.sizes)
                n_ids += len(part.ids)
                n_variants = part.n_variants
    return n_variants


def _all_types(types: Iterable[str], tokenizer: Tokenizer, dropout: float, seed: int) -> Iterator[Segmentations]:
    pieces = (tokenizer.piece(token) for token in range(tokenizer.n_plain, tokenizer.vocab_size))
    for first, part in enumerate(segment(pieces, tokenizer, dropout=dropout, seed=seed)):
        if first == 0:
            alone = np.arange(tokenizer.n_plain)
            repeated = np.repeat(alone, part.n_variants)
            yield Segmentations(alone, repeated, np.ones_like(repeated), part.n_variants)
        yield part
    yield from segment(types, tokenizer, dropout=dropout, seed=chance.key(seed, 1))


class _Writer:
    """Turns sentences into word types and appends them to the columns."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, max_tokens: int) -> None:
        self.tokenizer, self.max_tokens = tokenizer, max_tokens
        self.n_pairs = self.n_empty = self.n_long = self.first_long = 0
        self.types: dict[str, int] = {}
        self._chunks: dict[str, tuple[list[int], int]] = {}
        names = ["lines", *(f"{side}.{name}" for side in SIDES for name in ("words", "starts", "lengths"))]
        with ExitStack() as opened:
            self._columns = {
                name: opened.enter_context(Column(folder / name, _DTYPES[name.split(".")[-1]])) for name in names
            }
            self._opened = opened.pop_all()
        self._buffers = {name: array(_DTYPES[name.split(".")[-1]]) for name in names}
        self._ends = dict.fromkeys(SIDES, 0)
        for side in SIDES:
            self._buffers[f"{side}.starts"].append(0)

    def add(self, line: int, source: str, target: str) -> None:
        """Store a pair, or count why not."""
        if not source.strip() or not target.strip():
            self.n_empty += 1
            return
        cut = [self._cut(source), self._cut(target)]
        if max(length for _, length in cut) > self.max_tokens:
            self.n_long += 1
            self.first_long = self.first_long or line + 1
            return
        for side, (words, length) in zip(SIDES, cut, strict=True):
            self._ends[side] += len(words)
            self._buffers[f"{side}.words"].extend(words)
            self._buffers[f"{side}.starts"].append(self._ends[side])
            self._buffers[f"{side}.lengths"].append(length)
        self._buffers["lines"].append(line)
        self.n_pairs += 1
        if self.n_pairs % _SENTENCES_AT_ONCE == 0:
            self._flush()

    def _cut(self, text: str) -> tuple[list[int], int]:
        """The word types of a sentence, and how many pieces they have."""
        # No piece has more characters than MAX_PIECE: such a text is too long, and need not be cut to know it.
        if len(text) > self.max_tokens * MAX_PIECE:
            return [], self.max_tokens + 1
        words: list[int] = []
        length = 0
        for chunk in self.tokenizer.chunks(text):
            known = self._chunks.get(chunk)
            if known is None:
                known = self._cut_chunk(chunk)
            words += known[0]
            length += known[1]
        return words, length

    def _cut_chunk(self, chunk: str) -> tuple[list[int], int]:
        words: list[int] = []
        length = 0
        for word in self.tokenizer.chunk_types(chunk):
            pieces = self.tokenizer.word_ids(word)
            length += len(pieces)
            known = self.types.get(word)
            if known is not None:
                words.append(known)
            elif len(pieces) == 1 or len(self.types) >= MAX_TYPES:
                words += pieces
            else:
                self.types[word] = self.tokenizer.vocab_size + len(self.types)
                words.append(self.types[word])
        if len(chunk) <= MAX_CHUNK_LENGTH and len(self._chunks) < MAX_CHUNKS:
            self._chunks[chunk] = words, length
        return words, length

    def _flush(self) -> None:
        for name, buffer in self._buffers.items():
            self._columns[name].write(buffer)
            del buffer[:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Every file is closed, also when the disk is full.
        with self._opened:
            if kind is None:
                self._flush()
