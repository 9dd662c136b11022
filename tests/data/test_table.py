"""Tables are read in every form, and what is broken in one is named with its file and line."""

import gzip

import pytest

from heedful.data.table import Columns, find_columns, read_table
from heedful.errors import DataError


def put(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cells(table):
    return [row.cells for row in table.rows]


def test_tsv_with_and_without_names(tmp_path):
    plain = read_table(put(tmp_path, "a.tsv", 'he said "no\t1\n\nand left\t0\n'))
    assert cells(plain) == [('he said "no', "1"), ("and left", "0")]
    assert [row.line for row in plain.rows] == [1, 3]
    named = read_table(put(tmp_path, "b.tsv", "Text\tLabel\nx\ty\n"))
    assert (named.names, cells(named)) == (("Text", "Label"), [("x", "y")])
    chosen = read_table(put(tmp_path, "c.tsv", "mine\tyours\nx\ty\n"), ["yours"])
    assert chosen.names == ("mine", "yours")


def test_csv_with_quotes_commas_and_lines_inside(tmp_path):
    path = put(tmp_path, "a.csv", 'label,text\n1,"a ""b"", c"\n2,"one\ntwo"\n3,d\n')
    table = read_table(path)
    assert cells(table) == [("1", 'a "b", c'), ("2", "one\ntwo"), ("3", "d")]
    assert [row.line for row in table.rows] == [2, 3, 5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('text,label\na,1\n"b,2\nc,3\n', r"a\.csv:3: a quote is opened and never closed"),
        ('text,label\n"a" b,1\n', r"a\.csv:2: its quotes are broken"),
        ("text,label\na,1,2\n", r"a\.csv:2 has 3 columns, expected 2 as in line 1; mend its commas"),
        ("text,label\n", "holds the names of its columns and no row"),
        ("", "is empty: expected a row for each example"),
    ],
)
def test_broken_csv(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_table(put(tmp_path, "a.csv", text))


def test_json_lines(tmp_path):
    path = put(tmp_path, "a.jsonl", '{"text": "x", "label": 1}\n\n{"label": ["a"], "text": "y", "more": 0}\n')
    table = read_table(path)
    assert (table.names, cells(table)) == (("text", "label"), [("x", 1), ("y", ["a"])])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n{"a": 1\n', r"a\.jsonl:2 is no JSON"),
        ('{"a": 1}\n[1]\n', r"a\.jsonl:2 is no JSON object: got '\[1\]'"),
        ('{"a": 1}\n{"b": 1}\n', r"a\.jsonl:2 has no 'a', which line 1 has"),
        ("\n", "is empty"),
    ],
)
def test_broken_json_lines(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_table(put(tmp_path, "a.jsonl", text))


def test_words_in_columns(tmp_path):
    path = put(tmp_path, "a.conll", "-DOCSTART- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n\nPeter NNP B-PER\n")
    assert cells(read_table(path)) == [(["EU", "rejects"], ["B-ORG", "O"]), (["Peter"], ["B-PER"])]
    with pytest.raises(DataError, match=r"b\.conll:2 holds 'oops': expected a word and its tag"):
        read_table(put(tmp_path, "b.conll", "a O\noops\n"))


def test_gzip_and_other_endings(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"x\ty\n"))
    assert cells(read_table(path)) == [("x", "y")]
    assert cells(read_table(put(tmp_path, "a.txt", "x\ty\n"))) == [("x", "y")]
    assert read_table(put(tmp_path, "b.txt", '{"text": 1, "label": 2}\n')).names == ("text", "label")
    with pytest.raises(DataError, match="is no table: expected a text and a label in each row"):
        read_table(put(tmp_path, "c.txt", "only words\n"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("id\tsentence\tlabel", Columns(1, 2)),
        ("Quality\tx\t#1 String\t#2 String", Columns(2, 0, 3)),
        ("文本\t标签", Columns(0, 1)),
        ("premise\tgold_label\thypothesis", Columns(0, 1, 2)),
        ("title\tcategory\ttext", Columns(2, 1)),
    ],
)
def test_columns_are_found_by_their_usual_names(tmp_path, names, expected):
    width = names.count("\t") + 1
    assert (
        find_columns(read_table(put(tmp_path, "a.tsv", f"{names}\n" + "\t".join("abcdefg"[:width]) + "\n"))) == expected
    )


def test_columns_are_guessed_by_what_they_hold(tmp_path):
    rows = [f"src{n % 5}\t{n % 2}\t\tthis is sentence number {n}" for n in range(20)]
    assert find_columns(read_table(put(tmp_path, "a.tsv", "\n".join(rows)))) == Columns(3, 1)
    first = [f"{n % 3}\t句子{n}" for n in range(12)]
    assert find_columns(read_table(put(tmp_path, "b.tsv", "\n".join(first)))) == Columns(1, 0)


def test_columns_that_are_named_are_taken(tmp_path):
    table = read_table(put(tmp_path, "a.tsv", "text\tother\tlabel\na\tb\tc\n"))
    assert find_columns(table, text="OTHER", label="1", pair="label") == Columns(1, 0, 2)
    with pytest.raises(DataError, match="has no column 'lable'; did you mean 'label'"):
        find_columns(table, label="lable")
    with pytest.raises(DataError, match="one column cannot be two things"):
        find_columns(table, text="text", label="1")
    bare = read_table(put(tmp_path, "b.tsv", "a\tb\n"))
    with pytest.raises(DataError, match="give a number from 1 to 2"):
        find_columns(bare, text="review")


def test_what_cannot_be_told_is_asked_for(tmp_path):
    with pytest.raises(
        DataError, match=r"which column is the label\? it has text, x; name one with --label, or call it 'label'"
    ):
        find_columns(read_table(put(tmp_path, "a.tsv", "text\tx\na\tb\n")))
    with pytest.raises(DataError, match="expected a text and a label in each row, got 1 column"):
        find_columns(read_table(put(tmp_path, "b.tsv", "a\nb\n")))
