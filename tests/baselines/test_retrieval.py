"""The nearest text by TF-IDF, against the plain cosine."""

import math
from collections import Counter

from heedful.baselines.retrieval import Nearest

SOURCES = ["where is the station", "the weather is the best", "do you like the station hotel", "hello"]
TARGETS = ["over there", "very sunny", "too loud", "hi"]


def slow(question: str) -> str:
    def idf(word: str) -> float:
        return math.log((1 + len(SOURCES)) / (1 + sum(word in text.split() for text in SOURCES))) + 1

    def vector(text: str) -> dict[str, float]:
        known = set(" ".join(SOURCES).split())
        return {word: n * idf(word) for word, n in Counter(text.split()).items() if word in known}

    def cosine(text: str) -> float:
        ours, theirs = vector(question), vector(text)
        dot = sum(value * theirs.get(word, 0.0) for word, value in ours.items())
        return dot / math.sqrt(sum(value**2 for value in theirs.values()))

    return TARGETS[max(range(4), key=lambda place: cosine(SOURCES[place]))]


def test_the_answer_is_that_of_the_plain_cosine():
    nearest = Nearest(SOURCES, TARGETS)
    for question in ("the station", "is the weather the best", "you like", "hello hello", "where where hotel"):
        assert nearest.answer(question) == slow(question)


def test_unknown_words_have_the_first_answer():
    assert Nearest(SOURCES, TARGETS).answer("quux") == "over there"
