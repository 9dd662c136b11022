"""A trained model from text to text: it summarizes, rewords, or replies to what was said before."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from heedful.data.assignments import REFERENCE, TURN, Form
from heedful.data.tokenizer import Tokenizer
from heedful.decoding import Limits, Search
from heedful.errors import LengthError, OptionError, RunError, ShapeError, suggest
from heedful.evaluation.writing import Tally
from heedful.interface import Model
from heedful.numerics import Compute, Numerics, choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.tasks.evidence import unwatched
from heedful.tasks.stored import described, require_task, search_of
from heedful.tasks.translator import Translations, Translator, one_line

TASK = "text"
Long = Literal["refuse", "leading", "trailing"]
LONG: Sequence[Long] = ("refuse", "leading", "trailing")
# Where there is no space for longer than this, words are not separated by spaces.
LONGEST_WORD = 40


@dataclass(frozen=True)
class Manner:
    """What of a run decides how it reads and writes.

    Args:
        turns: that it reads before it replies; 0 of one that was trained on no dialogue.
        long: what becomes of a text beyond its window.
        most: tokens that it writes at most.
        language: code; "" where it is not known.
        source: name or number of the column of the texts it learned from; None where it was found.
        target: of what is to be written.
    """

    turns: int
    long: Long
    most: int
    language: str
    source: str | None = None
    target: str | None = None

    @property
    def limits(self) -> Limits:
        """Of length and of copies: a summary may be a sentence of its text."""
        return Limits(max_ratio=0.0, max_extra=self.most)


class Writer:
    """A model with its vocabulary and its manner.

    Args:
        model: in evaluation mode, in the dtype that `numerics` names, on its device.
        tokenizer: of the model.
        manner: how it reads and writes.
        numerics: how to compute here.
        search: how to look for the best where a call does not say it; None is a beam of 5.
    """

    def __init__(
        self, model: Model, tokenizer: Tokenizer, manner: Manner, numerics: Numerics, search: Search | None = None
    ) -> None:
        self.manner = manner
        way = (manner.language, manner.language)
        # The same machinery as a translator's, from a language into itself.
        self.engine = Translator(model, tokenizer, [way], numerics, manner.limits, search, read=as_turns)

    @classmethod
    def load(cls, path: Path | str, device: str | None = None, compute: Compute | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train text` wrote.
            device: "cpu" or "cuda"; None chooses.
            compute: "float32" keeps every bit of the weights; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged, or of another task.
        """
        run = RunDirectory.open(Path(path))
        numerics = choose(device)
        if compute is not None:
            numerics = Numerics(**{**vars(numerics), "compute": compute})
        # Before its files are looked for: a run of another task has others.
        require_task(run, TASK)
        check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer, run.generation)])
        model, vocab_size, _, _ = described(run, TASK)
        tokenizer = Tokenizer.load(run.tokenizer)
        if tokenizer.vocab_size != vocab_size:
            raise RunError(f"{run.tokenizer} does not fit {run.config}: restore both files from the same run")
        try:
            manner = Manner(**read_json(run.config)["manner"])
        except (KeyError, TypeError) as error:
            raise RunError(f"{run.config} does not say how it reads ({error}): restore it from a copy") from error
        return cls(model, tokenizer, manner, numerics, search_of(run))

    def write(self, texts: Iterable[str], *, search: Search | None = None) -> list[str]:
        """What the model writes of each text; see `answer`."""
        return self.answer(texts, search=search).texts

    def summarize(self, texts: Iterable[str]) -> list[str]:
        """The same, of one that was trained to summarize."""
        return self.write(texts)

    def reply(self, turns: Sequence[str], *, search: Search | None = None) -> str:
        """What the model says next.

        Args:
            turns: that were said, the latest last; as many of the last ones are read as it was trained to read.
            search: how to look for it; None is the search of the run.
        Raises:
            ShapeError: no turns.
            OptionError: it was trained on no dialogue.
        """
        if not self.manner.turns:
            raise OptionError("this model was trained on single texts, not on dialogue: ask for write([...])")
        if isinstance(turns, str) or not turns:
            raise ShapeError(f"turns are a list of what was said, one at least: got {turns!r}")
        return self.write([_spoken(turns[-self.manner.turns :])], search=search)[0]

    def heard(self, turns: Sequence[str]) -> list[str]:
        """The last turns: as many as it was trained to read, and of those as fit into its window; one at least.

        Args:
            turns: that were said, the latest last.
        """
        kept = list(turns[-self.manner.turns :])
        while len(kept) > 1 and self.engine.excess(_spoken(kept)):
            del kept[0]
        return kept

    def answer(
        self,
        texts: Iterable[str],
        *,
        search: Search | None = None,
        long: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        leave_out: bool = False,
    ) -> Translations:
        """Write.

        Args:
            texts: a text each; a line end separates turns.
            search: how to look for the best; None is the search of the run.
            long: one of `LONG`; None is what the run was trained with.
            progress: is told (texts done, texts in all) now and then.
            leave_out: answer a text that is refused for its length with an empty one that says so.
        Raises:
            LengthError: a text is longer than the model's window, and neither its beginning nor its end is asked for.
        """
        found = long if long is not None else self.manner.long
        if found not in LONG:
            raise OptionError(f"long={found!r} is not known{suggest(found, LONG)}")
        if isinstance(texts, str | bytes):
            raise ShapeError(f"texts are a list: got {str(texts)[:40]!r}; put one text in a list")
        asked = list(texts)
        if found != "refuse":
            asked = [self.fitted(text, found) for text in asked]
        elif not leave_out:
            for number, text in enumerate(asked, 1):
                if excess := self.engine.excess(text):
                    raise LengthError(
                        f'text {number} has {excess}: shorten it, or say long="leading" to read its beginning'
                    )
        return self.engine.answer(asked, search=search, progress=progress, leave_out=leave_out)

    def fitted(self, text: str, long: str | None = None) -> str:
        """A text, or as much of one beyond the window as is to be read.

        Args:
            text: any.
            long: one of `LONG`; None is what the run was trained with.
        """
        how = long or self.manner.long
        room = self.engine.model.max_len - 2
        return text if how == "refuse" else part_of(text, self.engine.tokenizer, room, how == "trailing")

    def figures(
        self, pairs: Sequence[tuple[str, str]], tell: Callable[[str, int, int], None] = unwatched
    ) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on texts and their references, with intervals.

        Args:
            pairs: a text, and its references with tabs between.
            tell: is told how far it is.
        """
        written = self.answer([source for source, _ in pairs], progress=lambda *place: tell("writing", *place)).texts
        return Tally.of(written, [known.split(REFERENCE) for _, known in pairs], self.manner.language).figures()

    def readings(self, path: Path) -> list[list[tuple[str, str]]]:
        """The pairs of a table that figures may have been made on."""
        assignments = Form(self.manner.source, self.manner.target, self.manner.turns).read(path)
        return [[assignment.pair for assignment in assignments if not assignment.is_empty]]


def _spoken(turns: Iterable[str]) -> str:
    """Turns as one text."""
    return TURN.join(map(one_line, turns))


def as_turns(text: str) -> str:
    """A text, or several turns with line ends between, as the model reads it."""
    return TURN.join(filter(None, map(one_line, text.split("\n"))))


def part_of(text: str, tokenizer: Tokenizer, room: int, end: bool = False) -> str:
    """As much of a text as a model can read, whole words; all of a text that fits.

    Args:
        text: any.
        tokenizer: of the model.
        room: tokens at most.
        end: of its end, not of its beginning.
    """
    whole = as_turns(text)
    if len(tokenizer.encode(whole)) <= room:
        return text
    words = whole.split(" ")

    def part(n_words: int, n_letters: int = 0) -> str:
        if end:
            first = len(words) - n_words
            return " ".join([words[first - 1][-n_letters:]] * (n_letters > 0) + words[first:])
        return " ".join(words[:n_words] + [words[n_words][:n_letters]] * (n_letters > 0))

    def fits(text: str) -> bool:
        return len(tokenizer.encode(text)) <= room

    n_words = bisect_left(range(1, len(words)), True, key=lambda n: not fits(part(n)))
    beyond = words[-1 - n_words] if end else words[n_words]
    n_letters = 0
    if len(beyond) > LONGEST_WORD:
        n_letters = bisect_left(range(1, len(beyond)), True, key=lambda n: not fits(part(n_words, n)))
    return part(n_words, n_letters).strip()
