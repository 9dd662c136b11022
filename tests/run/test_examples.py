import re
from html import unescape
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.run.charts import escape
from heedful.run.examples import Attention, Sentence, attention_maps, best_and_worst, best_beside_worst, marked


def test_what_differs_from_the_reference_is_marked():
    assert marked("He left the office at the key.", "He left the office in the key.") == (
        "He left the office <mark>at</mark> the key."
    )
    assert marked("a quarter past", "", "missed") == '<mark class="missed">a quarter past</mark>'
    assert marked("", "a") == ""
    assert marked("same text", "same text") == "same text"


def test_chinese_is_compared_by_characters_and_other_words_whole():
    assert marked("我姐姐好。", "我妹妹好。") == "我<mark>姐姐</mark>好。"
    assert marked("reading", "read") == "<mark>reading</mark>"
    assert marked("naïve Größe", "naïve Grösse") == "naïve <mark>Größe</mark>"
    assert marked("wrong.", "right.") == "<mark>wrong</mark>."


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_marking_loses_no_text_and_makes_nothing_live(text, other):
    said = marked(text, other)
    assert re.sub(r"</?mark>", "", said) == escape(text)
    assert "<" not in re.sub(r"</?mark>", "", said)


def test_very_long_sentences_are_cut_with_a_word():
    assert marked("x" * 700, "y").endswith("… (100 more characters)</mark>")


def sentence(chrf, reference="r", source="s"):
    return Sentence(source, "t", reference, chrf, "zh", "en")


def test_the_longest_of_the_best_and_the_worst_of_all():
    sentences = [sentence(100.0, "r" * length) for length in (3, 9, 5)] + [sentence(value) for value in (40, 10, 0)]
    best, worst = best_and_worst(sentences, 2)
    assert [(item.chrf, len(item.reference)) for item in best] == [(100, 9), (100, 5)]
    assert [item.chrf for item in worst] == [0, 10]


def test_each_direction_has_its_share():
    easy = [Sentence(str(i), "", "", 50.0 + i, "zh", "en") for i in range(10)]
    hard = [Sentence(str(i), "", "", 0.0 + i, "en", "zh") for i in range(10)]
    best, worst = best_and_worst(easy + hard, 6)
    assert [item.chrf for item in best] == [59, 58, 57, 9, 8, 7]
    assert [item.chrf for item in worst] == [50, 51, 52, 0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_no_sentence_is_both(n):
    sentences = [sentence(float(index), source=str(index)) for index in range(n)]
    best, worst = best_and_worst(sentences, 6)
    assert len({item.source for item in best + worst}) == len(best + worst) == n


def test_columns_say_their_languages_and_what_is_empty():
    html = best_beside_worst([sentence(99.6)], [Sentence("源", "", "ref", 0.0, "zh", "en")])
    assert '<dd dir="auto" lang="zh">源</dd><dt>wrote</dt><dd dir="auto" lang="en"><span class="empty">nothing' in html
    assert "chrF <b>100</b>" in html
    assert html.index("<h3>Best") < html.index("<h3>Worst")
    assert best_beside_worst([], []) == ""
    assert "Best" not in best_beside_worst([], [sentence(1)])


def test_at_most_eight_maps_that_can_be_scrolled_by_keyboard():
    one = Attention(["我"], ["I"], np.ones((1, 1)), "zh → en <1>")
    html = attention_maps([one] * 10)
    assert html.count("<svg") == html.count('class="scroll" tabindex="0" role="region"') == 8
    assert "zh → en &lt;1&gt;</figcaption>" in html
    assert "no proof" in unescape(html)
    assert attention_maps([]) == ""


def test_a_map_says_what_it_leaves_out():
    long, short = ["a"] * 90, ["b"] * 60
    cut = attention_maps([Attention(long, short, np.ones((60, 90)) / 90, "en")])
    assert "en (the first 60 of 90 pieces read)</figcaption>" in cut
    both = attention_maps([Attention(long, ["b"] * 1200, np.ones((1200, 90)) / 90, "en")])
    assert "(the first 60 of 90 pieces read and of 1,200 pieces written)" in both
    assert "the first" not in attention_maps([Attention(short, short, np.ones((60, 60)) / 60, "en")])


def test_spaces_are_shown_as_they_are():
    odd = Sentence("  two  spaces\u3000", "\u3000 a  b ", "a b", 1.0)
    html = best_beside_worst([odd], [])
    assert ">  two  spaces\u3000</dd>" in html
    assert re.sub(r"</?mark>", "", html).count(">\u3000 a  b </dd>") == 1
    style = resources.files("heedful.run").joinpath("report.css").read_text(encoding="utf-8")
    for place in (".sentence dd", ".what"):
        (rule,) = re.findall(rf"^{re.escape(place)} {{([^}}]*)}}", style, re.MULTILINE)
        assert "white-space: pre-wrap" in rule
