"""How a text is written, as far as probes depend on it: words or characters, case, the mark at its end."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

# Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U00031fff"
)
_UNIT = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")

MARKS = {"statement": ".。．｡।", "question": "?？؟\u037e", "exclamation": "!！"}
_EVERY_MARK = "".join(MARKS.values())
_CLOSING = "\"'”’“»›)]）】」』》"
_ENDING = re.compile(rf"^(.*?)([{re.escape(_EVERY_MARK)}…]*)([{re.escape(_CLOSING)}\s]*)$", re.DOTALL)


def units(text: str) -> list[str]:
    """The words of a text; the characters where its script has no spaces."""
    return _UNIT.findall(text)


def is_spaced(texts: Iterable[str]) -> bool:
    """Whether most letters of some texts belong to a script with spaces between words."""
    letters = unspaced = 0
    for text in texts:
        letters += sum(map(str.isalpha, text))
        unspaced += len(_UNSPACED_LETTER.findall(text))
    return 2 * unspaced < letters or not letters


def has_case(texts: Iterable[str]) -> bool:
    """Whether most letters of some texts come large and small."""
    letters = [letter for text in texts for letter in text if letter.isalpha()]
    return 2 * sum(letter.upper() != letter.lower() for letter in letters) > len(letters)


def bare(text: str) -> str:
    """A text without case, outer marks and spaces: what two answers of one word are compared by."""
    kept = unicodedata.normalize("NFC", text).casefold()
    inner = re.search(r"\w.*\w|\w", kept, re.DOTALL)
    return " ".join(inner[0].split()) if inner else ""


def ending(text: str) -> tuple[str, str, str]:
    """A sentence, its final marks, and the quotes or brackets behind them; the three joined are the text."""
    found = _ENDING.match(text)
    assert found is not None, "every text matches"
    return found[1], found[2], found[3]


def final_kind(text: str) -> str:
    """ "statement", "question" or "exclamation" by the final mark; "" without one, and for an ellipsis."""
    marks = ending(text)[1]
    for kind in ("question", "exclamation"):
        if any(mark in MARKS[kind] for mark in marks):
            return kind
    return "statement" if len(marks) == 1 and marks in MARKS["statement"] else ""


def with_mark(text: str, kind: str) -> str:
    """The sentence with another final mark: full-width where it is written without spaces."""
    body, _, closing = ending(text)
    wide = not is_spaced([body])
    mark = {"statement": ".。", "question": "?？", "exclamation": "!！"}[kind][wide]
    return body + mark + closing


def joined(sentences: Sequence[str]) -> str:
    """Sentences one behind the other, as their script does it."""
    return (" " if is_spaced(sentences) else "").join(sentence.strip() for sentence in sentences)
