"""`heedful answer`: a question and a text in, the part of the text out that answers it."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heedful.cli.incoming import incoming
from heedful.errors import DataError, OptionError

if TYPE_CHECKING:
    from heedful.tasks.answerer import Answerer

# Questions answered together.
CHUNK, CHUNK_SHOWN = 256, 1
EXPECTED = 'expected {"question": "...", "context": "..."}'


def answer(
    run: Path,
    *,
    context: Path | None = None,
    question: str | None = None,
    top: int | None = None,
    device: str | None = None,
) -> None:
    """Answer a question from a text, or each question of standard input, one JSON object to a line.

    The answer is a JSON object: the answer, its first character and the one behind its last, its probability and the
    sentence that holds it. It is empty where a model that learned to refuse finds none. A line of the input has a
    question and its context; of the output it has the answer to the same line.

    Args:
        run: the run directory of a model that answers questions.
        context: a text file of any length to look in, plain or gzip; its lines are joined by a single line break.
        question: what is asked of it.
        top: so many answers of each question in a list, the likeliest first.
        device: cpu or cuda; chosen when not given.
    """
    from heedful.data.text import read_lines
    from heedful.tasks.answerer import Answerer

    if top is not None and top < 1:
        raise OptionError(f"--top must be 1 or more: got {top}")
    if (context is None) != (question is None):
        missing = "--question" if question is None else "--context"
        raise OptionError(
            f"--context and --question go together: {missing} is missing; or give lines on standard input"
        )
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What goes out is UTF-8 as what comes in is, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8")
    if context is not None and question is not None:
        text = "\n".join(read_lines(context))
        if not text.strip():
            raise DataError(f"{context} is empty: there is nothing to find an answer in; give a text")
        answerer = Answerer.load(run, device)
        print(json.dumps(answerer.answer(question, text, top), ensure_ascii=False))
        return
    answerer = Answerer.load(run, device)
    if sys.stdin is None:
        raise DataError("expected questions on standard input, and it is closed: give --context and --question")
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedIOBase), "bytes are read as they arrive"
    if sys.stdin.isatty():
        print(f"{EXPECTED} on each line; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    for chunk in incoming(stream, CHUNK_SHOWN if sys.stdout.isatty() else CHUNK):
        show(answerer, chunk.lines, chunk.first, top)
        if chunk.wrong is not None:
            raise chunk.wrong


def show(answerer: "Answerer", lines: Sequence[str], first: int, top: int | None) -> None:
    """Answer some lines; those before a broken one are answered.

    Args:
        answerer: that answers.
        lines: of the input; an empty one is answered by null.
        first: number of the first, from 1.
        top: so many answers of each.
    Raises:
        DataError: a line is not what is expected, or its question or its context is empty.
        LengthError: a question leaves no room for its context.
    """
    asked: list[tuple[str, str]] = []
    names: list[str] = []
    wrong = None
    n_whole = len(lines)
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            asked.append(read(line, f"line {number}"))
        except DataError as error:
            wrong, n_whole = error, number - first
            break
        names.append(f"line {number}")
    answers = iter(told(answerer, asked, names, top))
    for line in lines[:n_whole]:
        print(json.dumps(next(answers) if line.strip() else None, ensure_ascii=False))
    sys.stdout.flush()
    if wrong is not None:
        raise wrong


def told(answerer: "Answerer", asked: Sequence[tuple[str, str]], names: Sequence[str], top: int | None) -> list[Any]:
    """The answers to questions, as plain values.

    Args:
        answerer: that answers.
        asked: questions with their contexts.
        names: of each, for messages.
        top: so many answers of each; None is one.
    """
    found = answerer.find(asked, top or 1, names=names)
    several = [answerer.told(one, context, top or 1) for one, (_, context) in zip(found, asked, strict=True)]
    return [one[0] for one in several] if top is None else several


def read(line: str, name: str) -> tuple[str, str]:
    """The question and the context of a line.

    Args:
        line: of the input.
        name: of the line, for messages.
    Raises:
        DataError: it is not what is expected.
    """
    from heedful.data.text import from_json

    try:
        values = from_json(line)
    except ValueError as error:
        raise DataError(f"{name} is no JSON ({error}); {EXPECTED}") from None
    texts = [values.get(key) if isinstance(values, dict) else None for key in ("question", "context")]
    for key, text in zip(("question", "context"), texts, strict=True):
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"{name} has no {key}: got {line[:60]!r}; {EXPECTED}")
    return str(texts[0]), str(texts[1])
