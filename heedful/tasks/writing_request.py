"""What a training from text to text can be asked for; its flags."""

from dataclasses import dataclass
from pathlib import Path

from heedful.data.assignments import Assignment, Form, read_lines_of
from heedful.data.languages import read_code
from heedful.data.text import ParallelText
from heedful.errors import OptionError, suggest
from heedful.tasks.asked import Asked
from heedful.tasks.inheritance import VOCABULARIES
from heedful.tasks.texts import parallel_text
from heedful.tasks.writer import LONG, TASK

PARTS = ("", "dev_", "test_")


@dataclass(frozen=True)
class WritingFiles:
    """The texts to learn from with what is written of them, their held-out parts, and how they are read.

    Args:
        source: texts, one a line, plain or gzip.
        target: what is to be written of each, line by line.
        tsv: both in one file with two columns, instead.
        data: a table instead: .jsonl, .tsv or .csv; a list is one text in parts as source, and several references as
            target.
        dev_source: held-out texts to choose the best weights by; when left out, a part of the data is held out.
        dev_target: what is to be written of them.
        dev_tsv: both in one file, instead.
        dev_data: a table instead.
        test_source: texts for the final scores; when left out they are made on held-out data.
        test_target: what is to be written of them.
        test_tsv: both in one file, instead.
        test_data: a table instead.
        source_column: name or number of the column of the texts.
        target_column: of what is to be written.
        turns: of dialogues (a column of lists of turns): how many turns are read before the one that is written.
        long: texts beyond the model's window: "refuse" leaves them out of training, with a count, and stops where one
            is held out; "leading" reads as much of the beginning as fits, "trailing" of the end.
        language: code such as "en" of all texts; when left out it is told from them, and may stay unknown.
    """

    source: Path | None = None
    target: Path | None = None
    tsv: Path | None = None
    data: Path | None = None
    dev_source: Path | None = None
    dev_target: Path | None = None
    dev_tsv: Path | None = None
    dev_data: Path | None = None
    test_source: Path | None = None
    test_target: Path | None = None
    test_tsv: Path | None = None
    test_data: Path | None = None
    source_column: str | None = None
    target_column: str | None = None
    turns: int = 0
    long: str = "refuse"
    language: str | None = None


@dataclass(frozen=True)
class WritingOptions(Asked, WritingFiles):
    """What to learn from: texts and what is to be written of them. Size, vocabulary and budget follow from the data.

    Args:
        init: a finished run to begin with, whose shape the model has then; or two, of an encoder and of a decoder.
        vocabulary: of `init`: "kept", or "new" for one learned on the texts (token vectors move by name).
    """

    VERB = ("train", TASK)

    init: tuple[Path, ...] = ()
    vocabulary: str = "kept"

    @property
    def columns(self) -> tuple[str | None, str | None]:
        """Of the texts, and of what is to be written."""
        return self.source_column, self.target_column

    @property
    def form(self) -> Form:
        """How its tables are read."""
        return Form(*self.columns, self.turns)

    def check(self) -> None:
        """Refuse what no data can make right.

        Raises:
            OptionError: as of every training; no data, a file named twice, or a value that is not known.
        """
        super().check()
        for flag, value, known in (("--long", self.long, LONG), ("--vocabulary", self.vocabulary, VOCABULARIES)):
            if value not in known:
                raise OptionError(f"{flag} {value!r} is not known{suggest(value, known)}")
        if self.vocabulary == "new" and not self.init:
            raise OptionError("--vocabulary new is for a run named with --init: from scratch it is new anyway")
        if self.turns < 0:
            raise OptionError(f"--turns counts the turns that are read, 1 or more: got {self.turns}")
        if self.language is not None:
            read_code(self.language, "--language")
        if self.data is None and (self.turns or self.source_column or self.target_column):
            raise OptionError(
                "--turns, --source-column and --target-column say how a table is read: give it with --data"
            )
        if not self.files(""):
            raise OptionError("give what to learn from: --data, --source and --target, or --tsv")
        named = [path.resolve() for part in PARTS for path in self.files(part)]
        if len(set(named)) < len(named):
            raise OptionError("every file has one part to play: one is named twice, and scores would be too high")

    def files(self, part: str) -> list[Path]:
        """The files of a part.

        Args:
            part: one of `PARTS`.
        """
        named = (getattr(self, f"{part}{name}") for name in ("source", "target", "tsv", "data"))
        return [path for path in named if path is not None]

    def assignments(self, part: str) -> list[Assignment] | None:
        """The texts of a part; None where none are named.

        Args:
            part: one of `PARTS`.
        Raises:
            OptionError: two ways at once, or a file is missing from a pair.
            DataError: a file cannot be used.
        """
        data: Path | None = getattr(self, f"{part}data")
        text = self._parallel(part)
        if data is not None and text is not None:
            flag = "--" + part.replace("_", "-")
            raise OptionError(f"give either {flag}data or {flag}source and {flag}target, not both")
        if data is not None:
            return self.form.read(data)
        return None if text is None else read_lines_of(text)

    def _parallel(self, part: str) -> ParallelText | None:
        sides: dict[str, Path | None] = {name: getattr(self, f"{part}{name}") for name in ("source", "target", "tsv")}
        return parallel_text(**sides, prefix=part)
