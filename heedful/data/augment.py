"""Pairs made from pairs, for what a text shows too rarely: single words, other numbers, codes to be copied, capitals.

The behaviour suite (`evaluation/behaviour/`) finds these faults; its own words, numbers and codes are others than those
made here. Everything follows from the pairs and the seed.
"""

import random
import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import islice
from typing import Self, TypeVar

from heedful.data import chance
from heedful.data.languages import UNSPACED_SCRIPTS, main_script
from heedful.data.word_pairs import mine_words
from heedful.errors import OptionError, suggest

Pair = tuple[str, str]
Item = TypeVar("Item")
# A pair lends itself to so many copies with other numbers.
MAX_COPIES = 8
# One in so many numbers, and one in so many codes, is a pair by itself.
ALONE = 8
# Longer sentences are not copied: with a code in it a copy still has fewer tokens than training takes.
MAX_BYTES = 180

# No part of a decimal, a time, a date, a code or an ordinal.
_INTEGER = re.compile(r"(?<![A-Za-z\d.,:/-])(?<!\d )[1-9]\d{0,6}(?![.,:/-]?\d)(?![A-Za-z])", re.ASCII)
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_NAME = re.compile(r"(?<![\w’'-])[A-ZÀ-Þ][a-zß-ÿĀ-ž]+(?![\w’'-])")
_WORD = re.compile(r"[^\W\d_]+")
_ENDING_MARK = re.compile(r"[.!?。！？]$")
_ENDING = re.compile(r"^(.*?)([.!?…。！？]*[\"'”’“»）)」』]*\s*)$", re.DOTALL)


@dataclass(frozen=True)
class Augmentation:
    """How many pairs are made, as a share of those that there are; fewer where the text does not yield them.

    Args:
        words: single words and short phrases with their translations.
        numbers: copies with other numbers.
        tokens: copies with names, codes, addresses and URLs put in.
        casing: copies in capitals, small letters or title case, where both scripts have them.
        marks: copies that ask, exclaim, or end without a mark.
        joined: two or three pairs as one.
    """

    words: float = 0.04
    numbers: float = 0.03
    tokens: float = 0.03
    casing: float = 0.02
    marks: float = 0.02
    joined: float = 0.02

    @classmethod
    def named(cls, names: str) -> Self:
        """The usual amounts of some kinds.

        Args:
            names: as "words,numbers,tokens", "all" or "none".
        Raises:
            OptionError: no such kind.
        """
        kinds = [item.name for item in fields(cls)]
        named: dict[str, list[str]] = {"none": [], "all": kinds}
        wanted = named.get(names, names.replace(" ", "").split(","))
        for name in wanted:
            if name not in kinds:
                expected = f"augment is 'none', 'all' or some of {','.join(kinds)}"
                raise OptionError(f"{expected}: got {names!r}{suggest(name, kinds)}")
        usual = cls()
        return replace(usual, **{kind: 0.0 for kind in kinds if kind not in wanted})

    def make(self, pairs: Iterable[Pair], seed: int) -> dict[str, list[Pair]]:
        """The pairs of each kind that is wanted, none of them twice.

        Args:
            pairs: to learn from, or a sample of them.
            seed: of the choices.
        """
        given = [pair for pair in pairs if all(side.strip() for side in pair)]
        makers: dict[str, Callable[[Sequence[Pair], int, random.Random], list[Pair]]] = {
            "words": _words, "numbers": _numbers, "tokens": _tokens, "casing": _casing, "marks": _marks,
            "joined": _joined,
        }  # fmt: skip
        known = set(given)
        made: dict[str, list[Pair]] = {}
        for number, item in enumerate(fields(self)):
            wanted = round(getattr(self, item.name) * len(given))
            if wanted:
                generator = random.Random(chance.key(seed, number))
                found = dict.fromkeys(makers[item.name](given, wanted, generator))
                made[item.name] = [pair for pair in found if pair not in known]
        return made


