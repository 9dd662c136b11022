"""Which words of a text the corpus knows, so that a demonstration can say what it was never taught."""

import re
from functools import cache
from typing import Literal

from heedful.data.phrasebook import lexicon, numbers
from heedful.data.phrasebook.nominals import container
from heedful.data.phrasebook.sample import function_words

_PUNCTUATION = frozenset("，。？！、；：“”（）,.?!;:'\" ")
_NUMERALS = frozenset("零一二三四五六七八九十百千万两几第")
_ENGLISH_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@cache
def _chinese() -> tuple[frozenset[str], int]:
    """The Chinese words, and the length of the longest."""
    known = set(function_words()[0])
    for lemma in lexicon.all_lemmas():
        known.add(lemma.zh)
        if isinstance(lemma, lexicon.Verb) and lemma.rest:
            known |= {lemma.rest, lemma.zh + lemma.rest}
        if isinstance(lemma, lexicon.Noun):
            known |= {lemma.measure, *(measure for measure, _ in lemma.units)}
    known = {word for word in known if word} | _NUMERALS
    return frozenset(known), max(map(len, known))


@cache
def _english() -> frozenset[str]:
    """The English word forms, in lower case."""
    known = set(function_words()[1])
    for lemma in lexicon.all_lemmas():
        if isinstance(lemma, lexicon.Noun):
            known |= {*lemma.singular, *lemma.plural}
            for _, unit in lemma.units:
                known |= {unit, container(unit)}
        elif isinstance(lemma, lexicon.Verb):
            known |= {word for form in lemma.forms.values() for word in form}
        elif isinstance(lemma, lexicon.Adjective):
            known |= {*lemma.en, *lemma.more, *lemma.most}
        else:
            known |= set(lemma.en)
    for n in range(100):
        known |= {*numbers.english(n), numbers.ordinal(n)}
    known |= {"hundred", "thousand"}
    return frozenset(word.lower() for word in known)


def unknown(text: str, language: Literal["zh", "en"]) -> list[tuple[int, int]]:
    """The spans of characters, as (start, end), of the words that the corpus does not know.

    Chinese is cut into its longest known words; neighbouring unknown characters are one span.
    """
    if language == "zh":
        return _unknown_chinese(text)
    assert language == "en", f"unknown language {language!r}"
    known = _english()
    spans = []
    for match in _ENGLISH_WORD.finditer(text):
        word = match.group().lower().replace("’", "'")
        if word not in known and word.removesuffix("'s") not in known and not word.isdecimal():
            spans.append(match.span())
    return spans


def _unknown_chinese(text: str) -> list[tuple[int, int]]:
    known, longest = _chinese()
    spans: list[tuple[int, int]] = []
    i = 0
    while i < len(text):
        step = next((n for n in range(min(longest, len(text) - i), 0, -1) if text[i : i + n] in known), 0)
        if step or text[i] in _PUNCTUATION or text[i].isspace() or (text[i].isascii() and text[i].isdigit()):
            i += step or 1
        elif spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1)
            i += 1
        else:
            spans.append((i, i + 1))
            i += 1
    return spans
