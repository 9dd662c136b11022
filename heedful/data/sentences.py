"""Whether a line holds several sentences: what a model that learned from one sentence a line loses part of."""

import re
from itertools import pairwise

# A mark behind a word, in tokenised text after a space: a quotation that goes on ("Stop!" he cried) and an ordinal
# (3. Oktober) are no end.
_BORDER = re.compile(r"(?:(?<=[^\W\d_])\s?(?P<stop>\.)|(?<=\w)\s?[!?؟]+)\s+[\"'“„«(¿¡]?\s?(?P<after>[^\W\d_])")
# Chinese and Japanese write the next sentence right behind the mark; the last two marks are those of Hindi.
_UNSPACED_BORDER = re.compile(r"(?<=\S)[。！？｡।॥]+\s*[^\W_]")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")
# Words of so few letters with a capital are mostly abbreviated: Dr., Prof., St., U.S., J. Smith.
_SHORT = 4
# Those that are written small, before a name: vs. Smith, bzw. Berlin.
_ABBREVIATIONS = frozenset(
    ("vs cf eg ie etc al ca vol approx max min bzw usw evtl inkl zzgl vgl ggf bspw resp geb sog bzgl").split()
)
# Longer words are none of both.
_LOOKED_BACK = 8


def holds_several(line: str) -> bool:
    """Whether a line seems to hold more than one sentence; a doubtful case counts as one."""
    return any(_is_end(line, border) for border in _BORDER.finditer(line)) or bool(_UNSPACED_BORDER.search(line))


def sentences_of(line: str) -> list[str]:
    """The sentences of a line, one at least; where an end is doubtful there is none."""
    ends = []
    for border in _BORDER.finditer(line):
        if _is_end(line, border):
            # A mark that opens belongs to what follows it.
            inside = line[: border.start("after")]
            ends.append(len(inside) if inside[-1].isspace() else len(inside) - 1)
    ends += [border.end() - 1 for border in _UNSPACED_BORDER.finditer(line)]
    edges = [0, *sorted(set(ends)), len(line)]
    return [sentence for low, high in pairwise(edges) if (sentence := line[low:high].strip())] or [line]


def _is_end(line: str, border: re.Match[str]) -> bool:
    """Whether a mark between two words ends a sentence."""
    if border["after"].islower():
        return False
    if not border["stop"]:
        return True
    word = _LAST_WORD.search(line, max(0, border.start() - _LOOKED_BACK), border.start())
    assert word is not None, "a letter stands before the mark"
    return len(word[0]) > 1 and not (word[0].istitle() and len(word[0]) <= _SHORT) and word[0] not in _ABBREVIATIONS
