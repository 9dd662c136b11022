"""`heedful translate`: lines in, translations out."""

import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.cli.incoming import Chunk, incoming
from heedful.cli.watching import watching
from heedful.errors import DataError, HeedfulError, LengthError

if TYPE_CHECKING:
    from heedful.decoding import Beam
    from heedful.tasks.misgivings import Misgivings
    from heedful.tasks.translator import Direction, Translations, Translator

# Lines translated together where they come fast: enough to fill every row of the decoder.
CHUNK = 2048
# Where people look on: few enough that the answers flow.
CHUNK_SHOWN = 64


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

    Lines are answered as they arrive. One that is longer than the model's window is answered by an empty line, and the
    exit code is 2.

    Args:
        run: the run directory of a translator.
        to: language to translate into; may be left out where the model or the script of the text leaves no choice.
        beam: beginnings kept side by side; 1 takes the likeliest word at every step.
        length_penalty: higher favours longer translations.
        n_best: translations for each line, best first, on lines of their own; at most as many as `beam`.
        prefix: what every translation must begin with.
        device: cpu or cuda; chosen when not given.
        as_json: one JSON object a line, with scores and with what stopped each answer.
    """
    from heedful.decoding import Beam
    from heedful.tasks.misgivings import Misgivings
    from heedful.tasks.translator import Translator

    search = Beam(beam, length_penalty, n_best)
    translator = Translator.load(run, device)
    if sys.stdin is None:
        raise DataError("expected text on standard input, and it is closed: give it with < in.txt")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What goes out is UTF-8 as what comes in is, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8")
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedIOBase), "bytes are read as they arrive"
    if to is not None:
        translator.direction((), to)
    conversation = Conversation(translator, search, to, prefix, as_json, Misgivings(translator))
    if sys.stdin.isatty():
        print(f"Type a sentence and press Enter; Ctrl-D ends. Loaded {run}.", file=sys.stderr)
        conversation.hold(incoming(stream, 1))
    else:
        most = CHUNK_SHOWN if sys.stdout.isatty() else CHUNK
        conversation.take_in(incoming(stream, most), n_bytes(stream))


@dataclass
class Conversation:
    """What is asked, and what it is answered with.

    Args:
        translator: that answers.
        search: how.
        to: language to translate into; None where the text decides.
        prefix: what every translation must begin with.
        as_json: how the answers are printed.
        misgivings: about the lines.
    """

    translator: "Translator"
    search: "Beam"
    to: str | None
    prefix: str
    as_json: bool
    misgivings: "Misgivings"

    def hold(self, chunks: Iterable[Chunk]) -> None:
        """Answer what is typed: each line by itself; a mistake is told, and ends nothing."""
        said = None if self.to is None else self.translator.direction((), self.to)
        for chunk in chunks:
            try:
                self.answer(chunk, said or self.translator.told(chunk.lines))
                self.warn(self.misgivings.of_lines())
            except HeedfulError as error:
                self.warn([str(error)])
            if chunk.wrong is not None:
                self.warn([str(chunk.wrong)])

    def take_in(self, chunks: Iterable[Chunk], whole: int) -> None:
        """Answer a text.

        Args:
            chunks: of it.
            whole: its bytes; 0 where nobody knows.
        Raises:
            DataError: a line is no text; all before it are answered.
            LengthError: lines were left out; all others are answered.
        """
        n_answered, wrong = 0, None
        # Whoever reads the lines of a program beside it wants complaints there, and nothing else.
        with watching(wanted=sys.stderr.isatty() and not sys.stdout.isatty()) as watch:
            try:
                for chunk, direction in directed(chunks, self.translator, self.to):

                    def tell(done: int, n_lines: int, chunk: Chunk = chunk) -> None:
                        place = chunk.start + (chunk.end - chunk.start) * done / max(1, n_lines)
                        watch(f"{chunk.first - 1 + done:,} lines translated", place, whole)

                    self.answer(chunk, direction, tell, leave_out=True)
                    n_answered, wrong = n_answered + len(chunk.lines), chunk.wrong
                    if wrong is not None:
                        break
            except KeyboardInterrupt as stop:
                raise type(stop)(f"stopped; lines answered until then: {n_answered:,}") from None
            finally:
                self.warn(self.misgivings.of_lines())
        left_out = self.misgivings.left_out
        if wrong is not None:
            self.warn([left_out] if left_out else [])
            raise DataError(f"{wrong}; lines answered before it: {n_answered:,}")
        if left_out:
            raise LengthError(left_out)

    def answer(
        self,
        chunk: Chunk,
        direction: "Direction | None",
        tell: Callable[[int, int], None] | None = None,
        leave_out: bool = False,
    ) -> None:
        """Answer some lines.

        Args:
            chunk: the lines.
            direction: languages from and into; None where no line has said it.
            tell: is told (lines done, lines in all) now and then.
            leave_out: whether lines longer than the model's window are answered by empty ones.
        """
        lines = chunk.lines
        if direction is not None:
            self.warn(self.misgivings.of_text(lines, direction))
            self.misgivings.look(lines, chunk.first, direction)
        found = self.translator.answer(
            lines,
            to=None if direction is None else direction[1],
            search=self.search,
            prefixes=[self.prefix if line.strip() else "" for line in lines],
            progress=tell,
            leave_out=leave_out,
        )
        self.misgivings.miss(lines, chunk.first, found)
        show(lines, found, self.search.n_best, self.as_json)

    def warn(self, complaints: Iterable[str]) -> None:
        """What people should know beside the answers."""
        for complaint in complaints:
            print(f"heedful: {complaint}", file=sys.stderr)


def directed(
    chunks: Iterable[Chunk], translator: "Translator", to: str | None
) -> Iterator[tuple[Chunk, "Direction | None"]]:
    """The same lines with the direction of the text, told once: none comes out otherwise because of those around it.

    Where it is not said, as many lines as it takes to tell come first, in one chunk: `CHUNK` or a few more. So a slow
    pipe that begins with "OK" is understood as a file is.

    Args:
        chunks: of a text.
        translator: that is to translate it.
        to: language to translate into; None where the text decides.
    """
    direction = None if to is None else translator.direction((), to)
    begun: Chunk | None = None
    for chunk in chunks:
        if direction is not None:
            yield chunk, direction
            continue
        if begun is not None:
            chunk = replace(chunk, first=begun.first, lines=begun.lines + chunk.lines, start=begun.start)
        direction, begun = translator.told(chunk.lines), chunk
        if direction is not None or len(chunk.lines) >= CHUNK or chunk.wrong is not None:
            yield chunk, direction
            begun = None
    if begun is not None:
        yield begun, None


def n_bytes(stream: io.BufferedIOBase) -> int:
    """The size of what is read, where it is a file; 0 where nobody knows yet."""
    try:
        found = os.fstat(stream.fileno())
    except io.UnsupportedOperation:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def show(lines: Sequence[str], found: "Translations", n_best: int, as_json: bool) -> None:
    """Print the answers to some lines, and let them go at once; every line has `n_best` of them, be they empty."""
    for line, answers in zip(lines, found.answers, strict=True):
        if as_json:
            row = {"source": line, "translations": [answer.to_json() for answer in answers]}
            print(json.dumps(row, ensure_ascii=False))
        else:
            texts = [answer.text for answer in answers]
            print(*texts, *[""] * (n_best - len(texts)), sep="\n")
    sys.stdout.flush()
