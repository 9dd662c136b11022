"""What can be wrong with one pair of sentences, seen from the pair alone."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from heedful.data.languages import count_units
from heedful.data.text import Side

Kind = Literal["empty", "identical", "ratio", "long", "control", "bidi", "mojibake", "unnormalised", "spaces"]
# Beyond this ratio of lengths two sentences hardly translate each other (the limit of Moses' clean-corpus-n);
# short ones may, so one side must have some length.
MAX_RATIO, MIN_RATIO_UNITS = 9, 10
EXCERPT = 60

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb]")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# UTF-8 read as Latin-1 or Windows-1252 and saved again; and what a careless conversion puts for what it cannot read.
_MOJIBAKE = re.compile(r"[ÃÂ][\x80-\xbf\u0152-\u0192\u2013-\u2122]|â€|\ufffd")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"^\s|\s$|\s\s|\t")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a pair.

    Args:
        kind: of fault.
        side: where it is.
        what: the place in the text, or the measure.
    """

    kind: Kind
    side: Side
    what: str


def pair_faults(source: str, target: str, max_units: int) -> Iterator[Fault]:
    """Everything wrong with a pair; an empty one has no other fault.

    Args:
        source: a line.
        target: its translation.
        max_units: longest sentence, in words, or characters where the script has no spaces.
    """
    texts: tuple[tuple[Side, str], tuple[Side, str]] = (("source", source), ("target", target))
    empty: list[Side] = [side for side, text in texts if not text.strip()]
    if empty:
        both = "both sides are empty"
        yield Fault("empty", empty[0], both if len(empty) == 2 else f"beside {excerpt(source or target)!r}")
        return
    if source.split() == target.split():
        yield Fault("identical", "source", excerpt(source))
    units = [count_units(source), count_units(target)]
    if max(units) > MAX_RATIO * min(units) and max(units) >= MIN_RATIO_UNITS:
        longer: Side = "source" if units[0] > units[1] else "target"
        yield Fault("ratio", longer, f"{units[0]} words against {units[1]}: {excerpt(max(source, target, key=len))}")
    for (side, text), length in zip(texts, units, strict=True):
        if length > max_units:
            yield Fault("long", side, f"{length:,} words: {excerpt(text)}")
        yield from _sentence_faults(side, text)


def excerpt(text: str, around: int = 0) -> str:
    """Some characters of a text on one line, what cannot be seen written as U+XXXX.

    Args:
        text: any.
        around: index of a character to show.
    """
    low = max(0, around - EXCERPT // 2)
    part = _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text[low : low + EXCERPT])
    return "…" * (low > 0) + part + "…" * (low + EXCERPT < len(text))


def _sentence_faults(side: Side, text: str) -> Iterator[Fault]:
    if found := _CONTROL.search(text):
        yield Fault("control", side, excerpt(text, found.start()))
    if found := _SPACES.search(text):
        yield Fault("spaces", side, excerpt(text, found.start()))
    if text.isascii():
        return
    if found := _BIDI.search(text):
        yield Fault("bidi", side, excerpt(text, found.start()))
    if found := _MOJIBAKE.search(text):
        yield Fault("mojibake", side, excerpt(text, found.start()))
    if not unicodedata.is_normalized("NFC", text):
        yield Fault("unnormalised", side, excerpt(text))
