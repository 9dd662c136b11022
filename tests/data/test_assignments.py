"""Texts and what is to be written of them, from tables, dialogues and files."""

import gzip
import json
from pathlib import Path

import pytest

from heedful.data.assignments import REFERENCE, TURN, Form, read_lines_of
from heedful.data.text import ParallelText
from heedful.errors import DataError


def table(folder: Path, *rows: dict, name: str = "data.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_lists_are_one_text_in_parts_and_several_references(tmp_path):
    path = table(tmp_path, {"id": 1, "source": ["One  two.", "Three."], "target": ["a", "b\tc", ""]})
    (found,) = Form().read(path)
    assert (found.source, found.references, found.line) == ("One two. Three.", ("a", "b c"), 1)
    assert found.pair == ("One two. Three.", f"a{REFERENCE}b c")


def test_named_columns_and_gzip(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"long": "a b", "short": "a"}\n'))
    (found,) = Form("long", "short").read(path)
    assert found.pair == ("a b", "a")


def test_a_table_without_names_is_read_by_place(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("a b\ta\nc d\tc\n")
    assert [found.pair for found in Form().read(path)] == [("a b", "a"), ("c d", "c")]


def test_every_turn_of_a_dialogue_but_the_first_is_written_from_those_before(tmp_path):
    path = table(tmp_path, {"en": ["a", "b", "c", "d"]}, {"en": ["e", "f"]})
    found = Form("en", turns=2).read(path)
    assert [one.pair for one in found] == [("a", "b"), (f"a{TURN}b", "c"), (f"b{TURN}c", "d"), ("e", "f")]
    assert [one.group for one in found] == [0, 0, 0, 1]
    assert [one.line for one in found] == [1, 1, 1, 2]


def test_a_history_with_a_reply_in_a_column_of_its_own(tmp_path):
    path = table(tmp_path, {"turns": ["a", "b", "c"], "reply": "d"})
    (found,) = Form("turns", "reply", turns=2).read(path)
    assert found.pair == (f"b{TURN}c", "d")


def test_two_files(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("one  two\nthree\n")
    target.write_text("one\n\n")
    first, second = read_lines_of(ParallelText(source, target))
    assert first.pair == ("one two", "one")
    assert not first.is_empty
    assert second.is_empty


@pytest.mark.parametrize(
    ("form", "row", "said"),
    [
        (Form("source", "summry"), {"source": "a", "summary": "b"}, "no column 'summry'; did you mean 'summary'"),
        (Form(), {"src": "a", "summary": "b"}, "which column is the source"),
        (Form(), {"source": "a", "words": "b"}, "which column is the target"),
        (Form(), {"source": "a", "target": 3}, "data.jsonl:1: 'target' holds '3'"),
        (Form("source", turns=2), {"source": "a"}, "holds no list of turns"),
        (Form("text", "text"), {"text": "a", "other": "b"}, "cannot be read and written"),
        (Form(), {"source": "a", "target": ""}, "no text with something written of it"),
        (Form("en", turns=1), {"en": ["alone"]}, "no text with something written of it"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, form, row, said):
    with pytest.raises(DataError, match=said):
        form.read(table(tmp_path, row))
