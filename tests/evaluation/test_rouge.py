"""ROUGE against values worked by hand, and the longest common subsequence against the plain recursion."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation.rouge import common_length, ngrams, rouge_l, rouge_n, words_of

WRITTEN, REFERENCE = "The cat sat on the mat.", "the cat lay on a mat"


def test_words_are_lower_case_without_marks():
    assert words_of("It's 3.5, isn't_it?") == ["it", "s", "3", "5", "isn", "t", "it"]


def test_letters_of_other_scripts_are_letters_and_characters_without_spaces_are_words():
    assert words_of("Café Über 我们去。ab") == ["café", "über", "我", "们", "去", "ab"]


def test_values_worked_by_hand():
    # the, cat, on, mat are shared of 6 and 6 words ("the" once); "the cat" of 5 and 5 pairs; the same four in order.
    assert rouge_n(WRITTEN, [REFERENCE], 1) == pytest.approx(2 * 4 / 12)
    assert rouge_n(WRITTEN, [REFERENCE], 2) == pytest.approx(2 * 1 / 10)
    assert rouge_l(WRITTEN, [REFERENCE]) == pytest.approx(2 * 4 / 12)


def test_order_counts_for_l_alone():
    assert rouge_n("a b c", ["c b a"], 1) == 1.0
    assert rouge_l("a b c", ["c b a"]) == pytest.approx(1 / 3)


def test_a_word_counts_as_often_as_it_stands_in_both():
    assert rouge_n("no no no no", ["no yes"], 1) == pytest.approx(2 * 1 / 6)


def test_the_best_reference_counts():
    assert rouge_n("a b", ["c d", "a b", "a"], 1) == 1.0
    assert rouge_l("a b", ["c d", "b a"]) == pytest.approx(1 / 2)


@pytest.mark.parametrize(("written", "reference"), [("", "a"), ("a", ""), ("", ""), ("...", "a b")])
def test_nothing_shares_nothing(written, reference):
    assert rouge_n(written, [reference], 1) == rouge_n(written, [reference], 2) == rouge_l(written, [reference]) == 0.0


def test_ngrams_of_a_short_text():
    assert ngrams(["a"], 2).total() == 0
    assert ngrams(["a", "b", "a", "b"], 2) == {("a", "b"): 2, ("b", "a"): 1}


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_the_longest_common_subsequence_is_that_of_the_recursion(first, second):
    @cache
    def slow(i: int, j: int) -> int:
        if i == len(first) or j == len(second):
            return 0
        return 1 + slow(i + 1, j + 1) if first[i] == second[j] else max(slow(i + 1, j), slow(i, j + 1))

    assert common_length(first, second) == slow(0, 0)
