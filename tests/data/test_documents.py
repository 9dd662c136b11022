"""Documents: where they begin and end, what is held out, and what is said of files that hold none."""

import gzip

import numpy as np
import pytest

from heedful.data.documents import FEW, Block, Documents, HeldOut, hold_out, lines_of, looked_at
from heedful.errors import DataError

TEXT = "\n\none\ntwo\n\n\nthree\n \nfour\nfive\n"


def whole(blocks):
    """The documents that blocks make up."""
    found = []
    for block in blocks:
        if block.opening:
            found.append("")
        found[-1] += block.text
    return found


def put(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("blank", ["one\ntwo", "three", "four\nfive", "six"]),
        ("file", ["one\ntwo\n\n\nthree\n\nfour\nfive", "six"]),
        ("line", ["one", "two", "three", "four", "five", "six"]),
    ],
)
@pytest.mark.parametrize("size", [1, 6, 1000])
def test_what_separates_documents(tmp_path, between, expected, size):
    paths = [put(tmp_path / "a.txt", TEXT), put(tmp_path / "b.txt", "six\n\n")]
    blocks = list(Documents(paths, between).blocks(size))
    assert whole(blocks) == expected
    assert [block.document for block in blocks if block.opening] == list(range(len(expected)))


def test_a_block_is_no_longer_than_it_must_be(tmp_path):
    path = put(tmp_path / "long.txt", "word word\n" * 1000)
    blocks = list(Documents([path], "file").blocks(size=100))
    assert max(len(block.text) for block in blocks) <= 110
    assert whole(blocks) == ["\n".join(["word word"] * 1000)]


def test_gzip_and_its_faults_are_those_of_any_text(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress("ä\n\nö\n".encode()))
    assert whole(Documents([tmp_path / "a.gz"]).blocks()) == ["ä", "ö"]
    (tmp_path / "bad.txt").write_bytes(b"fine\n\xff\n")
    with pytest.raises(DataError, match=r"bad\.txt:2 is not UTF-8"):
        list(Documents([tmp_path / "bad.txt"]).blocks())


def test_no_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="no text to learn from"):
        looked_at(Documents([put(tmp_path / "empty.txt", "\n \n")]))


def test_whole_documents_are_held_out_and_equal_ones_stay_together(tmp_path):
    texts = [f"document {number % 80} says {number % 80} things" for number in range(100)]
    documents = Documents([put(tmp_path / "a.txt", "\n\n".join(texts))])
    held = hold_out(documents, seed=1)
    learned, measured = (whole(held.split(documents.blocks(), held=part)) for part in (False, True))
    assert sorted(learned + measured) == sorted(texts)
    assert not set(learned) & set(measured)
    assert 5 <= len(measured) <= 10
    # What is held out is chosen by what it says: more text moves no document from one side to the other, or few.
    assert hold_out(documents, seed=1).whole.tolist() == held.whole.tolist()
    assert hold_out(documents, seed=2).whole.tolist() != held.whole.tolist()


def test_of_few_documents_the_ends_are_held_out(tmp_path):
    lines = [f"line {number}" for number in range(200)]
    paths = [put(tmp_path / name, "\n".join(lines)) for name in ("a.txt", "b.txt")]
    documents = Documents(paths, "file")
    held = hold_out(documents, seed=1)
    assert len(held.tails) == 2 < FEW
    learned, measured = (whole(held.split(lines_of(documents), held=part)) for part in (False, True))
    for start, end in zip(learned, measured, strict=True):
        assert start + "\n" + end == "\n".join(lines)
        assert 0.08 < len(end) / len(start + end) < 0.12


def test_documents_of_a_line_cannot_be_cut(tmp_path):
    with pytest.raises(DataError, match="nothing can be held out"):
        hold_out(Documents([put(tmp_path / "a.txt", "one line alone\n")]), seed=1)


def test_what_is_held_out_is_a_document_of_its_own():
    blocks = [Block(0, True, "a"), Block(0, False, "\nb"), Block(1, True, "c"), Block(1, False, "\nd")]
    held = HeldOut(np.zeros(2, bool), [1, 2], np.array([3, 3]))
    assert list(held.split(blocks, held=True)) == [Block(0, True, "b")]
    assert list(held.split(blocks, held=False)) == [Block(0, True, "a"), *blocks[2:]]
