"""The translation that knows every word and no grammar: what word order and inflection are worth."""

from collections import Counter
from functools import cache
from itertools import islice
from typing import Literal

from heedful.data.phrasebook.english import detokenize
from heedful.data.phrasebook.grammar import Pair
from heedful.data.phrasebook.sample import derive

_SAMPLE = 10_000  # training pairs that the dictionary is counted on


@cache
def _dictionaries() -> tuple[dict[str, str], dict[str, str]]:
    """For every Chinese and every English word its most frequent counterpart; "" where that is nothing."""
    counts: tuple[dict[str, Counter[str]], dict[str, Counter[str]]] = ({}, {})
    for pair, _ in islice(derive("train", seed=0), _SAMPLE):
        sides = (pair.chinese_words, (pair.english_words[0].lower(), *pair.english_words[1:]))
        fertility = Counter((1, j) for _, j in pair.alignment) + Counter((0, i) for i, _ in pair.alignment)
        for link in pair.alignment:
            for here in (0, 1):
                # A counterpart that stands for four words at once is a quarter of a translation of each.
                weight = 12 // fertility[1 - here, link[1 - here]]
                word = sides[here][link[here]]
                counts[here].setdefault(word, Counter())[sides[1 - here][link[1 - here]]] += weight
        for here in (0, 1):
            for position, word in enumerate(sides[here]):
                if not fertility[here, position]:
                    counts[here].setdefault(word, Counter())[""] += 12
    chinese, english = ({word: count.most_common(1)[0][0] for word, count in side.items()} for side in counts)
    return chinese, english


def word_by_word(pair: Pair, to: Literal["en", "zh"]) -> str:
    """The source of the pair with every word replaced by its best one in a dictionary, in the order of the source."""
    chinese, english = _dictionaries()
    if to == "en":
        words = [chinese.get(word, word) for word in pair.chinese_words]
        return detokenize([word for word in words if word])
    first, *rest = pair.english_words
    return "".join(english.get(word, word) for word in (first if first in english else first.lower(), *rest))
