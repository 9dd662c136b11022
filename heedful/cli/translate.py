"""`heedful translate`: lines in, translations out."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

from cyclopts import Parameter

from heedful.errors import DataError, HeedfulError

if TYPE_CHECKING:
    from heedful.tasks.translator import Translations

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
    if sys.stdin is None:
        raise DataError("expected text on standard input, and it is closed: give it with < in.txt")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What goes out is UTF-8 as what comes in is, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8")
    typed = sys.stdin.isatty()
    if typed:
        print(f"Type a sentence and press Enter; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    lines, n_done, warned = decoded_lines(sys.stdin.buffer), 0, False
    while chunk := list(islice(lines, 1 if typed else CHUNK)):
        if to is None and not typed and any(map(str.strip, chunk)):
            # Said once for a whole text: a line does not come out otherwise because of those around it.
            _, to = translator.direction(chunk, None)
        prefixes = [prefix if line.strip() else "" for line in chunk]
        try:
            if any(map(str.strip, chunk)) and not warned and (misgivings := translator.misgivings(chunk, to)):
                print(f"heedful: {misgivings}: expect nonsense", file=sys.stderr)
                warned = True
            found = translator.answer(chunk, to=to, search=search, prefixes=prefixes, first=n_done + 1)
        except HeedfulError as error:
            if not typed:
                raise
            print(f"heedful: {error}", file=sys.stderr)
        else:
            show(chunk, found, n_best, as_json)
        n_done += len(chunk)


def show(lines: Sequence[str], found: "Translations", n_best: int, as_json: bool) -> None:
    """Print the answers to some lines, and let them go at once; every line has `n_best` of them, be they empty."""
    for line, answers in zip(lines, found.answers, strict=True):
        if as_json:
            row = {"source": line, "translations": [vars(answer) for answer in answers]}
            print(json.dumps(row, ensure_ascii=False))
        else:
            texts = [answer.text for answer in answers]
            print(*texts, *[""] * (n_best - len(texts)), sep="\n")
    sys.stdout.flush()


def decoded_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of standard input, whatever the locale says.

    Raises:
        DataError: a line is not UTF-8.
    """
    from heedful.data.text import CONVERSION, GZIP

    for number, raw in enumerate(stream, 1):
        try:
            yield raw.decode("utf-8").removesuffix("\n").removesuffix("\r").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            if number == 1 and raw.startswith(GZIP):
                raise DataError("the input is compressed with gzip: send it through zcat") from None
            raise DataError(
                f"line {number} of the input is not UTF-8 (byte {error.start + 1} of the line); convert it, "
                f"{CONVERSION}"
            ) from None
