"""`heedful translate`: lines in, translations out."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import Parameter

from heedful.errors import DataError

# Lines translated together: enough to fill every row of the decoder, few enough that a pipe sees answers soon.
CHUNK = 2048


def translate(
    run: Path,
    *,
    to: str | None = None,
    beam: int = 5,
    length_penalty: float = 1.0,
    n_best: int = 1,
    prefix: str = "",
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Translate standard input line by line; each line of the output belongs to the same line of the input.

    Args:
        run: the run directory of a translator.
        to: language to translate into; may be left out where the model or the script of the text leaves no choice.
        beam: beginnings kept side by side; 1 takes the likeliest word at every step.
        length_penalty: higher favours longer translations.
        n_best: translations for each line, best first, on lines of their own.
        prefix: what every translation must begin with.
        device: cpu or cuda; chosen when not given.
        as_json: one JSON object a line, with scores and with what stopped each answer.
    """
    from heedful.decoding import Beam
    from heedful.tasks.translator import Translator

    search = Beam(beam, length_penalty, n_best)
    translator = Translator.load(run, device)
    if sys.stdin.isatty():
        print(f"Type a sentence and press Enter; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    lines = decoded_lines(sys.stdin.buffer)
    while chunk := list(islice(lines, 1 if sys.stdin.isatty() else CHUNK)):
        prefixes = [prefix if line.strip() else "" for line in chunk] if prefix else None
        found = translator.answer(chunk, to=to, search=search, prefixes=prefixes)
        for line, answers in zip(chunk, found.answers, strict=True):
            if as_json:
                row = {"source": line, "translations": [vars(answer) for answer in answers]}
                print(json.dumps(row, ensure_ascii=False))
            else:
                print(*(answer.text for answer in answers), sep="\n")
        sys.stdout.flush()


def decoded_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of standard input, whatever the locale says.

    Raises:
        DataError: a line is not UTF-8.
    """
    for number, raw in enumerate(stream, 1):
        try:
            yield raw.decode("utf-8").removesuffix("\n").removesuffix("\r").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise DataError(
                f"line {number} of the input is not UTF-8 (byte {error.start + 1} of the line); convert it, for "
                "example with iconv -f LATIN1 -t UTF-8"
            ) from None
