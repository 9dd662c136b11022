"""What is known about a finished run: the card and the report say it, each in its own way."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from heedful.errors import RunError
from heedful.run.disk import naming, read_json, write_json

FIGURE_NAMES = {
    "bleu": ("BLEU", "cased"),
    "bleu_lowercase": ("BLEU", "lower-cased"),
    "chrf": ("chrF2", "characters"),
    "ter": ("TER", "lower is better"),
    "accuracy": ("accuracy", "%"),
    "macro_f1": ("macro F1", "mean over the labels"),
    "micro_f1": ("micro F1", "over all labels of all texts"),
    "matthews": ("Matthews", "correlation, times 100"),
    "pearson": ("Pearson", "correlation, times 100"),
    "spearman": ("Spearman", "correlation of ranks, times 100"),
    "span_f1": ("span F1", "whole spans alone count"),
    "exact_match": ("exact match", "%"),
    "f1": ("F1", "of words"),
    "rouge_1": ("ROUGE-1", "single words"),
    "rouge_2": ("ROUGE-2", "pairs of words"),
    "rouge_l": ("ROUGE-L", "longest common subsequence"),
    "bits_per_byte": ("bits a byte", "lower is better"),
    "bits_per_character": ("bits a character", "lower is better"),
    "perplexity": ("perplexity", "a token, lower is better"),
    "nll": ("loss", "nats a token, lower is better"),
}
# Figures that are no percentages: digits behind the point.
_DIGITS = {"bits_per_byte": 3, "bits_per_character": 3, "perplexity": 2, "nll": 3}

# Roughly the bands that Google's translation manual gives.
_BANDS = (
    (60, "close to the reference throughout"),
    (40, "good"),
    (30, "understandable"),
    (20, "the gist"),
    (10, "hard to follow"),
    (0, "hardly anything is right: do not use it"),
)


@dataclass(frozen=True)
class DataFile:
    """A file that the run learned from or was measured on.

    Args:
        role: as "train source".
        name: its file name.
        n_bytes: its size.
        sha256: in hexadecimal.
    """

    role: str
    name: str
    n_bytes: int
    sha256: str

    @classmethod
    def read(cls, role: str, path: Path) -> Self:
        """Measure a file.

        Raises:
            RunError: it cannot be read.
        """
        with naming(path, "read"), path.open("rb") as file:
            return cls(role, path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True)
class ScoreSet:
    """The figures of one direction on one set of sentences.

    Args:
        source: language code; empty where it is not known.
        target: language code; empty where nothing is translated.
        data: name of the set, as "held-out test".
        n_sentences: how many were translated.
        search: how, as "beam 5".
        figures: {"bleu": {"score": ..., "low": ..., "high": ..., "signature": ...}, ...}, as evaluation gives them.
        baselines: BLEU of other systems on the same sentences, by name.
    """

    source: str
    target: str
    data: str
    n_sentences: int
    search: str
    figures: Mapping[str, Mapping[str, Any]]
    baselines: Mapping[str, float] = field(default_factory=dict)

    @property
    def way(self) -> str:
        """The direction, as "zh → en"; of what is not translated the language alone."""
        return way(self.source, self.target)


@dataclass(frozen=True)
class Usage:
    """How a run is used.

    Args:
        shell: lines of a shell.
        python: lines of Python.
    """

    shell: str
    python: str


@dataclass(frozen=True)
class Section:
    """A part of the card and the report that not every run has.

    Args:
        title: its heading.
        text: plain paragraphs.
        head: of the columns of its table; empty without a table.
        rows: of the table, as many cells each.
        chart: a picture as HTML, for the report alone.
    """

    title: str
    text: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    chart: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that the model card says.

    Args:
        name: of the run.
        task: as "translation".
        directions: pairs of language codes, source and target; the second is empty where nothing is translated.
        model: family, as "transformer".
        architecture: plain values by name.
        n_parameters: weights of the model, shared ones once.
        data: every file used.
        n_pairs: examples by split, as {"train": 29000, "dev": 1014}.
        scores: one for each direction and set.
        usage: how it is used.
        machine: what it was trained on, by name.
        versions: of the software, by name.
        seed: of all randomness.
        steps: updates of the weights.
        seconds: of training.
        command: the command line that makes it again.
        date: of the end in UTC, as "2026-11-20 14:05+00:00".
        limits: one sentence each: what is known not to work.
        caveats: the same of every model of its task.
        unit: what its examples are.
        start: what its weights began with.
        license: of the model, when its maker gave one.
        vectors: what the word vectors that its token embeddings began with cover; empty without them.
        origin: what was made of what, in one sentence, of a model made of another; empty of one that was trained.
        sections: what else there is to say.
    """

    name: str
    task: str
    directions: Sequence[tuple[str, str]]
    model: str
    architecture: Mapping[str, Any]
    n_parameters: int
    data: Sequence[DataFile]
    n_pairs: Mapping[str, int]
    scores: Sequence[ScoreSet]
    usage: Usage
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    seed: int
    steps: int
    seconds: float
    command: str
    date: str
    limits: Sequence[str] = ()
    caveats: Sequence[str] = ()
    unit: str = "pairs of sentences"
    start: str = "from scratch"
    license: str = ""
    vectors: str = ""
    origin: str = ""
    sections: Sequence[Section] = ()

    @property
    def languages(self) -> list[str]:
        """Every code once, in the order of appearance."""
        return list(dict.fromkeys(code for direction in self.directions for code in direction if code))

    @property
    def title(self) -> str:
        """The directions in one line: "zh ⇄ en, de → fr"."""
        known = set(self.directions)
        parts = [
            f"{source} ⇄ {target}" if (target, source) in known else way(source, target)
            for index, (source, target) in enumerate(self.directions)
            if (target, source) not in self.directions[:index]
        ]
        return ", ".join(parts)

    @property
    def summary(self) -> str:
        """One sentence for a reader in a hurry."""
        first = next(iter(self.machine.values()), "")
        # A model made of another need not have been made where that one was trained.
        place = f" on {first}" if first and not self.origin else ""
        start = "from word vectors" if self.vectors else self.start
        return (
            f"A {self.model} model of {amount(self.n_parameters)} parameters, trained {start} on "
            f"{self.n_pairs.get('train', 0):,} {self.unit} in {duration(self.seconds)}{place}."
            + (f" {self.origin}" if self.origin else "")
        )


