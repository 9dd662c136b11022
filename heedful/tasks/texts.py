"""The texts that a training is given: files of three parts, their languages, and what is wrong with them."""

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from heedful.data.corpus import SIDES
from heedful.data.languages import language_of_text, languages_of_name, read_code, same_language, seems_other
from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError
from heedful.tasks.asked import flag_of
from heedful.tasks.preparation import Sources

FILES = tuple(part + name for part in ("", "dev_", "test_") for name in ("source", "target", "tsv"))


@dataclass(frozen=True)
class Texts:
    """What to learn from.

    Args:
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
    """

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

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; paths are absolute, so that they mean the same from anywhere."""
        return {
            name: str(value.resolve()) if isinstance(value, Path) else value for name, value in asdict(self).items()
        }

    def check_files(self) -> None:
        """Refuse a file that is named twice.

        Raises:
            OptionError: says which.
        """
        named = {flag_of(name): getattr(self, name).resolve() for name in FILES if getattr(self, name) is not None}
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
        return Sources(text, dev, test, self._languages(text), both=False)

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
    flag = flag_of(prefix)
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


def check_languages(text: ParallelText, direction: tuple[str, str], who: str) -> None:
    """Refuse a text that is clearly in other languages.

    Args:
        text: whose beginning is looked at.
        direction: languages that it should be in, in this order.
        who: translates in it, as "the teacher".
    Raises:
        DataError: says which side is in which language.
    """
    head = list(islice(text.pairs(), 2000))
    for number, side in enumerate(SIDES):
        code, other = direction[number], direction[1 - number]
        seems = seems_other([pair[number] for pair in head], code, other)
        if seems:
            raise DataError(
                f"{text.path(side)} ({side}) seems to be in {seems}, and {who} translates {' → '.join(direction)}: "
                "give text in these languages, in this order"
            )


def option_of(role: str) -> str:
    """The option that names the file of a role: "dev_source" of "dev source", "tsv" of "train"."""
    part, _, side = role.partition(" ")
    if part == "vectors":
        return part
    return "_".join([*([part] if part != "train" else []), side or "tsv"])


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
