"""Texts with what is to be written of each: from two files, from a table, or turn by turn from dialogues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.data.table import Row, Table, read_table
from heedful.data.text import ParallelText
from heedful.errors import DataError

# Between the turns of a history. A line of a file never holds a line end, so the token of it says nothing else.
TURN = "\n "
# Between the references of one text.
REFERENCE = "\t"
SOURCES = ("source", "document", "article", "text", "dialogue", "dialog", "turns")
TARGETS = ("target", "summary", "highlights", "reply", "response", "paraphrase")


@dataclass(frozen=True)
class Assignment:
    """A text, and what people wrote of it.

    Args:
        source: on one line; a history of turns has `TURN` between them.
        references: one at least; of an empty one nothing is learned.
        line: of its file.
        group: those of one dialogue share a number: they are held out together.
    """

    source: str
    references: tuple[str, ...]
    line: int
    group: int

    @property
    def pair(self) -> tuple[str, str]:
        """The text, and its references with a tab between."""
        return self.source, REFERENCE.join(self.references)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read or nothing to write."""
        return not self.source or not any(self.references)


@dataclass(frozen=True)
class Form:
    """How tables are read.

    Args:
        source: name or number of the column of the text; None takes one of `SOURCES`, or the first.
        target: of what is to be written; None takes one of `TARGETS`, or the second.
        turns: of a dialogue, how many turns are read before the one that is written; 0: no dialogue. Without a
            `target` every turn but the first is to be written.
    """

    source: str | None = None
    target: str | None = None
    turns: int = 0

    @property
    def is_dialogue(self) -> bool:
        """Whether turns are read."""
        return self.turns > 0

    def read(self, path: Path) -> list[Assignment]:
        """The assignments of a table.

        Raises:
            DataError: the file, a column or a cell cannot be used; the message names file and line, or the nearest
                column.
        """
        named = [name for name in (self.source, self.target) if name]
        table = read_table(path, [*named, *SOURCES, *TARGETS])
        source = _column(table, self.source, SOURCES, 0, "source")
        target = None
        if not self.is_dialogue or self.target is not None:
            target = _column(table, self.target, TARGETS, 1, "target")
            if source == target:
                raise DataError(
                    f"{path}: one column cannot be read and written: a model is trained on another by --target-column"
                )
        found = [
            assignment
            for group, row in enumerate(table.rows)
            for assignment in self._assignments(table, row, group, source, target)
        ]
        return _useful(path, found)

    def _assignments(self, table: Table, row: Row, group: int, source: int, target: int | None) -> Iterator[Assignment]:
        place = f"{table.path}:{row.line}"
        cell = row.cells[source]
        turns = _texts(cell, place, table.titled(source))
        if self.is_dialogue and not isinstance(cell, list):
            raise DataError(
                f"{place}: {table.titled(source)} holds no list of turns: expected a list of texts in every row; "
                "models are trained on single texts without --turns"
            )
        if target is not None:
            references = tuple(filter(None, _texts(row.cells[target], place, table.titled(target)))) or ("",)
            joined = TURN.join(turns[-self.turns :]) if self.is_dialogue else " ".join(turns)
            yield Assignment(joined, references, row.line, group)
            return
        for number in range(1, len(turns)):
            before = turns[max(0, number - self.turns) : number]
            yield Assignment(TURN.join(before), (turns[number],), row.line, group)


def read_lines_of(text: ParallelText) -> list[Assignment]:
    """The assignments of two files, or of two columns.

    Args:
        text: line i of one is written of line i of the other.
    """
    found = [
        Assignment(one_line(source), (one_line(target),), line, line)
        for line, (source, target) in enumerate(text.pairs(), 1)
    ]
    return _useful(text.path("source"), found)


def one_line(text: str) -> str:
    """White space of every kind is a single space."""
    return " ".join(text.split())


def _useful(path: Path, found: Sequence[Assignment]) -> list[Assignment]:
    if all(assignment.is_empty for assignment in found):
        raise DataError(
            f"{path} holds no text with something written of it (got {len(found):,} with one side empty, or single "
            "turns): give texts and what is to be written"
        )
    return list(found)


def _column(table: Table, named: str | None, usual: Sequence[str], place: int, what: str) -> int:
    if named is not None:
        return table.column(named)
    small = [name.casefold() for name in table.names]
    known = [small.index(name) for name in usual if name in small]
    if known:
        return known[0]
    if table.names or table.n_columns <= place:
        columns = ", ".join(table.names) or f"{table.n_columns} without names"
        raise DataError(
            f"{table.path}: which column is the {what}? its columns are {columns}; expected "
            f"{' or '.join(map(repr, usual[:2]))}: rename one, or train on it by --{what}-column"
        )
    return place


def _texts(cell: Any, place: str, column: str) -> list[str]:
    """The text of a cell, or the texts of a list, each on one line."""
    parts = cell if isinstance(cell, list) else [cell]
    for part in parts:
        if part is not None and not isinstance(part, str):
            raise DataError(f"{place}: {column} holds {str(part)[:40]!r}: expected text, or a list of texts")
    return [one_line(part or "") for part in parts]
