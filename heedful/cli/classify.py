"""`heedful classify`: lines in, labels out."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from heedful.cli.incoming import incoming
from heedful.errors import DataError, OptionError

if TYPE_CHECKING:
    from heedful.tasks.classifier import Classifier

# Lines answered together.
CHUNK, CHUNK_SHOWN = 2048, 64


def classify(
    run: Path,
    *,
    top: int | None = None,
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Classify standard input line by line; each line of the output belongs to the same line of the input.

    A line is a text; of a model of pairs it is two with a tab between. Answers are a label and its probability with a
    tab between; a number; several labels one behind the other; or what was found, each with its text.

    Args:
        run: the run directory of a classifier.
        top: so many labels of each text with their probabilities, the likeliest first.
        device: cpu or cuda; chosen when not given.
        as_json: one JSON value a line.
    """
    from heedful.tasks.classifier import Classifier

    if top is not None and top < 1:
        raise OptionError(f"--top must be 1 or more: got {top}")
    classifier = Classifier.load(run, device)
    if sys.stdin is None:
        raise DataError("expected text on standard input, and it is closed: give it with < texts.txt")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What goes out is UTF-8 as what comes in is, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8")
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedIOBase), "bytes are read as they arrive"
    if sys.stdin.isatty():
        print(f"Type a text and press Enter; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    for chunk in incoming(stream, CHUNK_SHOWN if sys.stdout.isatty() else CHUNK):
        show(classifier, chunk.lines, chunk.first, top, as_json)
        if chunk.wrong is not None:
            raise chunk.wrong


def show(classifier: "Classifier", lines: Sequence[str], first: int, top: int | None, as_json: bool) -> None:
    """Answer some lines.

    Args:
        classifier: that answers.
        lines: of the input; an empty one is answered by an empty one.
        first: number of the first, from 1.
        top: so many labels of each.
        as_json: how the answers are printed.
    """
    wanted = [line for line in lines if line.strip()]
    numbers = [number for number, line in enumerate(lines, first) if line.strip()]
    found = iter(classifier.classify(wanted, top, [f"line {number}" for number in numbers]))
    for line in lines:
        answer = next(found) if line.strip() else None
        print(json.dumps(answer, ensure_ascii=False) if as_json else told(answer))
    sys.stdout.flush()


def told(answer: Any) -> str:
    """An answer as people read it, on one line."""
    if answer is None:
        return ""
    if isinstance(answer, list):
        return "\t".join(map(told, answer))
    if "entity" in answer:
        return f"{answer['entity']}\t{answer['word']}"
    if "label" in answer:
        return f"{answer['label']}\t{answer['score']:.4f}"
    return f"{answer['score']:.4f}"