def write_scores(path: Path, sets: Sequence[ScoreSet], more: Mapping[str, Any] | None = None) -> None:
    """Write scores.json.

    Args:
        path: of the file.
        sets: the figures.
        more: plain values by name: "parity", how a model made of another compares with it; "forgetting", what one that
            began with another has forgotten.
    Raises:
        RunError: the file system refused.
    """
    write_json(path, {"scores": [asdict(item) for item in sets], **(more or {})})


def read_scores(path: Path) -> list[ScoreSet]:
    """Read scores.json.

    Raises:
        RunError: it is missing or damaged.
    """
    values = read_json(path)
    try:
        return [ScoreSet(**item) for item in values["scores"]]
    except (KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged: it holds no scores ({error}); restore it from a copy") from error


def way(source: str, target: str) -> str:
    """A direction: "zh → en", or one language alone."""
    return " → ".join(code for code in (source, target) if code)


def shown(name: str, value: float) -> str:
    """A figure as people read it: "41.0" of a percentage, "1.234" of bits a byte."""
    return f"{value:.{_DIGITS.get(name, 1)}f}"


def is_percentage(name: str) -> bool:
    """Whether a figure lies between 0 and 100."""
    return name not in _DIGITS


def in_words(bleu: float) -> str:
    """What a cased BLEU of 0 to 100 tends to mean; a rule of thumb, which depends on the text."""
    return next(words for least, words in _BANDS if bleu >= least)


def amount(number: float) -> str:
    """A large number in words: "3.1 million"; below a million with separators."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A time that people read: "48 seconds", "11.6 minutes", "2.5 hours", "2.8 years"."""
    for size, word in ((365.25 * 86400, "years"), (86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {word}"
    return f"{seconds:.0f} seconds"