def _words(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    found = [(pair.source, pair.target) for pair in mine_words(pairs)]
    return _drawn(found, generator)[:wanted]


def _numbers(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    """Copies with other numbers on both sides, each pair used once before one is used again; and bare numbers."""
    held = [(pair, number) for pair in _short(pairs) if (number := _shared_number(pair))]
    order = _drawn(held, generator)
    made = [_renumbered(pair, number, generator) for _ in range(MAX_COPIES) for pair, number in order]
    n_alone = wanted // ALONE
    bare = [str(int(10 ** (1 + 4 * generator.random()))) for _ in range(n_alone)]
    return made[: wanted - n_alone] + [(number, number) for number in bare]


def _tokens(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    """Copies with something on both sides that has no translation; and such things by themselves."""
    small = {word for pair in pairs for side in pair for word in _WORD.findall(side) if word[0].islower()}
    made: list[Pair] = []
    for pair in _drawn(_short(pairs), generator)[: wanted - wanted // ALONE]:
        name = next((name for name in _NAME.findall(pair[0]) if _is_name(name, pair, small)), "")
        if name:
            other = _made_up_name(generator) if generator.random() < 0.5 else _made_up_code(generator)
            made.append((_replaced(pair[0], name, other), _replaced(pair[1], name, other)))
        else:
            put = partial(_put, token=_made_up_code(generator), place=_pick("abc", generator))
            made.append((put(pair[0]), put(pair[1])))
    alone = [_made_up_code(generator) for _ in range(wanted // ALONE)]
    return made + [(token, token) for token in alone]


def _casing(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    """Both sides alike, so that a pair is right in both directions."""
    ways: tuple[Callable[[str], str], ...] = (str.upper, str.upper, str.lower, _titled)
    made = []
    for pair in _drawn([pair for pair in _short(pairs) if all(_has_case(side) for side in pair)], generator)[:wanted]:
        way = ways[int(generator.random() * len(ways))]
        made.append((way(pair[0]), way(pair[1])))
    return made


def _marks(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    """Statements that become questions, exclamations, or lose their mark."""
    stated = [pair for pair in _short(pairs) if all(_ENDING_MARK.findall(side) in (["."], ["。"]) for side in pair)]
    made = []
    for source, target in _drawn(stated, generator)[:wanted]:
        mark = _pick(("?", "!", ""), generator)
        made.append((_ended(source, mark), _ended(target, mark)))
    return made


def _joined(pairs: Sequence[Pair], wanted: int, generator: random.Random) -> list[Pair]:
    """Neighbours in a random order, as many as have room."""
    made: list[Pair] = []
    rest = iter(_drawn([pair for pair in _short(pairs) if all(map(_ENDING_MARK.search, pair))], generator))
    while len(made) < wanted and (pair := next(rest, None)) is not None:
        for other in islice(rest, 1 + int(2 * generator.random())):
            longer = (_together(pair[0], other[0]), _together(pair[1], other[1]))
            pair = longer if _short([longer]) else pair
        made.append(pair)
    return made


def _short(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if max(len(side.encode("utf-8", "replace")) for side in pair) <= MAX_BYTES]


def _drawn(items: Sequence[Item], generator: random.Random) -> list[Item]:
    """All of them in random order; by `random()` alone, which Python promises never to change."""
    return [item for _, _, item in sorted((generator.random(), place, item) for place, item in enumerate(items))]


def _pick(choices: Sequence[str], generator: random.Random) -> str:
    return choices[int(generator.random() * len(choices))]


def _shared_number(pair: Pair) -> str:
    """The first number in digits that both sides hold as often; "" when there is none. One is often an article."""
    source, target = (_INTEGER.findall(side) for side in pair)
    return next((number for number in source if number != "1" and source.count(number) == target.count(number)), "")


def _renumbered(pair: Pair, old: str, generator: random.Random) -> Pair:
    low, high = (1900, 2030) if _YEAR.fullmatch(old) else (max(2, 10 ** (len(old) - 1)), 10 ** len(old))
    new = str(low + int(generator.random() * (high - low)))
    source, target = (_INTEGER.sub(lambda found: new if found[0] == old else found[0], side) for side in pair)
    return source, target


def _is_name(word: str, pair: Pair, small: set[str]) -> bool:
    """Whether a word stands unchanged on both sides, and never with a small letter in the whole text."""
    return word.lower() not in small and word in _NAME.findall(pair[1])


def _replaced(text: str, name: str, other: str) -> str:
    return _NAME.sub(lambda found: other if found[0] == name else found[0], text)


def _put(text: str, token: str, place: str) -> str:
    """A sentence with a token before it, in brackets behind it, or as its last word."""
    found = _ENDING.match(text)
    assert found is not None, "every text matches"
    body, end = found[1], found[2]
    if main_script(text) in UNSPACED_SCRIPTS:
        return {"a": f"{token}：{text}", "b": f"{body}（{token}）{end}", "c": f"{body}{token}{end}"}[place]
    return {"a": f"{token}: {text}", "b": f"{body} ({token}){end}", "c": f"{body} {token}{end}"}[place]


def _has_case(text: str) -> bool:
    return text.upper() != text.lower() and main_script(text) not in UNSPACED_SCRIPTS


def _titled(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def _ended(text: str, mark: str) -> str:
    """A statement with another mark in the width of its own."""
    wide = {"?": "？", "!": "！"}.get(mark, mark) if text.endswith("。") else mark
    return text[:-1] + wide


def _together(one: str, other: str) -> str:
    return f"{one}{other}" if main_script(one) in UNSPACED_SCRIPTS else f"{one} {other}"


def _made_up_name(generator: random.Random) -> str:
    return _word(2 + int(2 * generator.random()), generator).capitalize()


def _word(n_syllables: int, generator: random.Random) -> str:
    return "".join(_pick("bcdfghjklmnprstvwz", generator) + _pick("aeiou", generator) for _ in range(n_syllables))


def _letters(choices: str, n_letters: int, generator: random.Random) -> str:
    return "".join(_pick(choices, generator) for _ in range(n_letters))


def _made_up_code(generator: random.Random) -> str:
    """A product code, a file, a handle, a placeholder, an address or a URL."""
    capitals, digits = _letters(string.ascii_uppercase, 3, generator), _letters(string.digits, 5, generator)
    one, other = _word(2, generator), _word(3, generator)
    host = f"{other}.{_pick(('com', 'org', 'net', 'de', 'cn', 'info'), generator)}"
    return _pick(
        (
            f"{capitals[:2]}-{digits[:4]}", f"{capitals[0]}{digits[:2]}{capitals[1:]}", f"{capitals}{digits}",
            f"#{digits[:4]}", f"{one}_{digits[:2]}.{_pick(('pdf', 'txt', 'jpg', 'csv', 'zip'), generator)}",
            f"@{one}{digits[:2]}", f"{{{one}}}", f"%({one})s", f"{one}.{other}@{host}", f"{one}{digits[:2]}@{host}",
            f"www.{host}", f"https://{host}/", f"https://www.{host}/{one}/{other}", f"http://{host}/{one}?id={digits}",
            f"https://{host}/{one}_{digits[:2]}.html",
        ),
        generator,
    )  # fmt: skip
