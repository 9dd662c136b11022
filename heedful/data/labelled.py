"""Examples for classification: a text, or two, and what is true of it; checked, and parts of them held out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from heedful.data import chance
from heedful.data.table import Columns, Row, Table, find_columns, read_table
from heedful.data.text import identity
from heedful.errors import DataError, OptionError, suggest

# What is told of a text: one label, any number of them, a number, or a tag for each of its words.
Kind = Literal["one", "many", "number", "tags"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Between the labels of one text, and between the two texts of a pair.
BETWEEN, TAB = "|", "\t"
# Fewer examples than this leave nothing to hold out, nor to learn from.
FEWEST = 20
# A number that has more values than this is no name of a class.
MANY_VALUES = 12
MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """What is learned from, and what is asked.

    Args:
        text: words of a tagged one are separated by spaces, the two texts of a pair by a tab.
        truth: the label; several in alphabetical order with "|" between; a number; or a tag for each word.
        line: of its file.
    """

    text: str
    truth: str
    line: int = 0


@dataclass(frozen=True)
class Examples:
    """The examples of a file.

    Args:
        path: the file.
        kind: what is told of each.
        paired: whether each has two texts.
        items: one at least.
        columns: as people find them: "the label is 'label', the text 'sentence'".
        named: how another such file is read.
    """

    path: Path
    kind: Kind
    paired: bool
    items: tuple[Example, ...]
    columns: str
    named: "Named | None" = None

    @property
    def labels(self) -> list[str]:
        """Every label or tag once, sorted; none of numbers."""
        return sorted(self.counts)

    @property
    def counts(self) -> Counter[str]:
        """How many examples have each label (of tags: how many words)."""
        return Counter(name for item in self.items for name in names_of(item.truth, self.kind))


@dataclass(frozen=True)
class Named:
    """How a file is to be read.

    Args:
        text: name or number of the column of the text; None guesses.
        pair: of a second text.
        label: of the label.
        kind: what is told of a text; None guesses.
        between: what separates several labels of a text in one cell.
    """

    text: str | None = None
    pair: str | None = None
    label: str | None = None
    kind: str | None = None
    between: str = BETWEEN

    def read(self, path: Path) -> Examples:
        """The examples of a file.

        Raises:
            OptionError: no such kind.
            DataError: the file, a column or a row cannot be used; the message names file and line.
        """
        if self.kind is not None and self.kind not in KINDS:
            raise OptionError(f"kind {self.kind!r} is not known{suggest(self.kind, KINDS)}")
        return self._examples(read_table(path, [name for name in (self.text, self.pair, self.label) if name]))

    def read_like(self, path: Path) -> Examples:
        """The examples of another file: columns that it does not have under these names are guessed.

        Raises:
            DataError: as `read`.
        """
        table = read_table(path, [name for name in (self.text, self.pair, self.label) if name])
        known = [name if table.has(name) else None for name in (self.text, self.pair, self.label)]
        return replace(self, text=known[0], pair=known[1], label=known[2])._examples(table)

    def _examples(self, table: Table) -> Examples:
        columns = find_columns(table, self.text, self.label, self.pair)
        kind = next((kind for kind in KINDS if kind == self.kind), None) or _kind(table, columns, self.between)
        items = tuple(self._example(table, columns, kind, row) for row in table.rows)
        second = "" if columns.pair is None else f", the second text {table.titled(columns.pair)}"
        said = f"the label is {table.titled(columns.label)}, the text {table.titled(columns.text)}{second}"
        named = Named(
            table.name(columns.text),
            None if columns.pair is None else table.name(columns.pair),
            table.name(columns.label),
            kind,
            self.between,
        )
        return Examples(table.path, kind, columns.pair is not None, items, said, named)

    def _example(self, table: Table, columns: Columns, kind: Kind, row: Row) -> Example:
        place = f"{table.path}:{row.line}"
        texts = [row.cells[column] for column in (columns.text, columns.pair) if column is not None]
        if kind == "tags":
            return _tagged(place, texts[0], row.cells[columns.label], row.line)
        shown = [text_of(cell) if isinstance(cell, str) else "" for cell in texts]
        if not all(shown):
            raise DataError(f"{place} has an empty text: nothing can be told of it; remove the line, or mend it")
        return Example(TAB.join(shown), self._truth(place, row.cells[columns.label], kind), row.line)

    def _truth(self, place: str, cell: Any, kind: Kind) -> str:
        if kind == "many":
            parts = cell if isinstance(cell, list) else str(cell).split(self.between)
            return BETWEEN.join(sorted({_name(part) for part in parts if _name(part)}))
        if kind == "number":
            value = as_number(cell)
            if value is None:
                raise DataError(f"{place}: {str(cell)!r} is no number, which the other rows have; mend it")
            return repr(value)
        # What is no number comes from JSON where a cell was empty.
        none = cell is None or isinstance(cell, list | dict) or (isinstance(cell, float) and as_number(cell) is None)
        name = "" if none else _name(cell)
        if not name:
            raise DataError(f"{place} has no label: got {str(cell)!r}; remove the line, or give it one")
        return name


def text_of(cell: str) -> str:
    """A text on one line: white space of every kind is a single space."""
    return " ".join(cell.split())


def names_of(truth: str, kind: Kind) -> list[str]:
    """The labels in a truth; none of a number."""
    if kind == "number":
        return []
    if kind == "many":
        return [name for name in truth.split(BETWEEN) if name]
    return truth.split(" ") if kind == "tags" else [truth]


def as_number(cell: Any) -> float | None:
    """A finite number, or None."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if abs(value) < float("inf") else None


