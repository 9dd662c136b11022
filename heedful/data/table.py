"""Tables of examples: TSV, CSV, JSON lines and words in columns; plain or gzip; every fault with its file and line."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from heedful.data.text import from_json, read_lines
from heedful.errors import DataError, suggest

Form = Literal["tsv", "csv", "jsonl", "words"]

_FORMS: dict[str, Form] = {
    ".tsv": "tsv", ".tab": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".conll": "words", ".conllu": "words", ".bio": "words", ".iob": "words", ".iob2": "words",
}  # fmt: skip
TEXTS = (
    *("text", "sentence", "review", "content", "comment", "title", "tokens", "words", "utterance", "message"),
    *("query", "question", "文本", "内容", "评论", "标题", "句子", "正文"),
)
LABELS = (
    *("label", "labels", "class", "target", "category", "sentiment", "score", "tag", "tags", "ner_tags", "gold_label"),
    *("topic", "intent", "quality", "rating", "stars", "is_duplicate"),
    *("标签", "类别", "情感", "分类", "类目"),
)
PAIRS = (
    ("sentence1", "sentence2"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question", "sentence"),
    ("#1 string", "#2 string"),
)


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        line: of the file, from 1, where it begins.
        cells: as many as there are columns; strings, but for what JSON has.
    """

    line: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A file of rows.

    Args:
        path: the file.
        names: of the columns; empty where the file has no first row of names.
        rows: one at least.
    """

    path: Path
    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def n_columns(self) -> int:
        """How many columns it has."""
        return len(self.rows[0].cells)

    def column(self, name: str) -> int:
        """The place of a column.

        Args:
            name: of it, in capitals or not; or its number, from 1.
        Raises:
            DataError: there is none of that name or number; the nearest is named.
        """
        small = [known.casefold() for known in self.names]
        if name.casefold() in small:
            return small.index(name.casefold())
        if name.isdecimal() and 1 <= int(name) <= self.n_columns:
            return int(name) - 1
        if self.names:
            raise DataError(f"{self.path} has no column {name!r}{suggest(name, self.names)}")
        raise DataError(
            f"{self.path} has no column {name!r}: its first row holds no names, so give a number from 1 to "
            f"{self.n_columns}"
        )

    def has(self, name: str | None) -> bool:
        """Whether there is a column of that name or number."""
        known = {known.casefold() for known in self.names} | {str(place + 1) for place in range(self.n_columns)}
        return name is not None and name.casefold() in known

    def name(self, column: int) -> str:
        """What a column is called by: its name, or its number from 1."""
        return self.names[column] if self.names else str(column + 1)

    def titled(self, column: int) -> str:
        """A column as people find it: its name, or its number."""
        return repr(self.names[column]) if self.names else f"column {column + 1}"


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are what.

    Args:
        text: of the text.
        label: of what is to be told of it.
        pair: of a second text; None where there is none.
    """

    text: int
    label: int
    pair: int | None = None


def read_table(path: Path, named: Sequence[str] = ()) -> Table:
    """Read a file of examples.

    Its ending says how: .tsv (no quotes), .csv, .jsonl, .conll (a word and its tag to a line, an empty line between
    sentences); of another one its first line does. A first row is one of names when it holds one that is asked for, or
    one that such tables usually have.

    Args:
        path: plain or gzip.
        named: columns that the caller names.
    Raises:
        DataError: it cannot be read, or a row is broken; the message names file and line.
    """
    form = _form(path)
    if form == "jsonl":
        return _objects(path)
    if form == "words":
        return _sentences(path)
    rows = list(_cells(path) if form == "tsv" else _quoted(path))
    if not rows:
        raise DataError(f"{path} is empty: expected a row for each example; give a file that holds some")
    width = len(rows[0].cells)
    for row in rows:
        if len(row.cells) != width:
            what = "tabs" if form == "tsv" else "commas"
            raise DataError(
                f"{path}:{row.line} has {len(row.cells)} columns, expected {width} as in line {rows[0].line}; mend its "
                f"{what}"
            )
    usual = {
        *TEXTS,
        *LABELS,
        *(name for pair in PAIRS for name in pair),
        *(name.casefold() for name in named if not name.isdecimal()),
    }
    first = [str(cell).strip().casefold() for cell in rows[0].cells]
    if usual.isdisjoint(first):
        return Table(path, (), tuple(rows))
    if len(rows) < 2:
        raise DataError(f"{path} holds the names of its columns and no row below them; give a file that holds examples")
    return Table(path, tuple(str(cell).strip() for cell in rows[0].cells), tuple(rows[1:]))


