"""Merges against the textbook algorithm; counts against counting everything."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.data import vocabulary
from heedful.data.vocabulary import choose_alphabet, count_types, learn_merges


def textbook_merges(counts: Counter[str], n_merges: int) -> list[int]:
    """How often the most frequent pair occurs, merge by merge."""
    words = {word: list(word) for word in counts}
    gains = []
    for _ in range(n_merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, symbols in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
        if not pairs or max(pairs.values()) < 2:
            break
        best, gain = max(pairs.items(), key=lambda item: item[1])
        gains.append(gain)
        for word, symbols in words.items():
            words[word] = joined(symbols, best)
    return gains


def joined(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    for symbol in symbols:
        if out and (out[-1], symbol) == pair:
            out[-1] += symbol
        else:
            out.append(symbol)
    return out


def test_merges_are_the_most_frequent_pairs() -> None:
    counts = Counter({"lower": 5, "lowest": 2, "newer": 6, "wider": 3, "new": 2})
    alphabet = choose_alphabet(counts, 100)
    pieces, merges = learn_merges(counts, alphabet, 100)
    words = {word: list(word) for word in counts}
    gains = []
    for left, right in merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, symbols in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
            words[word] = joined(symbols, (left, right))
        gains.append(pairs[left, right])
    assert gains == textbook_merges(counts, 100)
    assert pieces == alphabet + [left + right for left, right in merges]


def test_rare_characters_break_words_and_never_join() -> None:
    counts = Counter({"abXab": 3, "ab": 4, "Q": 1})
    pieces, merges = learn_merges(counts, ["a", "b"], 10)
    assert pieces == ["a", "b", "ab"]
    assert merges == [("a", "b")]


def test_alphabet_is_bounded_and_stable() -> None:
    counts = Counter({"aaab": 2, "bc": 1, "d": 1})
    assert choose_alphabet(counts, 100) == ["a", "b"]
    assert choose_alphabet(counts, 1) == ["a"]


@given(st.lists(st.sampled_from(["a", "b", "c d", "e e e"]), max_size=40))
def test_short_streams_are_counted_whole(texts: list[str]) -> None:
    assert count_types(texts, str.split) == Counter(word for text in texts for word in text.split())


@settings(max_examples=30)
@given(st.integers(2, 20), st.integers(50, 600))
def test_long_streams_are_sampled_evenly(max_lines: int, n_lines: int) -> None:
    texts = ["early" if index < n_lines // 2 else "late" for index in range(n_lines)]
    counts = count_types(texts, str.split, max_lines=max_lines)
    assert counts.total() <= 2 * max_lines
    assert abs(counts["early"] - counts["late"]) <= 0.5 * max_lines + 2
    assert counts == count_types(iter(texts), str.split, max_lines=max_lines)


def test_rare_types_make_room_for_frequent_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MAX_TYPES", 8)
    texts = [f"often often rare{number} twice{number // 2}" for number in range(100)]
    counts = count_types(texts, str.split)
    assert len(counts) <= 8
    assert counts["often"] == 200
    equal = count_types(["a b c d e f g h i"] * 3, str.split)
    assert len(equal) <= 9


def test_the_most_frequent_types_are_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counter({"ab": 9, "cd": 8, "ac": 3, "bd": 3})
    assert len(learn_merges(counts, list("abcd"), 100)[1]) == 4
    monkeypatch.setattr(vocabulary, "MAX_TRAINED", 2)
    assert learn_merges(counts, list("abcd"), 100)[1] == [("a", "b"), ("c", "d")]
