"""Lines are handed on as they arrive: at once when they come slowly, many together when they come fast, none lost."""

import gzip
import io
import os
import re
import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from heedful.cli import incoming as module
from heedful.cli.incoming import Chunk, incoming
from heedful.data.text import MAX_LINE_BYTES


def read(raw: bytes, most: int = 3) -> list[Chunk]:
    return list(incoming(io.BytesIO(raw), most))


def wrong(raw: bytes) -> list[str]:
    return [str(chunk.wrong) for chunk in read(raw) if chunk.wrong is not None]


def lines(raw: bytes) -> list[str]:
    return [line for chunk in read(raw) for line in chunk.lines]


@pytest.fixture
def pipe():
    """A pipe's two ends, as Python opens them."""
    out, into = os.pipe()
    with open(out, "rb") as reader, open(into, "wb", buffering=0) as writer:
        yield reader, writer


@pytest.mark.parametrize("n_lines", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_every_line_comes_once_and_in_order(n_lines, end):
    raw = end.join(str(number).encode() for number in range(n_lines))
    chunks = read(raw)
    assert [line for chunk in chunks for line in chunk.lines] == [str(number) for number in range(n_lines)]
    assert all(1 <= len(chunk.lines) <= 3 for chunk in chunks)
    assert [chunk.first for chunk in chunks] == list(range(1, n_lines + 1, 3))
    assert all(one.end == other.start for one, other in pairwise(chunks))
    if chunks:
        assert (chunks[0].start, chunks[-1].end) == (0, len(raw))


def test_empty_lines_count_and_an_end_adds_none():
    assert lines(b"\n\na\n") == ["", "", "a"]
    assert lines(b"\n\na") == ["", "", "a"]
    assert lines(b"") == []


def test_a_line_that_came_alone_is_not_kept_waiting(pipe):
    reader, writer = pipe
    chunks = incoming(reader, 100)
    for first in ("one", "throne"):
        writer.write(b"one\ntwo\nthr")
        assert next(chunks).lines == [first, "two"]
    writer.close()
    assert next(chunks) == Chunk(5, ["thr"], 19, 22)
    assert next(chunks, None) is None


def test_what_comes_fast_comes_in_large_chunks(pipe, monkeypatch):
    # However busy the machine is.
    monkeypatch.setattr(module, "_GRACE_SECONDS", 10.0)
    reader, writer = pipe

    def write() -> None:
        with writer:
            for start in range(0, 30_000, 1000):
                writer.write(b"".join(b"%d\n" % number for number in range(start, start + 1000)))

    thread = threading.Thread(target=write)
    thread.start()
    chunks = list(incoming(reader, 4000))
    thread.join()
    assert [len(chunk.lines) for chunk in chunks] == [4000] * 7 + [2000]
    assert [line for chunk in chunks for line in chunk.lines] == [str(number) for number in range(30_000)]


def test_marks_before_a_text_are_left_out():
    assert lines(b"\xef\xbb\xbfa\nb\n\xef\xbb\xbfc") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"ok\nab\xe4\n", "standard input:2 is not UTF-8: byte 0xE4 at offset 5 .byte 3 of the line.; convert"),
        ("我们".encode("gb18030"), "Chinese: -f GB18030"),
        ("我们\n".encode("utf-16"), "standard input is UTF-16: expected UTF-8; convert it with iconv"),
        (gzip.compress("text ä\n".encode() * 40), "compressed with gzip: send it through zcat"),
        (b"a\0b", "standard input:1 holds a NUL"),
        (b"a\rb\rc", "standard input:1 holds a carriage return inside the line"),
        (b"x" * (MAX_LINE_BYTES + 1), "standard input:1 is longer than 1,048,576 bytes"),
        (b"a\n" + b"x" * (MAX_LINE_BYTES + 70_000) + b"\nb\n", "standard input:2 is longer than"),
    ],
)
def test_what_is_no_text_is_refused(raw, said):
    complaint, *_ = wrong(raw)
    assert re.search(said, complaint)


def test_what_stands_before_and_behind_it_is_handed_on():
    before, none, behind = read(b"a\nb\n\xff\n\xfe\nc\n", 100)
    assert replace(before, wrong=None) == Chunk(1, ["a", "b"], 0, 4)
    assert "standard input:3 is not UTF-8: byte 0xFF at offset 4 " in str(before.wrong)
    assert replace(none, wrong=None) == Chunk(4, [], 6, 6)
    assert "standard input:4 is not UTF-8: byte 0xFE at offset 6 " in str(none.wrong)
    assert behind == Chunk(5, ["c"], 8, 10)
