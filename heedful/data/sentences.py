"""Where sentences end; whether a line holds several, of which a model that learned from one a line loses part."""

import re
from itertools import pairwise

# A mark behind a word, in tokenised text after a space: a quotation that goes on ("Stop!" he cried) and an ordinal
# (3. Oktober) are no end.
_BORDER = re.compile(r"(?:(?<=[^\W\d_])\s?(?P<stop>\.)|(?<=\w)\s?[!?؟]+)\s+[\"'“„«(¿¡]?\s?(?P<after>[^\W\d_])")
# Chinese and Japanese write the next sentence right behind the mark; the last two marks are those of Hindi.
_UNSPACED_BORDER = re.compile(r"(?<=\S)[。！？｡।॥]+\s*[^\W_]")
# What ends a sentence for good, with the quotes that it closes.
_UNSPACED_END = re.compile(r"[。！？｡।॥]+[”’」』）)\"]*|\n")
_MARKS = re.compile(r"\s?[.!?؟]+\s+")
_NEXT = re.compile(r"[^\S\n]*(\S)")
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


def _is_end(line: str, border: re.Match[str]) -> bool:
    """Whether a mark between two words ends a sentence."""
    if border["after"].islower():
        return False
    if not border["stop"]:
        return True
    word = _LAST_WORD.search(line, max(0, border.start() - _LOOKED_BACK), border.start())
    assert word is not None, "a letter stands before the mark"
    return len(word[0]) > 1 and not (word[0].istitle() and len(word[0]) <= _SHORT) and word[0] not in _ABBREVIATIONS


def sentences_in(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand: the characters from and up to, white space around them left out.

    A doubtful mark ends none; a line break ends one, unless the next line begins with a small letter.

    Args:
        text: of any length.
    """
    cuts = {0, len(text)}
    for end in _UNSPACED_END.finditer(text):
        follows = _NEXT.match(text, end.end())
        if end[0] != "\n" or follows is None or not follows[1].islower():
            cuts.add(end.end())
    for border in _BORDER.finditer(text):
        marks = _MARKS.match(text, border.start())
        if marks is not None and _is_end(text, border):
            cuts.add(marks.end())
    found = []
    for low, high in pairwise(sorted(cuts)):
        bare = text[low:high].strip()
        if bare:
            begin = text.index(bare[0], low)
            found.append((begin, begin + len(bare)))
    return found
