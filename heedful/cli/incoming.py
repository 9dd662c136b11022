"""Standard input as it arrives: what is there is handed on at once, and what comes fast in large chunks."""

import io
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass

from heedful.data.text import GZIP, MAX_LINE_BYTES, decoded, refuse_wide
from heedful.errors import DataError

_NAME = "standard input"
# A pipe holds no more.
_BLOCK = 1 << 16
# Nobody notices that somebody waits so long, and whoever writes fast has written thousands of lines.
_GRACE_SECONDS = 0.05


@dataclass(frozen=True)
class Chunk:
    """Lines that came one behind the other.

    Args:
        first: number of the first, from 1.
        lines: one at least, where nothing is wrong.
        start: bytes of the input before them.
        end: bytes of the input up to their end.
        wrong: with the line behind them, which is no text and in no chunk.
    """

    first: int
    lines: list[str]
    start: int
    end: int
    wrong: DataError | None = None


def incoming(stream: io.BufferedIOBase, most: int) -> Iterator[Chunk]:
    """The lines of a stream, decoded, in chunks; waits for one line, and hardly for those behind it.

    Args:
        stream: bytes.
        most: lines of a chunk.
    """
    number, place = 1, 0
    for arrived in _arrivals(stream, most):
        lines: list[str] = []
        first, start = number, place
        for raw in arrived:
            try:
                lines.append(_text(raw, number, place))
            except DataError as error:
                yield Chunk(first, lines, start, place, error)
                lines, first, start = [], number + 1, place + len(raw)
            number += 1
            place += len(raw)
        if lines:
            yield Chunk(first, lines, start, place)


def _text(raw: bytes, number: int, place: int) -> str:
    """A line, without the mark that editors put before a file; in the middle it is from files that were joined."""
    if number == 1:
        refuse_wide(_NAME, raw)
        if raw.startswith(GZIP):
            raise DataError(f"{_NAME} is compressed with gzip: send it through zcat")
    return decoded(_NAME, number, place, raw).removeprefix("\ufeff")


def _arrivals(stream: io.BufferedIOBase, most: int) -> Iterator[list[bytes]]:
    """Whole lines with their ends, those that came together in one list."""
    lines: list[bytes] = []
    rest, due, ended = b"", 0.0, False
    while not ended:
        _is_ready(stream, None)
        block = stream.read1(_BLOCK)
        *whole, rest = (rest + block).split(b"\n")
        if whole and not lines:
            due = time.monotonic() + _GRACE_SECONDS
        lines += [line + b"\n" for line in whole]
        # A line without end would fill the memory; as it is now it is refused.
        ended = not block or len(rest) > MAX_LINE_BYTES
        if ended and rest:
            lines.append(rest)
        while len(lines) >= most:
            yield lines[:most]
            del lines[:most]
        if lines and (ended or not _is_ready(stream, due - time.monotonic())):
            yield lines
            lines = []


def _is_ready(stream: io.BufferedIOBase, seconds: float | None) -> bool:
    """Whether something, or the end, has come within some time; None waits for it."""
    try:
        # `read1` of a whole block leaves nothing in the buffer that this would not see.
        return bool(select.select([stream], [], [], seconds if seconds is None else max(0.0, seconds))[0])
    except io.UnsupportedOperation:
        return True  # bytes in memory
