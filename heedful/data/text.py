"""Reading text: one sentence a line, plain or gzip, strict UTF-8, of any size; every fault with its file and line."""

import difflib
import gzip
import hashlib
import io
import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from heedful.data.drift import MAX_COMPARED, find_drift
from heedful.errors import DataError

Side = Literal["source", "target"]
# Longer than any sentence or document on one line; it bounds the memory that a file without line ends can take.
MAX_LINE_BYTES = 1 << 20

GZIP = b"\x1f\x8b"
# What reading an opened file may raise, besides what `opened` says itself.
UNREADABLE = (EOFError, zlib.error, OSError)
# What to do with text that is not UTF-8.
CONVERSION = "for example with iconv -f LATIN1 -t UTF-8 (Chinese: -f GB18030)"
_HALF = re.compile("[\ud800-\udfff]")
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def read_lines(path: Path) -> Iterator[str]:
    r"""The lines of a file, without their ends (LF or CRLF). U+2028, U+2029 and U+0085 stay inside a line.

    Raises:
        DataError: no such file, not UTF-8, a damaged gzip file, a NUL, a lone CR, or a line over MAX_LINE_BYTES.
    """
    path = Path(path)
    number = 0
    try:
        with opened(path) as file:
            start = skip_bom(path, file)
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                yield decoded(path, number, start, raw)
                start += len(raw)
    except UNREADABLE as error:
        raise unreadable(path, error, f"after line {number:,}") from None


def from_json(text: str) -> Any:
    """What a text in JSON says; for JSON that others wrote.

    Raises:
        ValueError: it is no JSON, nests too deep, or holds half a character, which no text file can.
    """
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("it nests too deep") from None
    # Only an escape puts half a character into a decoded line.
    if "\\u" in text and (half := _HALF.search(json.dumps(values, ensure_ascii=False))):
        raise ValueError(f"{half[0]!r} is half a character, a lone surrogate")
    return values


def identity(text: str) -> int:
    """A 64-bit number that is the same for the same sentence: case, normal form and white space do not count.

    Returns:
        0 for an empty or white text, else a number above 0.
    """
    words = (text if text.isascii() else unicodedata.normalize("NFC", text)).casefold().split()
    if not words:
        return 0
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()) or 1


@dataclass(frozen=True)
class ParallelText:
    """Sentences and their translations.

    Args:
        source: one sentence a line; or, when `target` is None, a TSV with two columns.
        target: line i is the translation of line i of `source`.
    """

    source: Path
    target: Path | None = None

    def path(self, side: Side) -> Path:
        """The file that holds a side."""
        return Path(self.source) if side == "source" or self.target is None else Path(self.target)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All pairs in the order of the lines, empty ones too.

        Raises:
            DataError: what `read_lines` refuses; an empty file; files of different length; a TSV line without one tab.
        """
        pairs = self._columns() if self.target is None else self._zipped(Path(self.target))
        first = next(pairs, None)
        if first is None:
            raise DataError(f"{self.source} is empty: expected one sentence a line; give a file that holds text")
        yield first
        yield from pairs

    def texts(self) -> Iterator[str]:
        """The sentences of both sides, pair by pair."""
        return chain.from_iterable(self.pairs())

    def _columns(self) -> Iterator[tuple[str, str]]:
        for number, line in enumerate(read_lines(self.source), 1):
            columns = line.split("\t")
            if len(columns) != 2:
                raise DataError(
                    f"{self.source}:{number} must hold exactly one tab, between source and target: got "
                    f"{len(columns) - 1}; mend the line, or give two files"
                )
            yield columns[0], columns[1]

    def _zipped(self, target: Path) -> Iterator[tuple[str, str]]:
        sources, targets = read_lines(self.source), read_lines(target)
        n_pairs = 0
        for source in sources:
            translation = next(targets, None)
            if translation is None:
                self._refuse(target, n_pairs + 1 + sum(1 for _ in sources), n_pairs)
            else:
                n_pairs += 1
                yield source, translation
        n_more = sum(1 for _ in targets)
        if n_more:
            self._refuse(target, n_pairs, n_pairs + n_more)

    def _refuse(self, target: Path, n_source: int, n_target: int) -> None:
        message = (
            f"{self.source} and {target} must have as many lines: got {n_source:,} and {n_target:,}, "
            "and line i of one must be the translation of line i of the other"
        )
        if not min(n_source, n_target):
            empty, other = (self.source, target) if not n_source else (target, self.source)
            n_expected = max(n_source, n_target)
            raise DataError(
                f"{empty} is empty: expected as many lines as {other} has, {n_expected:,}; restore it or name another"
            )
        lengths = [[len(line) for line in islice(read_lines(path), MAX_COMPARED)] for path in (self.source, target)]
        place = find_drift(*lengths)
        if place is None:
            raise DataError(f"{message}; where they drift apart cannot be told from their lengths; align them again")
        longer = self.source if n_source > n_target else target
        if place >= min(n_source, n_target):
            raise DataError(f"{message}; they match to the end of the shorter one, so cut the last lines of {longer}")
        raise DataError(
            f"{message}; they seem to drift apart near line {place + 1:,}: compare them there, {longer} has more"
        )


def decoded(name: Path | str, number: int, start: int, raw: bytes) -> str:
    """The text of a line.

    Args:
        name: of the file, for messages.
        number: of the line.
        start: bytes of the file before it.
        raw: with its end.
    Raises:
        DataError: not UTF-8, a NUL, a lone CR, or more than MAX_LINE_BYTES.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise DataError(
            f"{name}:{number} is longer than {MAX_LINE_BYTES:,} bytes: expected one sentence a line; "
            "split the text into lines"
        )
    raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}:{number} is not UTF-8: byte 0x{raw[error.start]:02X} at offset {start + error.start:,} (byte "
            f"{error.start + 1} of the line); convert the file, {CONVERSION}"
        ) from None
    if "\0" in text:
        raise DataError(f"{name}:{number} holds a NUL: expected text; is this a binary or a UTF-16 file?")
    if "\r" in text:
        raise DataError(
            f"{name}:{number} holds a carriage return inside the line: lines end in LF or CRLF; "
            "replace it, for example with tr '\\r' '\\n' in a file of old Mac lines"
        )
    return text


