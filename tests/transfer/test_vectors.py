"""Vectors of words: the three forms come back as they were written, and every damage is named with its place."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.errors import DataError
from heedful.transfer.vectors import Layout, read_vectors

GLOVE = "the 0.5 -1\ncat 2 3.25\n. . . 1e-2 4\n"
FORMS = ["glove", "text", "binary", "binary without line ends"]


def write(path: Path, form: str, rows: list[tuple[str, list[float]]]) -> Path:
    """The rows in a form, as the programs that made it popular write them."""
    header = f"{len(rows)} {len(rows[0][1])}\n".encode()
    if form.startswith("binary"):
        end = b"" if "without" in form else b"\n"
        packed = [word.encode() + b" " + struct.pack(f"<{len(row)}f", *row) + end for word, row in rows]
        path.write_bytes(header + b"".join(packed))
    else:
        lines = [f"{word} {' '.join(map(repr, row))}{' ' * (form == 'text')}\n" for word, row in rows]
        path.write_bytes((header if form == "text" else b"") + "".join(lines).encode())
    return path


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


words = st.text(st.characters(categories=["L", "M", "P", "N"]), min_size=1, max_size=6)
rows = st.integers(3, 6).flatmap(
    lambda width: st.lists(
        st.tuples(words, st.lists(st.floats(-8, 8, width=32), min_size=width, max_size=width)),
        min_size=2,
        max_size=6,
        unique_by=lambda row: row[0],
    )
)


@pytest.mark.parametrize("form", FORMS)
def test_a_mark_at_the_beginning_is_no_part_of_the_first_word(tmp_path, form):
    path = write(tmp_path / "v", form, [("the", [0.5, -1.0]), ("cat", [2.0, 3.25])])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    found = read_vectors(path, ["the", "cat"])
    assert found.values[found.find("the")].tolist() == [0.5, -1.0]
    assert (found.n_rows, set(found.rows)) == (2, {"the", "cat"})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
def test_what_was_written_is_read(tmp_path_factory, form, packed):
    folder = tmp_path_factory.mktemp("vectors")

    @given(rows)
    def check(rows):
        path = write(folder / "v", form, rows)
        if packed:
            path.write_bytes(gzip.compress(path.read_bytes(), 1))
        found = read_vectors(path, [word for word, _ in rows])
        assert (found.n_rows, found.n_repeated) == (len(rows), 0)
        for word, row in rows:
            assert found.values[found.rows[word]].tolist() == row

    check()


def test_glove_by_hand(tmp_path):
    path = written(tmp_path, GLOVE)
    assert Layout.of(path) == Layout(2, None, False)
    found = read_vectors(path, ["cat", "dog", ". . ."])
    assert found.rows == {"cat": 0, ". . .": 1}
    assert found.values.tolist() == [[2, 3.25], [np.float32(0.01), 4]]
    assert found.n_rows == 3


def test_the_first_row_may_hold_a_word_with_spaces(tmp_path):
    assert Layout.of(written(tmp_path, ". . . 1e-2 4\nthe 1 2\n")) == Layout(2, None, False)
    assert Layout.of(written(tmp_path, "1984 1 2.5 3\n")) == Layout(3, None, False)


def test_a_word_is_found_as_it_is_written_and_then_lower_cased(tmp_path):
    found = read_vectors(written(tmp_path, "the 1 2\nThe 3 4\ncat 5 6\n"), ["The", "Cat", "CAT", "Dog"])
    assert [found.find(word) for word in ("The", "the", "Cat", "CAT", "Dog")] == [1, 0, 2, 2, None]


def test_the_first_of_several_rows_counts(tmp_path):
    found = read_vectors(written(tmp_path, "a 1 2\nb 3 4\na 5 6\na 7 8\nb 9 9\nc 0 0\nc 0 0\n"), ["a", "b"])
    assert found.values.tolist() == [[1, 2], [3, 4]]
    assert (found.n_rows, found.n_repeated) == (7, 3)


def test_only_what_is_asked_for_is_kept(tmp_path):
    many = "".join(f"w{n} {n} {n}.5\n" for n in range(500))
    found = read_vectors(written(tmp_path, many), ["w7", "W499"])
    assert found.rows == {"w7": 0, "w499": 1}
    assert found.values.tolist() == [[7, 7.5], [499, 499.5]]
    assert read_vectors(tmp_path / "vectors.txt", []).values.shape == (0, 2)


def test_rows_that_cross_a_block_are_whole(tmp_path, monkeypatch):
    path = write(tmp_path / "v", "binary", [(f"w{n}", [n + 0.5] * 3) for n in range(50)])
    monkeypatch.setattr("heedful.transfer.vectors._READ_AT_ONCE", 23)
    found = read_vectors(path, [f"w{n}" for n in range(50)])
    assert found.values[:, 2].tolist() == [n + 0.5 for n in range(50)]


def test_unwanted_words_of_a_binary_file_need_not_be_text(tmp_path):
    path = written(tmp_path, b"2 2\n\xff\xfe " + struct.pack("<2f", 1, 2) + b"\na " + struct.pack("<2f", 3, 4))
    assert read_vectors(path, ["a"]).values.tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "vectors.txt holds no vectors"),
        (" \n\n", "holds no vectors"),
        ("0 50\n", "holds no vectors"),
        ("5 0\na\n", "vectors.txt:1 gives vectors of 0 numbers: expected 1 to 65,536"),
        ("5 70000\na 1\n", "gives vectors of 70,000 numbers"),
        ("just some text\nand more\n", "vectors.txt:1 gives vectors of 0 numbers"),
        ("a 1 2\nb 1\n", "vectors.txt:2 has 1 numbers behind its word: expected 2"),
        ("a 1 2\n\nb 1 2\n", "vectors.txt:2 has 0 numbers"),
        ("a 1 2\nb 0.5 1.5 2.5\n", "vectors.txt:2 has 3 numbers behind its word: expected 2"),
        ("a 1 2\nb 1 x\n", "vectors.txt:2: the vector of 'b' holds 'x': expected numbers"),
        ("a 1 2\nb nan 2\n", "vectors.txt:2: the vector of 'b' holds NaN or infinite"),
        ("a 1 2\nb 1 1e60\n", "vectors.txt:2: the vector of 'b' holds NaN or infinite"),
        ("a -inf 2\nb 1 1\n", "vectors.txt:1: the vector of 'a' holds NaN"),
        ("3 2\na 1 2\nb 1 2\n", "vectors.txt holds 2 vectors: expected 3, as its first line says"),
        ("1 2\na 1 2\nb 1 2\n", "holds 2 vectors: expected 1"),
        ("3 2\na 1 2\nb 1\n", "vectors.txt:3 has 1 numbers"),
        ("a 1 2\nb " + "1" * (1 << 20) + " 2\n", "vectors.txt:2 is longer than 1,048,576 bytes"),
        ("the 1 2\n".encode("utf-16"), "vectors.txt is UTF-16"),
    ],
)
def test_text_that_is_wrong_is_refused_with_its_place(tmp_path, content, said):
    with pytest.raises(DataError, match=said):
        read_vectors(written(tmp_path, content), ["a", "b"])


def packed(*rows: bytes, n_rows: int = 2) -> bytes:
    return f"{n_rows} 2\n".encode() + b"\n".join(rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed(b"a " + struct.pack("<2f", 1, 2), b"b " + struct.pack("<f", 1)), "vectors.txt, vector 2 is not whole"),
        (packed(b"a " + struct.pack("<2f", 1, 2), b"b"), "vectors.txt, vector 2 is not whole"),
        (packed(b"a " + struct.pack("<2f", 1, 2)), "vectors.txt holds 1 vectors: expected 2"),
        (packed(b"a " + struct.pack("<2f", 1, 2), b"b " + struct.pack("<2f", 1, 2), n_rows=1), "goes on behind its 1"),
        (packed(b"a " + struct.pack("<2f", 1, float("nan")), n_rows=1), "vectors.txt, vector 1: the vector of 'a'"),
    ],
)
def test_a_binary_file_that_is_wrong_is_refused_with_its_place(tmp_path, content, said):
    with pytest.raises(DataError, match=said):
        read_vectors(written(tmp_path, content), ["a", "b"])


def test_files_that_cannot_be_read(tmp_path):
    whole = gzip.compress(("a 1 2\n" * 5000).encode())
    with pytest.raises(DataError, match="gzip file cut short"):
        read_vectors(written(tmp_path, whole[:-20]), ["a"])
    with pytest.raises(DataError, match="there is no file"):
        Layout.of(tmp_path / "none")
    with pytest.raises(DataError, match="is a folder"):
        Layout.of(tmp_path)