def find_columns(table: Table, text: str | None = None, label: str | None = None, pair: str | None = None) -> Columns:
    """Which columns are meant: those that are named, and of the others those with usual names, or usual contents.

    Args:
        table: to be looked at.
        text: name or number of the column with the text; None guesses.
        label: the same of the label.
        pair: the same of a second text; None takes one only under a usual name, beside its fellow.
    Raises:
        DataError: a column is missing, or it cannot be told which is meant.
    """
    chosen = {what: table.column(name) for what, name in (("text", text), ("label", label), ("pair", pair)) if name}
    if len(set(chosen.values())) < len(chosen):
        raise DataError(f"{table.path}: one column cannot be two things: name another with --text, --pair or --label")
    small = [name.casefold() for name in table.names]
    if "text" not in chosen and "pair" not in chosen:
        usual = [both for both in PAIRS if set(both) <= set(small)]
        if usual:
            chosen |= {"text": small.index(usual[0][0]), "pair": small.index(usual[0][1])}
    for what, names in (("text", TEXTS), ("label", LABELS)):
        known = [small.index(name) for name in names if name in small and small.index(name) not in chosen.values()]
        if what not in chosen and known:
            chosen[what] = known[0]
    if table.names:
        for what in ("text", "label"):
            if what not in chosen:
                there = ", ".join(table.names)
                raise DataError(
                    f"{table.path}: which column is the {what}? it has {there}; name one with --{what}, or call "
                    f"it {what!r} in the file"
                )
    else:
        _guess(table, chosen)
    return Columns(chosen["text"], chosen["label"], chosen.get("pair"))


def _guess(table: Table, chosen: dict[str, int]) -> None:
    """The label has few different values and is never empty; the text is long."""
    free = [column for column in range(table.n_columns) if column not in chosen.values()]
    cells = {column: [str(row.cells[column]) for row in table.rows] for column in free}
    if "label" not in chosen:
        kinds = {column: len(set(values)) for column, values in cells.items() if all(values)}
        # What is the same in every row tells nothing, and what is different in most names nothing.
        likely = {column: number for column, number in kinds.items() if 1 < number <= len(table.rows) // 2} or kinds
        if len(free) < 2 - ("text" in chosen) or not likely:
            raise DataError(
                f"{table.path}: expected a text and a label in each row, got {table.n_columns} "
                f"column{'s' * (table.n_columns != 1)}; separate them by a tab in .tsv or a comma in .csv"
            )
        chosen["label"] = min(likely, key=lambda column: (likely[column], sum(map(len, cells[column]))))
    rest = [column for column in free if column not in chosen.values()]
    if "text" not in chosen:
        if not rest:
            raise DataError(f"{table.path}: no column is left for the text; name it with --text")
        chosen["text"] = max(rest, key=lambda column: sum(map(len, cells[column])))


def is_table(path: Path) -> bool:
    """Whether a file says by its ending that it is a table."""
    return _ending(path) in _FORMS


def _ending(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    return endings[-1] if endings else ""


def _form(path: Path) -> Form:
    if is_table(path):
        return _FORMS[_ending(path)]
    first = next((line for line in read_lines(path) if line.strip()), "")
    if first.lstrip().startswith("{"):
        return "jsonl"
    if "\t" in first:
        return "tsv"
    if "," in first:
        return "csv"
    raise DataError(
        f"{path} is no table: expected a text and a label in each row, separated by a tab, or a comma in .csv; got "
        f"{first[:40]!r}"
    )


def _cells(path: Path) -> Iterator[Row]:
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            yield Row(number, tuple(line.split("\t")))


def _quoted(path: Path) -> Iterator[Row]:
    reader = csv.reader((line + "\n" for line in read_lines(path)), strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            closing = "end of data" in str(error) or "field limit" in str(error)
            what = "a quote is opened and never closed" if closing else f"its quotes are broken ({error})"
            raise DataError(f'{path}:{begin}: {what}; write a quote inside a quoted text twice: ""') from None
        if any(cell.strip() for cell in cells):
            yield Row(begin, tuple(cells))


def _objects(path: Path) -> Table:
    names: tuple[str, ...] = ()
    rows: list[Row] = []
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            values = from_json(line)
        except ValueError as error:
            raise DataError(f"{path}:{number} is no JSON ({error}); expected one object to a line") from None
        if not isinstance(values, dict):
            raise DataError(f"{path}:{number} is no JSON object: got {line[:40]!r}; expected one to a line")
        names = names or tuple(values)
        missing = [name for name in names if name not in values]
        if missing:
            raise DataError(f"{path}:{number} has no {missing[0]!r}, which line {rows[0].line} has; add it")
        rows.append(Row(number, tuple(values[name] for name in names)))
    if not rows:
        raise DataError(f"{path} is empty: expected one JSON object to a line; give a file that holds some")
    return Table(path, names, tuple(rows))


def _sentences(path: Path) -> Table:
    """Words and their tags, as two lists to a sentence; of several columns the first and the last count."""
    rows: list[Row] = []
    words: list[str] = []
    tags: list[str] = []
    begin = 1
    for number, line in enumerate([*read_lines(path), ""], 1):
        if line.strip() and not line.startswith(("# ", "-DOCSTART-")):
            cells = line.split("\t") if "\t" in line else line.split()
            if len(cells) < 2:
                raise DataError(f"{path}:{number} holds {line!r}: expected a word and its tag; mend the line")
            begin = begin if words else number
            words.append(cells[0])
            tags.append(cells[-1])
        elif words and not line.strip():
            rows.append(Row(begin, (words, tags)))
            words, tags = [], []
    if not rows:
        raise DataError(f"{path} holds no sentence: expected a word and its tag to a line")
    return Table(path, ("words", "tags"), tuple(rows))