def check_training(examples: Examples) -> None:
    """Refuse what no classifier can be made of.

    Raises:
        DataError: too few examples, a single label, or a label that occurs once; the message says where.
    """
    path, kind, counts = examples.path, examples.kind, examples.counts
    if len(examples.items) < FEWEST:
        raise DataError(f"{path} holds {len(examples.items)} examples: expected {FEWEST} at least; give more")
    if kind == "number":
        if len({item.truth for item in examples.items}) < 2:
            raise DataError(f"{path}: every example has the same number: there is nothing to learn; check --label")
        return
    if len(counts) < 2:
        raise DataError(f"{path}: every example has the label {next(iter(counts), '')!r}: expected two; check --label")
    if kind != "tags" and len(counts) > len(examples.items) // 2:
        raise DataError(
            f"{path}: {len(counts):,} different labels in {len(examples.items):,} rows: that is no label; name the "
            "right column with --label, or learn a number with --kind number"
        )
    if kind == "one":
        once = [name for name, count in counts.items() if count == 1]
        if once:
            line = next(item.line for item in examples.items if item.truth == once[0])
            more = f", and so do {len(once) - 1} more" if len(once) > 1 else ""
            raise DataError(
                f"{path}:{line}: the label {once[0]!r} occurs once{more}: it cannot be learned and tested; give more "
                "examples of it, or remove the line"
            )


def check_known(examples: Examples, labels: Sequence[str], paired: bool, where: str) -> None:
    """Refuse held-out examples of another kind, or with a label that is never learned.

    Args:
        examples: held out.
        labels: that are learned.
        paired: whether each example to learn from has two texts.
        where: they are learned, for messages.
    Raises:
        DataError: names file and line.
    """
    if examples.paired != paired:
        number = "two texts" if paired else "one text"
        raise DataError(f"{examples.path} must have {number} in each row, as {where} has; name them with --pair")
    known = set(labels)
    for item in examples.items:
        for name in names_of(item.truth, examples.kind):
            if name not in known:
                raise DataError(
                    f"{examples.path}:{item.line}: the label {name!r} does not occur in {where}, so it cannot be "
                    f"told{suggest(name, known)}"
                )


def findings(train: Examples, held_out: Mapping[str, Examples]) -> Iterator[dict[str, Any]]:
    """What is wrong with examples that can be learned from, as the report tells it, the gravest first.

    Args:
        train: to learn from.
        held_out: files given by the caller, by their role.
    """
    lines: dict[int, Example] = {}
    repeated: list[tuple[Example, str]] = []
    torn: list[tuple[Example, str]] = []
    for item in train.items:
        before = lines.setdefault(identity(item.text), item)
        if before is not item:
            (repeated if before.truth == item.truth else torn).append((item, f"is line {before.line:,} again"))
    total = len(train.items)
    if torn:
        yield _finding(
            "Texts with two labels", "warning", train, torn, total, "decide on one of them: no model can be right"
        )
    for role, examples in held_out.items():
        known = [
            (item, f"is line {lines[identity(item.text)].line:,} of {train.path.name}, the training text")
            for item in examples.items
            if identity(item.text) in lines
        ]
        if known:
            advice = "remove them from one: scores are too high"
            yield _finding(f"{role} rows in the training text", "warning", examples, known, len(examples.items), advice)
    if repeated:
        yield _finding("Repeated texts", "note", train, repeated, total, "remove repeats, unless they are meant")


