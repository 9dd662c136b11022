"""A corpus on disk: each sentence as the numbers of its word types, memory-mapped, so that its size does not matter."""

import hashlib
import json
import os
import shutil
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from heedful.data import chance
from heedful.data.segmentation import Segmentations, segment, spans
from heedful.data.text import Side
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, RunError

SIDES: tuple[Side, Side] = ("source", "target")
# Beyond this many word types, new ones are stored as their pieces: it bounds the memory of the build.
MAX_TYPES = 2_000_000
MAX_CHUNKS, MAX_CHUNK_LENGTH = 1 << 18, 40
# No piece is longer, so a text of more characters than this for each token allowed is too long without cutting it.
_MAX_PIECE_LENGTH = 16
_DTYPES = {"words": "I", "starts": "q", "lengths": "i", "lines": "q"}
_SENTENCES_AT_ONCE = 1 << 15


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

    def tokens(self, side: Side, index: int, *, seed: int = 0, epoch: int = 0, plain: bool = True) -> list[int]:
        """The pieces of one sentence, cut plainly or as in an epoch."""
        flat, _ = self.gather(side, np.array([index]), seed, epoch, np.array([plain]))
        return [int(token) for token in flat]


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
        raise DataError(
            f"training needs at least 2 pairs with text on both sides: got {writer.n_pairs} ({writer.n_empty} left out "
            f"as empty, {writer.n_long} as longer than {writer.max_tokens} tokens); give more text"
        )


def _purpose(side: Side, seed: int, epoch: int) -> int:
    return chance.key(seed, epoch, SIDES.index(side))


def _write_segmentations(folder: Path, types: Iterable[str], tokenizer: Tokenizer, dropout: float, seed: int) -> int:
    """The ways to cut every type: first the single pieces, in the order of their ids, then the words."""
    n_ids, n_variants = 0, 1
    wide = "H" if tokenizer.vocab_size <= 1 << 16 else "I"
    with _Column(folder / "pieces.ids", wide) as ids, _Column(folder / "pieces.starts", "q") as starts:
        with _Column(folder / "pieces.sizes", "H") as sizes:
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


class _Column:
    """A one-dimensional array that grows on disk: a .npy file whose header is written last."""

    def __init__(self, path: Path, typecode: str) -> None:
        self.path = path.with_name(path.name + ".npy")
        self.dtype = np.dtype(typecode)
        self.count = 0
        self.file: BinaryIO = self.path.open("wb")
        self._data_start = self._header()

    def write(self, values: "np.ndarray | array[int]") -> None:
        """Append numbers."""
        block = np.asarray(values).astype(self.dtype, copy=False)
        self.file.write(block.tobytes())
        self.count += len(block)

    def _header(self) -> int:
        """Write it at the start; numpy pads it with room for the count to grow. Returns where the numbers begin."""
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.count,)}
        np.lib.format.write_array_header_1_0(self.file, header)
        return self.file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.file:
            data_start = self._data_start
            self.file.seek(0)
            assert self._header() == data_start, "the header of a column outgrew its room"
            self.file.flush()
            os.fsync(self.file.fileno())


class _Writer:
    """Turns sentences into word types and appends them to the columns."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, max_tokens: int) -> None:
        self.tokenizer, self.max_tokens = tokenizer, max_tokens
        self.n_pairs = self.n_empty = self.n_long = self.first_long = 0
        self.types: dict[str, int] = {}
        self._chunks: dict[str, tuple[list[int], int]] = {}
        names = ["lines", *(f"{side}.{name}" for side in SIDES for name in ("words", "starts", "lengths"))]
        self._columns = {name: _Column(folder / name, _DTYPES[name.split(".")[-1]]) for name in names}
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
        if len(text) > self.max_tokens * _MAX_PIECE_LENGTH:
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
        self._flush()
        for column in self._columns.values():
            column.__exit__(kind, error, trace)
