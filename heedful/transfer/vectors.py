"""Word vectors as they are published, in the text of GloVe and in the text and the binary form of word2vec.

Which of them a file is follows from its content, never from its name. A first line of two whole numbers says how many
vectors follow and how wide they are (word2vec); without one, the first row says how wide they are (GloVe). A row is
read from its right end, because words may hold spaces. Every row must have as many numbers as the first; the numbers of
a word that nobody asks for are not looked at, and not kept.

Source:
    Mikolov et al. 2013, arXiv:1301.3781; Pennington et al. 2014, "GloVe: Global Vectors for Word Representation".
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from heedful.data.text import MAX_LINE_BYTES, UNREADABLE, opened, skip_bom, unreadable
from heedful.errors import DataError

# Wider than any vectors; it bounds the memory that a damaged first line can ask for.
MAX_WIDTH = 1 << 16
_HEADER = re.compile(rb"\s*(\d{1,15})\s+(\d{1,15})\s*")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_FRACTION = re.compile(rb"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_READ_AT_ONCE = 1 << 20
# A row, counted as its lines or its vectors are: its number, its word, its numbers as they stand in the file.
Row = tuple[int, bytes, bytes]


@dataclass(frozen=True)
class Layout:
    """How a file of vectors is laid out.

    Args:
        width: numbers in each vector, E.
        n_rows: how many vectors the first line promises; None without such a line.
        is_binary: whether numbers are float32, the lowest byte first, and not text.
    """

    width: int
    n_rows: int | None
    is_binary: bool

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at the beginning of a file.

        Raises:
            DataError: it cannot be read, or does not begin as one of the three forms does.
        """
        try:
            with opened(path) as file:
                skip_bom(path, file)
                head = file.read(_READ_AT_ONCE)
        except UNREADABLE as error:
            raise unreadable(path, error, "at its beginning") from None
        first, _, rest = head.partition(b"\n")
        header = _HEADER.fullmatch(first)
        if header:
            n_rows, width = int(header[1]), int(header[2])
        else:
            n_rows, width = None, _trailing_numbers(first.rstrip(b" \r").split(b" ")[1:])
        if not head.strip() or n_rows == 0:
            raise DataError(f"{path} holds no vectors: expected a word and its numbers in each row; fetch it again")
        if not 1 <= width <= MAX_WIDTH:
            raise DataError(
                f"{path}:1 gives vectors of {width:,} numbers: expected 1 to {MAX_WIDTH:,}, each after a space behind "
                "the word, or a first line of two: how many vectors, and their width; is this a file of word vectors?"
            )
        return cls(width, n_rows, header is not None and _seems_binary(rest, width))

    def place(self, path: Path, number: int) -> str:
        """Where a row stands, for messages."""
        return f"{path}, vector {number:,}" if self.is_binary else f"{path}:{number}"


@dataclass(frozen=True)
class WordVectors:
    """The vectors of some words.

    Args:
        path: the file that they are from.
        rows: where the vector of each word stands in `values`.
        values: (N, E) float32.
        n_rows: vectors in the file.
        n_repeated: rows left out because the same word, one of those kept, had come before.
    """

    path: Path
    rows: Mapping[str, int]
    values: Tensor
    n_rows: int
    n_repeated: int

    def find(self, word: str) -> int | None:
        """The row of a word as it is written, or else of its lower-cased form."""
        row = self.rows.get(word)
        return self.rows.get(word.lower()) if row is None else row


def read_vectors(path: Path, words: Iterable[str]) -> WordVectors:
    """Read the vectors of some words, and of their lower-cased forms; memory holds these and no others.

    Args:
        path: GloVe text, word2vec text or word2vec binary; plain or gzip.
        words: that are asked for.
    Raises:
        DataError: the file cannot be read, is none of these, is cut short, a row has too few or too many numbers, or
            the vector of one of the words is not made of finite numbers.
    """
    layout = Layout.of(path)
    wanted = {form.encode() for word in words for form in (word, word.lower())}
    rows: dict[str, int] = {}
    values: list[np.ndarray] = []
    n_rows = n_repeated = 0
    try:
        with opened(path) as file:
            skip_bom(path, file)
            read = _binary_rows if layout.is_binary else _text_rows
            for number, word, numbers in read(path, file, layout):
                n_rows += 1
                if word not in wanted:
                    continue
                text = word.decode()
                if text in rows:
                    n_repeated += 1
                else:
                    rows[text] = len(values)
                    values.append(_vector(numbers, layout, layout.place(path, number), text))
    except UNREADABLE as error:
        raise unreadable(path, error, f"after vector {n_rows:,}") from None
    stacked = np.stack(values) if values else np.empty((0, layout.width), np.float32)
    return WordVectors(path, rows, torch.from_numpy(stacked), n_rows, n_repeated)


