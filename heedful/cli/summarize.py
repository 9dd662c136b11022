"""`heedful summarize`: texts in, what a model from text to text writes of them out."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.cli.incoming import incoming
from heedful.errors import DataError, LengthError

if TYPE_CHECKING:
    from heedful.decoding import Beam
    from heedful.tasks.writer import Writer

# Texts answered together.
CHUNK, CHUNK_SHOWN = 512, 16


def summarize(
    run: Path,
    *,
    beam: int = 5,
    length_penalty: float = 1.0,
    long: str | None = None,
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Summarize standard input, a text a line; each line of the output belongs to the same line of the input.

    A model that was trained to reword rewords. A text longer than the model's window is answered by an empty line, and
    the exit code is 2; unless a part of it is asked for.

    Args:
        run: the run directory of `heedful train text`.
        beam: beginnings kept side by side; 1 takes the likeliest word at every step.
        length_penalty: higher favours longer answers.
        long: of a text beyond the window "leading" reads the beginning, "trailing" the end; "refuse" neither. As in
            training when not given.
        device: cpu or cuda; chosen when not given.
        as_json: one JSON object a line, with scores and with what stopped each answer.
    """
    from heedful.decoding import Beam
    from heedful.tasks.writer import Writer

    search, writer = Beam(beam, length_penalty), Writer.load(run, device)
    stream = binary_input()
    if sys.stdin.isatty():
        print(f"Type a text and press Enter; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    left_out: list[int] = []
    for chunk in incoming(stream, CHUNK_SHOWN if sys.stdout.isatty() else CHUNK):
        left_out += show(writer, chunk.lines, chunk.first, search, long, as_json)
        if chunk.wrong is not None:
            raise chunk.wrong
    if left_out:
        raise LengthError(
            f"{len(left_out):,} texts are longer than the model's window and were answered by empty lines, the first "
            f"in line {left_out[0]}: shorten them, or give --long leading to read their beginnings"
        )


def show(
    writer: "Writer", lines: Sequence[str], first: int, search: "Beam", long: str | None, as_json: bool
) -> list[int]:
    """Answer some lines.

    Args:
        writer: that answers.
        lines: of the input; an empty one is answered by an empty one.
        first: number of the first, from 1.
        search: how.
        long: what becomes of those beyond the window.
        as_json: how the answers are printed.
    Returns:
        the numbers of those that were left out.
    """
    found = writer.answer(lines, search=search, long=long, leave_out=True)
    for line, answers in zip(lines, found.answers, strict=True):
        row = {"source": line, **answers[0].to_json()}
        print(json.dumps(row, ensure_ascii=False) if as_json else answers[0].text)
    sys.stdout.flush()
    return [number for number, answers in enumerate(found.answers, first) if answers[0].stopped == "window"]


def binary_input() -> io.BufferedIOBase:
    """Standard input as bytes; standard output becomes UTF-8 as it is.

    Raises:
        DataError: standard input is closed.
    """
    if sys.stdin is None:
        raise DataError("expected text on standard input, and it is closed: give it with < in.txt")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What goes out is UTF-8 as what comes in is, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8")
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedIOBase), "bytes are read as they arrive"
    return stream
