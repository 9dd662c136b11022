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
    from heedful.tasks.translator import Translations, Translator

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
        for chunk in chunks:
            try:
                self.answer(chunk, chunk.lines, self.to)
                self.warn(self.misgivings.of_lines())
            except HeedfulError as error:
                self.warn([str(error)])

    def take_in(self, chunks: Iterable[Chunk], whole: int) -> None:
        """Answer a text.

        Args:
            chunks: of it.
            whole: its bytes; 0 where nobody knows.
        Raises:
            LengthError: lines were left out, all others are answered.
        """
        to = self.to
        with watching(wanted=not sys.stdout.isatty()) as watch:
            try:
                for chunk in settled(chunks, self.translator) if to is None else chunks:
                    if to is None and any(map(str.strip, chunk.lines)):
                        # Said once for a whole text: a line does not come out otherwise because of those around it.
                        _, to = self.translator.direction(chunk.lines, None)

                    def tell(done: int, n_lines: int, chunk: Chunk = chunk) -> None:
                        place = chunk.start + (chunk.end - chunk.start) * done / max(1, n_lines)
                        watch(f"{chunk.first - 1 + done:,} lines translated", place, whole)

                    self.answer(chunk, self.misgivings.fitting(chunk.lines, chunk.first), to, tell)
            finally:
                self.warn(self.misgivings.of_lines())
        if self.misgivings.left_out:
            raise LengthError(self.misgivings.left_out)

    def answer(
        self, chunk: Chunk, lines: Sequence[str], to: str | None, tell: Callable[[int, int], None] | None = None
    ) -> None:
        """Answer some lines.

        Args:
            chunk: the lines as they came.
            lines: as they are translated: some may be left out.
            to: language to translate into; None where these lines decide.
            tell: is told (lines done, lines in all) now and then.
        """
        if any(map(str.strip, lines)):
            direction = self.translator.direction(lines, to)
            self.warn(self.misgivings.of_text(lines, direction))
            self.misgivings.look(lines, chunk.first, direction)
        prefixes = [self.prefix if line.strip() else "" for line in lines]
        found = self.translator.answer(
            lines, to=to, search=self.search, prefixes=prefixes, progress=tell, first=chunk.first
        )
        show(chunk.lines, found, self.search.n_best, self.as_json)

    def warn(self, complaints: Iterable[str]) -> None:
        """What people should know beside the answers."""
        for complaint in complaints:
            print(f"heedful: {complaint}", file=sys.stderr)


def settled(chunks: Iterable[Chunk], translator: "Translator") -> Iterator[Chunk]:
    """The same lines, but as many as it takes to tell their language come first, in one chunk: `CHUNK` or a few more.

    So that a slow pipe that begins with "OK" is understood as a file is.
    """
    begun: Chunk | None = None
    told = False
    for chunk in chunks:
        if told:
            yield chunk
            continue
        begun = chunk if begun is None else replace(begun, lines=[*begun.lines, *chunk.lines], end=chunk.end)
        told = len(begun.lines) >= CHUNK or translator.is_told(begun.lines)
        if told:
            yield begun
    if begun is not None and not told:
        yield begun


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
            row = {"source": line, "translations": [vars(answer) for answer in answers]}
            print(json.dumps(row, ensure_ascii=False))
        else:
            texts = [answer.text for answer in answers]
            print(*texts, *[""] * (n_best - len(texts)), sep="\n")
    sys.stdout.flush()
