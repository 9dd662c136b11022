"""Answers without learning: the sentence that shares most with the question, and the words in it that stand nearest."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from heedful.data.sentences import sentences_in

# Words, and Chinese characters one by one.
_UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")


def overlap_sentence(question: str, context: str) -> str:
    """The sentence of a text that shares most with a question; a word of many sentences counts little.

    Args:
        question: to be answered.
        context: a text.
    Returns:
        The first of the best; empty where the text holds none.
    """
    sentences = [context[low:high] for low, high in sentences_in(context)]
    shared = _weights(sentences)
    asked = set(_units(question))
    return max(sentences, key=lambda one: sum(shared[unit] for unit in sorted(asked & set(_units(one)))), default="")


def sliding_window(question: str, context: str, length: int) -> str:
    """A window over that sentence: of the stretches that share nothing with the question the one nearest to what does.

    Args:
        question: to be answered.
        context: a text.
        length: of an answer, in words or Chinese characters.
    Returns:
        A part of the context; the whole sentence where the question leaves no other.
    Source:
        The sliding window of Richardson et al. 2013 (MCTest), as Rajpurkar et al. 2016, arXiv:1606.05250, section 5.1,
        use it.
    """
    sentence = overlap_sentence(question, context)
    places = [match.span() for match in _UNIT.finditer(sentence)]
    words = [sentence[low:high].casefold() for low, high in places]
    asked = set(_units(question))
    known = [place for place, word in enumerate(words) if word in asked]
    best, best_score = (0, len(words)), -math.inf
    for low in range(len(words)):
        high = low
        while high < min(len(words), low + length) and words[high] not in asked:
            high += 1
        # A long stretch near many words of the question.
        score = (high - low) * sum(1 / min(abs(place - low), abs(place - high + 1)) for place in known if high > low)
        if high > low and score > best_score:
            best, best_score = (low, high), score
    return sentence[places[best[0]][0] : places[best[1] - 1][1]] if places else sentence


def _units(text: str) -> list[str]:
    return [unit.casefold() for unit in _UNIT.findall(text)]


def _weights(sentences: Sequence[str]) -> dict[str, float]:
    """Of each word the logarithm of one over the share of sentences that have it."""
    counts = Counter(unit for one in sentences for unit in set(_units(one)))
    return {unit: math.log((1 + len(sentences)) / count) for unit, count in counts.items()}
