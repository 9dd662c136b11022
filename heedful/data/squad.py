"""Questions with the texts that answer them, in SQuAD's JSON or in rows; every answer is looked up in its text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heedful.data import chance
from heedful.data.text import CONVERSION, UNREADABLE, from_json, identity, opened, skip_bom, unreadable
from heedful.errors import DataError

EXPECTED = (
    'expected SQuAD\'s JSON, {"data": [{"paragraphs": [{"context": ..., "qas": [...]}]}]}, or one object to a line '
    'with "question", "context" and "answers"'
)
# A file in which more answers than this do not stand in their texts is another one than its maker meant.
MOST_LOST = 0.1


@dataclass(frozen=True)
class Gold:
    """An answer that somebody gave.

    Args:
        text: of the answer.
        start: the character of the context where it begins; -1 where the context does not hold it.
    """

    text: str
    start: int


@dataclass(frozen=True)
class Question:
    """What is asked, of what text.

    Args:
        name: its id.
        text: the question, on one line.
        context: the text that answers it, as it was given.
        answers: by one or several people; none where the text does not answer it.
    """

    name: str
    text: str
    context: str
    answers: tuple[Gold, ...] = ()

    @property
    def found(self) -> tuple[Gold, ...]:
        """The answers that stand in the context."""
        return tuple(gold for gold in self.answers if gold.start >= 0)

    @property
    def is_lost(self) -> bool:
        """Whether it has answers and its context holds none of them: nothing can be learned of it."""
        return bool(self.answers) and not self.found


@dataclass(frozen=True)
class Questions:
    """The questions of a file.

    Args:
        path: the file.
        items: one at least.
        n_repaired: answers that stood elsewhere than the file said.
        empty: names of the questions that ask nothing, left out.
    """

    path: Path
    items: tuple[Question, ...]
    n_repaired: int = 0
    empty: tuple[str, ...] = ()

    @property
    def n_absent(self) -> int:
        """Answers that their context does not hold."""
        return sum(len(item.answers) - len(item.found) for item in self.items)

    @property
    def lost(self) -> list[str]:
        """Names of the questions whose context holds none of their answers."""
        return [item.name for item in self.items if item.is_lost]


def read_questions(path: Path) -> Questions:
    """Read a file of questions: SQuAD 1.1, SQuAD 2 ("is_impossible"), or rows of JSON; plain or gzip.

    Args:
        path: the file.
    Raises:
        DataError: it cannot be read, is no such file, or a question is broken; the message names it.
    """
    text = _whole(path)
    try:
        values = from_json(text)
    except ValueError as error:
        rows = list(_lines(path, text, error))
    else:
        rows = list(_rows(path, values))
    items, empty, n_repaired = [], [], 0
    for place, row in rows:
        item, repaired = _question(place, row)
        if not item.text:
            empty.append(item.name)
            continue
        items.append(item)
        n_repaired += repaired
    if not items:
        raise DataError(f"{path} holds no questions: {EXPECTED}")
    found = Questions(path, tuple(items), n_repaired, tuple(empty))
    if len(found.lost) > max(1, MOST_LOST * len(items)):
        raise DataError(
            f"{path}: of {len(items):,} questions {len(found.lost):,} have answers that their context does not hold, "
            f"the first is {found.lost[0]!r}; an answer is a part of the context, letter by letter"
        )
    return found


def located(context: str, text: str, start: int | None) -> int:
    """Where an answer stands: where it is said to, or else its nearest occurrence.

    Args:
        context: to be looked through.
        text: of the answer.
        start: the character where it is said to begin; None when nothing is said.
    Returns:
        The character where it begins; -1 when the context does not hold it.
    """
    said = 0 if start is None else start
    if said >= 0 and context.startswith(text, said):
        return said
    after = context.find(text, max(0, said))
    before = context.rfind(text, 0, max(0, said) + len(text))
    places = [place for place in (before, after) if place >= 0]
    return min(places, key=lambda place: abs(place - said), default=-1)


def _whole(path: Path) -> str:
    try:
        with opened(path) as file:
            start = skip_bom(path, file)
            raw = file.read()
    except UNREADABLE as error:
        raise unreadable(path, error, "while it was read") from None
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        place = start + error.start
        raise DataError(f"{path} is not UTF-8 at byte {place:,}; convert it, {CONVERSION}") from None


def _lines(path: Path, text: str, error: ValueError) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """One object to a line; `error` says why the whole is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = from_json(line)
        except ValueError as wrong:
            if number == 1 or not line.lstrip().startswith("{"):
                raise DataError(f"{path} is no JSON ({error}): {EXPECTED}") from None
            raise DataError(f"{path}:{number} is no JSON ({wrong}); expected one object to a line") from None
        if not isinstance(values, dict):
            raise DataError(f"{path}:{number} is no JSON object: got {line[:40]!r}; {EXPECTED}")
        yield f"{path}:{number}", values


