"""What was asked for: the options of a translator's training, what they name, and what is wrong with them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Self

from heedful.architecture import read_record
from heedful.data.augment import Augmentation
from heedful.data.languages import language_of_text, languages_of_name, read_code, same_language
from heedful.data.text import ParallelText
from heedful.errors import OptionError
from heedful.numerics import choose
from heedful.tasks.models import family
from heedful.tasks.preparation import Sources
from heedful.training.plan import Budget
from heedful.transfer.vectors import Layout

FILES = tuple(part + name for part in ("", "dev_", "test_") for name in ("source", "target", "tsv"))


@dataclass(frozen=True)
class TranslationOptions:
    """What to learn from, and where to put the translator. Size, vocabulary, dropout and budget follow from the data.

    Args:
        out: the run directory to write.
        source: text, one sentence a line, plain or gzip.
        target: its translation, line by line.
        tsv: both in one file with two columns, instead of `source` and `target`.
        dev_source: held-out text to choose the best weights by; when left out, a part of the data is held out.
        dev_target: its translation.
        dev_tsv: both in one file, instead.
        test_source: text for the final scores; when left out they are made on held-out data.
        test_target: its translation.
        test_tsv: both in one file, instead.
        source_language: code such as "en"; when left out it is read from the file's name or the script.
        target_language: the same for the other side.
        both_directions: one model that translates both ways.
        augment: pairs to make from the text beside it: some of "words,numbers,tokens,casing,marks,joined", or "all".
        vectors: word vectors that the token embeddings begin with: GloVe text, word2vec text or binary, plain or gzip.
        model: "transformer"; or for comparison "rnn", the encoder-decoder before attention, or "rnn-attention".
        minutes: budget of training in minutes.
        epochs: budget in passes over the data, instead.
        steps: budget in updates, instead.
        evaluations: looks at the dev set; 16, or fewer in a short run, when left out. Minutes may buy fewer of them.
        seed: of everything random.
        device: "cpu" or "cuda"; chosen when left out.
        resume: go on in `out` where a run was interrupted.
    """

    out: Path
    source: Path | None = None
    target: Path | None = None
    tsv: Path | None = None
    dev_source: Path | None = None
    dev_target: Path | None = None
    dev_tsv: Path | None = None
    test_source: Path | None = None
    test_target: Path | None = None
    test_tsv: Path | None = None
    source_language: str | None = None
    target_language: str | None = None
    both_directions: bool = False
    augment: str = "none"
    vectors: Path | None = None
    model: str = "transformer"
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    evaluations: int | None = None
    seed: int = 1
    device: str | None = None
    resume: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; paths are absolute, so that they mean the same from anywhere."""
        return {
            name: str(value.resolve()) if isinstance(value, Path) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: a key that is no option.
        """
        paths = {name: Path(values[name]) for name in ("out", "vectors", *FILES) if values.get(name) is not None}
        return read_record(cls, {**values, **paths}, "the options of the run")

    def budget(self) -> Budget | None:
        """The one that was given, or None.

        Raises:
            OptionError: several were, or it is not above 0.
        """
        given = (self.minutes, self.epochs, self.steps)
        return None if given == (None, None, None) else Budget(*given)

    @property
    def command(self) -> list[str]:
        """The command line that asks for this; of files the names alone, as the model card has them."""
        words = ["heedful", "train", "translation"]
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "resume" and (item.default is MISSING or value != item.default):
                flag = "--" + item.name.replace("_", "-")
                shown = value.resolve().name if isinstance(value, Path) else str(value)
                words += [flag] if value is True else [flag, shown]
        return words

    def check(self) -> None:
        """Refuse what no text can make right.

        Raises:
            OptionError: an unknown model, device or kind of pairs, a file named twice, several budgets or one of
                nothing, a seed below 0, no evaluation.
            DataError: the file of vectors does not begin as one does.
        """
        family(self.model)
        if self.vectors is not None:
            Layout.of(self.vectors)
        Augmentation.named(self.augment)
        choose(self.device)
        self.budget()
        if self.evaluations is not None and self.evaluations < 1:
            raise OptionError(
                f"evaluations must be 1 or more: got {self.evaluations}; the best weights are chosen by them"
            )
        if not 0 <= self.seed < 1 << 63:
            raise OptionError(f"seed is a whole number from 0 to 2^63-1: got {self.seed}")
        named = {_flag(name): getattr(self, name).resolve() for name in FILES if getattr(self, name) is not None}
        path, n_named = Counter(named.values()).most_common(1)[0] if named else (None, 0)
        if n_named > 1:
            flags = [flag for flag, other in named.items() if other == path]
            raise OptionError(f"every file has one part to play: got {path} as {' and '.join(flags)}; name another")

    def sources(self) -> Sources:
        """The texts, with their languages.

        Raises:
            OptionError: a file is missing from a pair, or a language is not clear.
            DataError: a text cannot be read.
        """
        text = parallel_text(self.source, self.target, self.tsv, "")
        if text is None:
            raise OptionError("give the text to learn from: --source and --target, or --tsv")
        dev = parallel_text(self.dev_source, self.dev_target, self.dev_tsv, "dev_")
        test = parallel_text(self.test_source, self.test_target, self.test_tsv, "test_")
        augmentation = None if self.augment == "none" else Augmentation.named(self.augment)
        languages = self._languages(text)
        return Sources(text, dev, test, languages, self.both_directions, augmentation, self.vectors)

    def _languages(self, text: ParallelText) -> tuple[str, str]:
        """As they were named, or else as they can be told."""
        named = {"source": self.source_language, "target": self.target_language}
        known = {side: read_code(code, f"--{side}-language") for side, code in named.items() if code is not None}
        guessed = _guess(text) if len(known) < 2 else ("", "")
        first, second = known.get("source", guessed[0]), known.get("target", guessed[1])
        for side, language in (("source", first), ("target", second)):
            if not language:
                raise OptionError(f"the language of the {side} is not clear: say it, for example --{side}-language en")
        if same_language(first, second):
            raise OptionError(
                f"both sides seem to be in {first!r}: see that the files are not the same, and say --source-language "
                "and --target-language"
            )
        return first, second


def parallel_text(source: Path | None, target: Path | None, tsv: Path | None, prefix: str) -> ParallelText | None:
    """Two files, one TSV, or nothing.

    Raises:
        OptionError: one of two files is missing, both are one, or both ways are used at once.
    """
    flag = _flag(prefix)
    if tsv is not None and (source is not None or target is not None):
        raise OptionError(f"give either {flag}tsv or {flag}source and {flag}target, not both")
    if tsv is not None:
        return ParallelText(tsv)
    if (source is None) != (target is None):
        missing = "target" if target is None else "source"
        raise OptionError(f"{flag}source and {flag}target belong together: {flag}{missing} is missing")
    if source is None or target is None:
        return None
    if source.resolve() == target.resolve():
        raise OptionError(f"{flag}source and {flag}target are one file, {source}: give its translation as the other")
    return ParallelText(source, target)


def differences(given: TranslationOptions, begun: TranslationOptions) -> Sequence[str]:
    """What a resumed run is asked for and was not begun with, each in words; what was left out counts as the same.

    Args:
        given: now.
        begun: when it began.
    """
    mine, theirs = given.to_json(), begun.to_json()
    found = []
    for item in fields(given):
        now, before = mine[item.name], theirs[item.name]
        if item.name not in ("out", "resume") and now not in (item.default, before):
            flag = _flag(item.name)
            found.append(f"without {flag}" if before in (None, False) else f"with {flag} {before}")
    return found


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _guess(text: ParallelText) -> tuple[str, str]:
    """What the names of the files say, or else the text; "" where neither is clear."""
    named = languages_of_name(text.path("source"))
    if text.target is not None:
        named = (named or ("",))[:1] + (languages_of_name(text.path("target")) or ("",))[:1]
    if len(named) != 2:
        named = ("", "")
    sides = zip(*islice(text.pairs(), 2000), strict=True)
    found = [name or language_of_text(side) or "" for name, side in zip(named, sides, strict=True)]
    return found[0], found[1]