def refuse_wide(name: Path | str, head: bytes) -> None:
    """Refuse UTF-16 and UTF-32, which say at their beginning what they are.

    Args:
        name: of the file, for the message.
        head: its first four bytes, or more.
    Raises:
        DataError: it is one of them.
    """
    for mark, encoding in _WIDE_BOMS:
        if head.startswith(mark):
            raise DataError(f"{name} is {encoding}: expected UTF-8; convert it with iconv -f {encoding} -t UTF-8")


def skip_bom(path: Path, file: "io.BufferedReader[Any]") -> int:
    """Go behind the mark with which some editors begin a file.

    Returns:
        How many bytes it has: 3, or 0 where there is none.
    Raises:
        DataError: the mark is that of UTF-16 or UTF-32.
    """
    head = file.peek(4)[:4]
    refuse_wide(path, head)
    return len(file.read(3)) if head.startswith(_BOM) else 0


def unreadable(path: Path, error: Exception, place: str) -> DataError:
    """What is wrong with a file that fails while it is read.

    Args:
        path: the file.
        error: one of `UNREADABLE`.
        place: as "after line 7".
    """
    if isinstance(error, EOFError):
        return DataError(f"{path} is a gzip file cut short {place}; fetch it again")
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return DataError(f"{path} is a damaged gzip file ({error}) {place}; fetch it again")
    return DataError(f"{path} cannot be read {place}: {getattr(error, 'strerror', error)}; check the disk")


@contextmanager
def opened(path: Path) -> Iterator["io.BufferedReader[Any]"]:
    """The bytes of a file, unpacked where they are gzip; reading them may raise `UNREADABLE`.

    Raises:
        DataError: it is no file, or it cannot be opened.
    """
    try:
        # What is read twice would have lost its beginning, and a pipe that nobody writes to is waited for.
        if path.is_fifo():
            raise DataError(
                f"{path} is a pipe, and a text is read more than once: expected a file; write it to one, and name that"
            )
        file = path.open("rb")
    except IsADirectoryError:
        names = sorted(entry.name for entry in path.iterdir() if entry.is_file())[:3]
        inside = f", such as {', '.join(names)}" if names else ""
        raise DataError(f"{path} is a folder: expected a text file; name a file in it{inside}") from None
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"there is no file {path}{_nearest(path)}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}; expected a readable text file") from None
    with file:
        if file.peek(2)[:2] == GZIP:
            with gzip.GzipFile(fileobj=file) as unpacked, io.BufferedReader(unpacked, 1 << 17) as buffered:
                yield buffered
        else:
            yield file


def _nearest(path: Path) -> str:
    if not path.parent.is_dir():
        return f": the folder {path.parent} does not exist; check the path"
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    close = difflib.get_close_matches(path.name, names, n=1)
    if close:
        return f"; did you mean {path.parent / close[0]}?"
    return f"; {path.parent} holds {', '.join(names[:5])}" if names else f"; the folder {path.parent} holds no files"
