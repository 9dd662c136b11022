"""Aligned phrases: every word carries the number of its unit, so that reordering never loses the alignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from heedful.data.phrasebook.english import article, detokenize

Token = tuple[str, int]  # a word and its unit; words of unit 0 have no counterpart


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages, as text and as words, with the known word alignment."""

    chinese: str
    english: str
    chinese_words: tuple[str, ...]
    english_words: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...]
    pattern: str


class Phrase(NamedTuple):
    """Words in the order of each language. `agreement` is the English one: "I", "he" (third singular) or "they"."""

    zh: tuple[Token, ...]
    en: tuple[Token, ...]
    agreement: str = "he"


EMPTY = Phrase((), ())
Value = Phrase | str | tuple[str, ...]
Slots = dict[str, Value]


class Units:
    """Hands out unit numbers within one derivation."""

    __slots__ = ("_used",)

    def __init__(self) -> None:
        self._used = 0

    def reserve(self, n: int = 1) -> int:
        """The first of n fresh unit numbers."""
        first = self._used + 1
        self._used += n
        return first


class Template:
    """Two word orders for the same parts: `{slot}` is a part, `word/2` a word of unit 2, other words are unaligned.

    A slot whose value is a string or a tuple of strings is a word of that side only, and may name its unit: `{be}/1`.
    """

    __slots__ = ("_en", "_n_units", "_zh")

    def __init__(self, zh: str, en: str) -> None:
        self._zh = tuple(_item(text) for text in zh.split())
        self._en = tuple(_item(text) for text in en.split())
        self._n_units = max(item[2] for item in self._zh + self._en)
        units = [{item[2] for item in side if item[2]} for side in (self._zh, self._en)]
        assert units[0] == units[1], f"a unit is marked on one side only: {zh} | {en}"

    def fill(self, units: Units, slots: Mapping[str, Value], agreement: str = "he") -> Phrase:
        """The phrase with every slot filled."""
        before = units.reserve(self._n_units) - 1
        return Phrase(_fill(self._zh, 0, slots, before), _fill(self._en, 1, slots, before), agreement)


def _item(text: str) -> tuple[str, str, int]:
    word, mark, unit = text.partition("/")
    number = int(unit) if mark else 0
    if word.startswith("{"):
        return word[1:-1], "", number
    return "", word, number


def _fill(
    items: tuple[tuple[str, str, int], ...], side: int, slots: Mapping[str, Value], before: int
) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for slot, word, unit in items:
        number = before + unit if unit else 0
        if not slot:
            tokens.append((word, number))
            continue
        value = slots[slot]
        if isinstance(value, Phrase):
            tokens.extend(value.en if side else value.zh)
        elif isinstance(value, str):
            tokens.append((value, number))
        else:
            for part in value:
                tokens.append((part, number))
    return tuple(tokens)


def realize(phrase: Phrase, pattern: str) -> Pair:
    """The sentence as text: articles before vowels, the capital letter, spaces, and the alignment of words."""
    zh = tuple(word for word, _ in phrase.zh)
    en = [word for word, _ in phrase.en]
    for i, word in enumerate(en):
        if word == "a":
            en[i] = article(en[i + 1])
    en[0] = en[0][0].upper() + en[0][1:]
    places: dict[int, list[int]] = {}
    for j, (_, unit) in enumerate(phrase.en):
        if unit:
            places.setdefault(unit, []).append(j)
    links = [(i, j) for i, (_, unit) in enumerate(phrase.zh) if unit for j in places.get(unit, ())]
    links.append((len(zh) - 1, len(en) - 1))  # the full stop or question mark
    return Pair("".join(zh), detokenize(en), zh, tuple(en), tuple(links), pattern)