def hold_out(examples: Examples, parts: Sequence[str], seed: int) -> dict[str, list[Example]]:
    """Set examples apart: the same share of every label, and no text in two parts.

    Which ones follows from what they say, not from where they stand: adding rows moves few others.

    Args:
        examples: to choose from.
        parts: their names, as "dev".
        seed: another one chooses others.
    Returns:
        The parts, and "train": what is left.
    """
    items = examples.items
    groups: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        groups.setdefault(identity(item.text), []).append(place)
    marks = np.array(list(groups), dtype=np.uint64)
    order = np.argsort(chance.draw(chance.key(seed), marks), kind="stable")
    places = list(groups.values())
    strata: dict[str, list[list[int]]] = {}
    for index in order:
        strata.setdefault(_stratum(items[places[index][0]], examples.kind), []).append(places[index])
    share = min(0.1, 1000 / len(items))
    of_item, carried = np.zeros(len(items), np.uint8), 0.0
    for name in sorted(strata):
        left = iter(strata[name])
        # What rounding takes from one label it gives to the next, so that the whole has its size.
        exact = share * sum(map(len, strata[name]))
        for number in range(1, len(parts) + 1):
            wanted = int(exact + carried + 0.5) if exact >= 0.5 else 0
            carried += (exact - wanted) / len(parts)
            while wanted > 0 and (group := next(left, None)) is not None:
                # A text that stands in many rows would be a test of one text: it stays to be learned.
                if len(group) <= max(1, wanted):
                    of_item[group] = number
                    wanted -= len(group)
    return {
        name: [item for item, of in zip(items, of_item, strict=True) if of == number]
        for number, name in enumerate(("train", *parts))
    }


def _stratum(item: Example, kind: Kind) -> str:
    """What is to be spread evenly."""
    return item.truth if kind in ("one", "many") else ""


def _kind(table: Table, columns: Columns, between: str) -> Kind:
    cells = [row.cells[columns.label] for row in table.rows]
    texts = [row.cells[columns.text] for row in table.rows]
    if all(isinstance(cell, list) for cell in cells):
        return "tags" if all(isinstance(text, list) for text in texts) else "many"
    values = {str(cell) for cell in cells}
    numbers = [as_number(value) for value in values]
    if all(number is not None for number in numbers):
        fractions = any(number != round(number) for number in numbers if number is not None)
        return "number" if fractions and len(values) > MANY_VALUES else "one"
    names = {_name(part) for value in values for part in value.split(between)}
    # A text taken for a label may hold the mark too, and what it separates is different everywhere.
    return "many" if len(names) <= len(cells) and any(between in value for value in values) else "one"


def _tagged(place: str, words: Any, tags: Any, line: int) -> Example:
    words = words.split() if isinstance(words, str) else words
    tags = tags.split() if isinstance(tags, str) else tags
    if not isinstance(words, list) or not isinstance(tags, list) or len(words) != len(tags):
        got = (
            f"{len(words)} words and {len(tags)} tags" if isinstance(words, list) and isinstance(tags, list) else "none"
        )
        raise DataError(f"{place}: expected a tag for each word: got {got}; mend the line")
    shown, names = ["".join(str(word).split()) for word in words], [_name(tag) for tag in tags]
    if not shown or not all(shown) or not all(names):
        raise DataError(f"{place} has an empty text, word or tag; remove it, or mend it")
    return Example(" ".join(shown), " ".join(name.replace(" ", "_") for name in names), line)


def _name(value: Any) -> str:
    """A label as it is shown: 1.0 of JSON and "1" are one label, and white space does not count."""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(str(int(value) if isinstance(value, float) and value.is_integer() else value).split())


def _finding(
    title: str, severity: str, where: Examples, found: Sequence[tuple[Example, str]], total: int, advice: str
) -> dict[str, Any]:
    examples = [{"file": str(where.path), "line": item.line, "what": what} for item, what in found[:MAX_EXAMPLES]]
    kind = title.lower().replace(" ", "_")
    return {
        "kind": kind, "title": title, "severity": severity, "count": len(found), "share": len(found) / total,
        "examples": examples, "advice": advice,
    }  # fmt: skip
