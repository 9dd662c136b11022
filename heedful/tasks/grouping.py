"""Where a translator is good and where it is not: scores by length, and by what it knows from its training text."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heedful.data.corpus import SIDES
from heedful.data.familiarity import Familiarity, familiarity
from heedful.data.languages import UNSPACED_SCRIPTS, count_units, main_script
from heedful.data.tokenizer import Tokenizer
from heedful.evaluation.breakdown import Group, by_frequency, by_kind, by_length
from heedful.evaluation.translation import Tally
from heedful.run.directory import RunDirectory
from heedful.run.manifest import check_manifest
from heedful.tasks.questions import Questions
from heedful.tasks.translator import Translator


@dataclass(frozen=True)
class Known:
    """What the training text of a run holds of some sentences.

    Args:
        found: None when the training text is not there.
        missing: why it is None; empty when it is not.
    """

    found: Familiarity | None
    missing: str = ""


@dataclass(frozen=True)
class Groups:
    """The scores of parts of a text; each sentence with text is once in each of the three ways to part it.

    Args:
        unit: "words", or "characters" of a script without spaces.
        length: by the length of the source.
        rarest: by how often training read the rarest word of the source, or character, in the text and in pairs that
            were made from it; empty when that is not there any more.
        seen: sentences that training read, others of words that it read, others; empty like `rarest`.
        missing: why the last two are empty; empty when they are not.
        empty: how many lines have no text and are in no group.
    """

    unit: str
    length: tuple[Group, ...]
    rarest: tuple[Group, ...]
    seen: tuple[Group, ...]
    missing: str
    empty: int

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; groups that were left out are None, and "left_out" says why."""
        parts = {"length": self.length, "rarest_word": self.rarest, "seen": self.seen}
        values = {name: [group.to_json() for group in groups] or None for name, groups in parts.items()}
        left_out = {name: self.missing for name in ("rarest_word", "seen") if self.missing}
        return {"unit": self.unit, **values, "empty": self.empty, "left_out": left_out}


def look_up(path: Path, translator: Translator, asked: Questions) -> Known:
    """Look for sentences in the training text of a run, as `training/begun/` keeps it.

    Args:
        path: the run directory.
        translator: from there.
        asked: with the sentences.
    Raises:
        RunError: the text is there and damaged.
    """
    begun = RunDirectory(path).begun
    if not (begun / "corpus").is_dir():
        return Known(None, f"{begun} with the training text is not there any more")
    check_manifest(begun, ["tokenizer.json", "corpus/contents.json"])
    # A run that learned both directions read the files the other way round for the second.
    side = SIDES[0] if asked.direction == translator.directions[0] else SIDES[1]
    return Known(familiarity(begun / "corpus", side, Tokenizer.load(begun / "tokenizer.json"), asked.sources))


def group(tally: Tally, asked: Questions, known: Known, other: Tally | None = None) -> Groups:
    """Score parts of a text.

    Args:
        tally: of the translations.
        asked: what was translated.
        known: of the sources.
        other: of another system's translations, to be compared in each part.
    """
    sources = asked.sources
    unit = "characters" if main_script("\n".join(sources)) in UNSPACED_SCRIPTS else "words"
    lengths = np.array([count_units(source) for source in sources])
    rarest: tuple[Group, ...] = ()
    seen: tuple[Group, ...] = ()
    if known.found is not None:
        rarest = by_frequency(tally, known.found.rarest, other)
        seen = by_kind(tally, dict(_kinds(known.found, unit.removesuffix("s"))), other)
    return Groups(unit, by_length(tally, lengths, unit, other), rarest, seen, known.missing, int((lengths == 0).sum()))


def _kinds(found: Familiarity, unit: str) -> Iterator[tuple[str, np.ndarray]]:
    """Three kinds that have no sentence in common."""
    fresh = ~found.seen
    yield "the whole sentence", found.seen
    yield f"every {unit}, not the sentence", fresh & (found.rarest > 0)
    yield f"not every {unit}", fresh & (found.rarest == 0)
