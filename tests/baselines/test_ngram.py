"""Kneser-Ney, against the equations with dictionaries."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from heedful.baselines.ngram import CharacterNgrams

TRAIN = ["abracadabra", "abcab", "banana cab", "", "猫猫不猫"]


class Slow:
    """The same with a dictionary for every order."""

    def __init__(self, texts, order):
        self.order = order
        grams = defaultdict(Counter)
        for text in texts:
            letters = ["<"] * (order - 1) + [*text, ">"]
            for end in range(order - 1, len(letters)):
                for n in range(1, order + 1):
                    grams[n][tuple(letters[end - n + 1 : end + 1])] += 1
        self.kinds = len(grams[1])
        # Shorter ones count how many letters they follow.
        self.counts = {order: grams[order]}
        for n in range(1, order):
            self.counts[n] = Counter(gram[1:] for gram in grams[n + 1])

    def probability(self, letter, before, n=None):
        n = self.order if n is None else n
        if n == 0:
            return 1 / (self.kinds + 1)
        counts = self.counts[n]
        values = Counter(counts.values())
        discount = values[1] / (values[1] + 2 * values[2]) if values[2] else 0.5
        context = tuple(before[len(before) - n + 1 :])
        followers = {gram: count for gram, count in counts.items() if gram[:-1] == context}
        shorter = self.probability(letter, before, n - 1)
        total = sum(followers.values())
        if not total:
            return shorter
        found = max(counts[(*context, letter)] - discount, 0)
        return (found + discount * len(followers) * shorter) / total

    def bits(self, text):
        letters = ["<"] * (self.order - 1) + [*text, ">"]
        return -sum(
            math.log2(self.probability(letters[end], letters[:end])) for end in range(self.order - 1, len(letters))
        )


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_equals_the_equations(order):
    texts = ["abra", "cabbage", "", "猫 b"]
    found = CharacterNgrams(TRAIN, order).bits(texts)
    slow = Slow(TRAIN, order)
    assert found == pytest.approx([slow.bits(text) for text in texts])


def test_probabilities_add_up_to_one():
    slow = Slow(TRAIN, 3)
    letters = {letter for text in TRAIN for letter in text} | {">"}
    for before in ("<<", "ab", "zz", "猫猫"):
        # And a share for what was never seen.
        share = sum(slow.probability(letter, list(before)) for letter in letters)
        assert 0.9 < share < 1
        assert share + slow.probability("never seen", list(before)) == pytest.approx(1)


def test_text_like_that_learned_from_costs_less():
    found = CharacterNgrams(TRAIN).bits(["abracadabra", "dcbrbzbadba"])
    assert found[0] < found[1] / 3
    assert found.dtype == np.float64
