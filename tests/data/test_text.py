"""Every way in which a text file goes wrong, each answered with file, line and a way out."""

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heedful.data.text import MAX_LINE_BYTES, ParallelText, from_json, identity, read_lines
from heedful.errors import DataError

lines = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\ufeff"), max_size=12), min_size=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(lines, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans(), st.booleans())
def test_what_was_written_is_read(
    tmp_path: Path, texts: list[str], end: str, packed: bool, mark: bool, closed: bool
) -> None:
    texts = texts if closed else [*texts, "last"]
    content = (b"\xef\xbb\xbf" * mark) + (end.join(texts) + end * closed).encode()
    path = tmp_path / "text"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert list(read_lines(path)) == texts


def test_unicode_separators_do_not_split(tmp_path: Path) -> None:
    path = tmp_path / "a.en"
    path.write_bytes("one\u2028still one\u2029and\x85one\x0b\x0c\x1c\x1d\ntwo".encode())
    assert len(list(read_lines(path))) == 2


def written(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "a.en").write_bytes(content)
        return folder / "a.en"

    return write


WRONG = {
    "latin1": (written(b"fine\nna\xefve text\n"), r"a\.en:2 is not UTF-8: byte 0xEF at offset 7 \(byte 3"),
    "cut character": (written("fine\n我".encode()[:-1]), r"a\.en:2 is not UTF-8"),
    "offset behind BOM": (written(b"\xef\xbb\xbf\xff\n"), r"a\.en:1 .* offset 3 \(byte 1 "),
    "surrogate": (written(b"\xed\xa0\x80\n"), r"a\.en:1 is not UTF-8"),
    "utf16": (written("hello".encode("utf-16")), r"is UTF-16.*iconv -f UTF-16"),
    "utf16 big": (written(b"\xfe\xff\0h"), "is UTF-16"),
    "utf32": (written("hello".encode("utf-32")), "is UTF-32"),
    "nul": (written(b"a\nb\0c\n"), r"a\.en:2 holds a NUL"),
    "lone CR": (written(b"a\nb\rc\n"), r"a\.en:2 holds a carriage return"),
    "long line": (written(b"a\n" + b"x" * 10_000_000), r"a\.en:2 is longer than 1,048,576 bytes"),
    "cut gzip": (written(gzip.compress(b"one\ntwo\n" * 99)[:-9]), "gzip file cut short"),
    "bad gzip": (written(gzip.compress(b"one\ntwo\n")[:-8] + b"12345678"), "damaged gzip"),
    "gzip header": (written(b"\x1f\x8b\x07nothing"), "damaged gzip"),
    "gzip stub": (written(b"\x1f\x8b"), "gzip"),
    "folder": (lambda folder: folder, "is a folder: expected a text file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_faults_are_named(tmp_path: Path, name: str) -> None:
    make, message = WRONG[name]
    path = make(tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        list(read_lines(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lines_up_to_the_limit_are_read(tmp_path: Path) -> None:
    path = written(b"x" * (MAX_LINE_BYTES - 1) + b"\ny\n")(tmp_path)
    assert [len(line) for line in read_lines(path)] == [MAX_LINE_BYTES - 1, 1]


def test_missing_files_name_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("a\n")
    with pytest.raises(DataError, match=r"no file .*tran\.en; did you mean .*train\.en\?"):
        list(read_lines(tmp_path / "tran.en"))
    with pytest.raises(DataError, match=r"holds train\.en"):
        list(read_lines(tmp_path / "zzz"))
    with pytest.raises(DataError, match="does not exist"):
        list(read_lines(tmp_path / "no" / "train.en"))
    with pytest.raises(DataError, match=r"such as train\.en"):
        list(read_lines(tmp_path))
    with pytest.raises(DataError, match="no file"):
        list(read_lines(tmp_path / "train.en" / "x"))


def parallel(folder: Path, source: str, target: str | None) -> ParallelText:
    (folder / "a.de").write_text(source, encoding="utf-8", newline="")
    if target is None:
        return ParallelText(folder / "a.de")
    (folder / "a.en").write_text(target, encoding="utf-8", newline="")
    return ParallelText(folder / "a.de", folder / "a.en")


def test_pairs_of_files_and_of_columns(tmp_path: Path) -> None:
    expected = [("eins", "one"), ("", "two"), ("drei", "")]
    files = parallel(tmp_path, "eins\n\ndrei\n", "one\ntwo\n\n")
    assert list(files.pairs()) == expected
    assert list(files.texts()) == ["eins", "one", "", "two", "drei", ""]
    assert [files.path("source").name, files.path("target").name] == ["a.de", "a.en"]
    columns = parallel(tmp_path, "eins\tone\r\n\ttwo\r\ndrei\t\r\n", None)
    assert list(columns.pairs()) == expected
    assert columns.path("target").name == "a.de"


@pytest.mark.parametrize(("line", "count"), [("no tab", 0), ("a\tb\tc", 2), ("", 0)])
def test_columns_must_be_two(tmp_path: Path, line: str, count: int) -> None:
    with pytest.raises(DataError, match=rf"a\.de:2 must hold exactly one tab.*got {count};"):
        list(parallel(tmp_path, f"x\ty\n{line}\n", None).pairs())


def test_files_of_different_length(tmp_path: Path) -> None:
    sentences = [("ab " * (7 * index % 23 + 1)).strip() for index in range(60)]
    fewer = sentences[:30] + sentences[31:]
    whole, cut = "\n".join(sentences) + "\n", "\n".join(fewer) + "\n"
    for source, target, counts in [(whole, cut, "60 and 59"), (cut, whole, "59 and 60")]:
        longer = "a.de" if source == whole else "a.en"
        with pytest.raises(DataError, match=rf"{counts}.*drift apart near line 31.*{re.escape(longer)} has more"):
            list(parallel(tmp_path, source, target).pairs())
    with pytest.raises(DataError, match=r"match to the end of the shorter one.*a\.de"):
        list(parallel(tmp_path, whole, "\n".join(sentences[:-1]) + "\n").pairs())
    with pytest.raises(DataError, match=r"3 and 2.*cannot be told"):
        list(parallel(tmp_path, "a\nb\nc\n", "a\nb\n").pairs())


def test_empty_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.de is empty"):
        list(parallel(tmp_path, "", "").pairs())
    with pytest.raises(DataError, match=r"de is empty: expected as many lines as .*en has, 1; restore it"):
        list(parallel(tmp_path, "", "a\n").pairs())
    assert list(parallel(tmp_path, "\n", "\n").pairs()) == [("", "")]


def test_identity_of_a_sentence() -> None:
    assert identity("  Stra\u0073se  \tAM ") == identity("straße am")
    assert identity("e\u0301t\u00e9") == identity("\u00e9te\u0301")
    assert identity("a b") != identity("ab")
    assert identity(" \u3000") == identity("") == 0
    assert len({identity(str(number)) for number in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nests too deep"),
        (r'{"a": ["\ud800"]}', "lone surrogate"),
        (r'{"b\udfff": 1}', "lone surrogate"),
        ('{"a', "Unterminated"),
    ],
)
def test_json_that_is_no_text(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_json(text)


def test_json_with_whole_characters() -> None:
    assert from_json(r'["\ud83d\ude00", "\\ud800", "\u00e4"]') == ["😀", r"\ud800", "ä"]


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "text.en"
    os.mkfifo(pipe)
    with pytest.raises(DataError, match=r"text\.en is a pipe, and a text is read more than once: expected a file"):
        next(read_lines(pipe))