def _rows(path: Path, values: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each question as one object, with its context; a broken part is named."""
    data = [values] if isinstance(values, dict) and "question" in values else values
    data = data.get("data") if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise DataError(f"{path} is JSON of something else: {EXPECTED}")
    for number, part in enumerate(data, 1):
        if isinstance(part, dict) and "question" in part:
            yield f"{path}: question {number}", part
            continue
        for paragraph in _list(part, "paragraphs", f"{path}: part {number} of its data"):
            for asked in _list(paragraph, "qas", f"{path}: a paragraph in part {number} of its data"):
                if not isinstance(asked, dict):
                    raise DataError(f"{path}: a question in part {number} is no object: {EXPECTED}")
                # Rows of a table say by an empty list that there is no answer; SQuAD says it in so many words.
                marked = {"is_impossible": False, **asked}
                yield f"{path}: question {asked.get('id')!r}", {**marked, "context": paragraph.get("context")}


def _list(part: Any, key: str, place: str) -> list[Any]:
    found = part.get(key) if isinstance(part, dict) else None
    if not isinstance(found, list):
        raise DataError(f"{place} has no list {key!r}: {EXPECTED}")
    return found


def _question(place: str, row: Mapping[str, Any]) -> tuple[Question, int]:
    """A question, and how many of its answers stood elsewhere than was said."""
    asked, context = row.get("question"), row.get("context")
    if not isinstance(asked, str):
        raise DataError(f'{place} has no text "question": got {str(asked)[:40]!r}; mend it')
    if not isinstance(context, str) or not context.strip():
        raise DataError(f"{place} has no context: there is nothing to find an answer in; remove it, or mend it")
    golds, n_repaired = [], 0
    for text, start in [] if row.get("is_impossible") is True else _answers(place, row):
        bare = text.strip()
        if not bare:
            raise DataError(f"{place} has an empty answer; remove it, or mend it")
        said = None if start is None else start + len(text) - len(text.lstrip())
        gold = Gold(bare, located(context, bare, said))
        n_repaired += gold.start >= 0 and said is not None and gold.start != said
        golds.append(gold)
    if not golds and row.get("is_impossible") is False:
        raise DataError(
            f'{place} has no answers: give it one, or say "is_impossible": true where its context does not answer it'
        )
    name = row.get("id", row.get("name"))
    shown = place.rpartition(": ")[2] if name is None else str(name)
    return Question(shown, " ".join(asked.split()), context, tuple(golds)), n_repaired


def _answers(place: str, row: Mapping[str, Any]) -> Sequence[tuple[str, int | None]]:
    """Texts and where they are said to begin: a list of objects, an object of two lists, or a single text."""
    given = row.get("answers", row.get("answer"))
    found: list[tuple[Any, Any]] = []
    match given:
        case str():
            found = [(given, row.get("answer_start"))] if given.strip() else []
        case {"text": list(texts)}:
            starts = given.get("answer_start") or [None] * len(texts)
            found = list(zip(texts, starts, strict=False)) if len(starts) == len(texts) else [(None, None)]
        case list():
            found = [
                (item.get("text"), item.get("answer_start")) if isinstance(item, dict) else (item, None)
                for item in given
            ]
        case None if row.get("is_impossible") is False:
            found = []
        case _:
            found = [(None, None)]
    for text, start in found:
        whole = start is None or (isinstance(start, int) and not isinstance(start, bool))
        if not isinstance(text, str) or not whole:
            raise DataError(
                f'{place}: expected "answers": [{{"text": ..., "answer_start": ...}}], got {str(given)[:60]!r}; mend it'
            )
    return found


def hold_out(items: Sequence[Question], parts: Sequence[str], seed: int) -> dict[str, list[Question]]:
    """Set questions apart, and no context in two parts.

    Which ones follows from the contexts, not from where they stand: adding questions moves few others.

    Args:
        items: to choose from.
        parts: their names, as "dev"; a tenth each, and a thousand at most.
        seed: another one chooses others.
    Returns:
        The parts, and "train": what is left.
    """
    groups: dict[int, list[int]] = {}
    # Many questions may have one context, and that a long one.
    known = {context: identity(context) for context in {item.context for item in items}}
    for place, item in enumerate(items):
        groups.setdefault(known[item.context], []).append(place)
    marks = np.array(list(groups), dtype=np.uint64)
    order = iter(np.argsort(chance.draw(chance.key(seed), marks), kind="stable").tolist())
    places, wanted = list(groups.values()), min(len(items) // 10, 1000)
    of_item = np.zeros(len(items), np.uint8)
    for number in range(1, len(parts) + 1):
        while (of_item == number).sum() < wanted and (group := next(order, None)) is not None:
            of_item[places[group]] = number
    return {
        name: [item for item, of in zip(items, of_item, strict=True) if of == number]
        for number, name in enumerate(("train", *parts))
    }