def _trailing_numbers(fields: list[bytes]) -> int:
    """How many fields at the end are numbers."""
    words = [index for index, field in enumerate(fields, 1) if not _NUMBER.fullmatch(field)]
    return len(fields) - (words[-1] if words else 0)


def _seems_binary(rest: bytes, width: int) -> bool:
    """Whether what follows a first line of two numbers is no text."""
    if _trailing_numbers(rest.partition(b"\n")[0].rstrip(b" \r").split(b" ")) >= width:
        return False
    try:
        # The end of what was read may lie inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(rest)
    except UnicodeDecodeError:
        return True
    return _CONTROL.search(rest) is not None


def _text_rows(path: Path, file: "io.BufferedReader[Any]", layout: Layout) -> Iterator[Row]:
    width, number, n_rows = layout.width, 0, 0
    if layout.n_rows is not None:
        file.readline(MAX_LINE_BYTES)
        number = 1
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        n_rows += 1
        if len(raw) > MAX_LINE_BYTES:
            raise DataError(
                f"{path}:{number} is longer than {MAX_LINE_BYTES:,} bytes: expected a word and {width:,} numbers"
            )
        row = raw.rstrip(b" \r\n")
        n_spaces = row.count(b" ")
        # Words with spaces are rare, and splitting every row would cost more than all the rest.
        word = row[: row.index(b" ")] if n_spaces == width else row.rsplit(b" ", width)[0]
        if n_spaces < width or _FRACTION.fullmatch(word.rpartition(b" ")[2] if b" " in word else b""):
            found = _trailing_numbers(row.split(b" ")[1:])
            raise DataError(
                f"{path}:{number} has {found:,} numbers behind its word: expected {width:,}, as the first line says; "
                "mend the row, or fetch the file again"
            )
        yield number, word.rstrip(b" "), row[len(word) + 1 :]
    _check_count(path, layout, n_rows)


def _binary_rows(path: Path, file: "io.BufferedReader[Any]", layout: Layout) -> Iterator[Row]:
    assert layout.n_rows is not None, "binary files have a first line"
    n_bytes = 4 * layout.width
    file.readline(MAX_LINE_BYTES)
    held, start = b"", 0
    for number in range(1, layout.n_rows + 1):
        while (end := held.find(b" ", start)) < 0 or len(held) < end + 1 + n_bytes:
            more = file.read(_READ_AT_ONCE)
            if not more and not held[start:].strip(b"\n"):
                _check_count(path, layout, number - 1)
            if not more or (end < 0 and len(held) - start > MAX_LINE_BYTES):
                raise DataError(
                    f"{layout.place(path, number)} is not whole: expected a word, a space and {n_bytes:,} bytes; fetch "
                    "the file again"
                )
            held, start = held[start:] + more, 0
        yield number, held[start:end].lstrip(b"\n"), held[end + 1 : end + 1 + n_bytes]
        start = end + 1 + n_bytes
    if (held[start:] + file.read(2)).strip(b"\n"):
        raise DataError(
            f"{path} goes on behind its {layout.n_rows:,} vectors, which its first line promises; fetch it again"
        )


def _check_count(path: Path, layout: Layout, n_rows: int) -> None:
    if layout.n_rows not in (None, n_rows):
        raise DataError(
            f"{path} holds {n_rows:,} vectors: expected {layout.n_rows:,}, as its first line says; fetch it again"
        )


def _vector(numbers: bytes, layout: Layout, place: str, word: str) -> np.ndarray:
    """The numbers of a row: (E,) float32."""
    if layout.is_binary:
        values = np.frombuffer(numbers, "<f4").astype(np.float32)
    else:
        fields = numbers.split(b" ")
        wrong = next((field for field in fields if not _NUMBER.fullmatch(field)), None)
        if wrong is not None:
            said = wrong.decode("utf-8", "replace")
            raise DataError(f"{place}: the vector of {word!r} holds {said!r}: expected numbers; mend the row")
        with np.errstate(over="ignore"):
            values = np.array([float(field) for field in fields]).astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(f"{place}: the vector of {word!r} holds NaN or infinite numbers; mend the row, or take it out")
    return values
