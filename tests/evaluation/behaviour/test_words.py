"""Single words: where they come from, and which answers count as right."""

import pytest

from heedful.evaluation.behaviour.words import lexicon_of, one_word_pairs, word_series
from tests.evaluation.behaviour.material import chinese, from_chinese, german, judge, texts

LEXICON = {"dog": ("Hund", "Hunde"), "bench": ("Bank",), "ice cream": ("Eis",)}


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Hund", True),
        ("hund.", True),
        ("Ein Hund.", True),
        ("Hunde", True),
        ("Der Hund läuft", False),
        ("Hundert", False),
        ("Ein Schäferhund", False),
        ("", False),
        ("dog", False),
        ("Hund Hund Hund", False),
    ],
)
def test_right_is_a_known_translation_with_an_article_at_most(answer, right):
    (series,) = word_series(german(lexicon={"dog": LEXICON["dog"]}))
    check = judge(series, lambda text: answer)
    assert check.passed == right
    if not right:
        assert check.examples[0].why == "expected Hund or Hunde"


@pytest.mark.parametrize(
    ("answer", "right"),
    [("狗", True), ("狗。", True), ("一只狗", True), ("狗在这里跑", False), ("猫", False), ("", False)],
)
def test_right_in_chinese(answer, right):
    (series,) = word_series(chinese(lexicon={"dog": ("狗",)}))
    assert judge(series, lambda text: answer).passed == right


def test_words_of_chinese():
    (series,) = word_series(from_chinese(lexicon={"自行车": ("bicycle", "bike")}))
    assert texts(series) == ["自行车"]
    assert judge(series, lambda text: "a bike").passed == 1


def test_each_word_is_tried_once_and_no_more_than_wanted():
    (series,) = word_series(german(lexicon=LEXICON))
    assert sorted(texts(series)) == sorted(LEXICON)
    (few,) = word_series(german(lexicon=LEXICON, n_probes=2))
    assert len(few.probes) == 2
    assert set(texts(few)) < set(LEXICON)


def test_without_a_lexicon_the_reason_is_said():
    (series,) = word_series(german())
    assert not series.probes
    assert "no single words" in series.missing


def test_pairs_of_one_word_are_found_in_a_text():
    pairs = [
        ("Hello.", "Hallo."),
        ("Come in!", "Herein!"),
        ("Run!", "快跑！"),
        ("Yes", "是的"),
        ("Goodbye.", "我们明天再见吧。"),
        ("!", "!"),
        ("He left.", "Er ging."),
    ]
    assert one_word_pairs(pairs) == [pairs[0], pairs[2], pairs[3]]


def test_a_lexicon_holds_every_translation_once():
    pairs = [("dog", "Hund"), ("dog ", "Köter"), ("dog", "Hund"), ("cat", "Katze"), ("?", "!"), ("cat", "...")]
    assert lexicon_of(pairs) == {"dog": ("Hund", "Köter"), "cat": ("Katze",)}
