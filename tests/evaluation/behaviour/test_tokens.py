"""Names, codes and URLs: found in real sentences, put into others, asked for letter by letter."""

import pytest

from heedful.evaluation.behaviour.tokens import INVENTED, PLACES, TOKENS, URLS, insert, token_series
from tests.evaluation.behaviour.material import GERMAN, chinese, from_chinese, german, judge, named, texts

EVERY = ("names", "names_changed", "tokens", "urls")


@pytest.mark.parametrize("material", [german(), chinese(), from_chinese()], ids=["de", "zh", "from zh"])
@pytest.mark.parametrize("name", EVERY)
def test_who_copies_passes_and_who_changes_a_letter_does_not(material, name):
    series = named(token_series(material), name)
    assert judge(series, lambda text: text).rate == 1.0
    spoilt = judge(series, lambda text: text.swapcase())
    # What has no letters of two cases stays right.
    assert spoilt.passed == 0
    assert spoilt.tried == len(series.probes) > 0
    assert spoilt.examples[0].why.startswith("lost ")


def test_names_are_those_that_stand_on_both_sides_and_are_no_words():
    pairs = [
        ("Miller is here.", "Miller ist da."),  # a name, first in the sentence
        ("In Rome we met.", "In Rom trafen wir uns."),  # "In" is a word: it is seen with a small letter
        ("He lives in Paris.", "Er wohnt in Paris."),
        ("My Hand hurts.", "Meine Hand schmerzt."), ("His hand is cold.", "Seine Hand ist kalt."),
        ("Tom came.", "Thomas kam."),
    ]  # fmt: skip
    series = named(token_series(german(pairs=pairs)), "names")
    assert sorted(texts(series)) == ["He lives in Paris.", "Miller is here."]
    changed = texts(named(token_series(german(pairs=pairs)), "names_changed"))
    assert len(changed) == 2
    assert all(any(name in text for name in INVENTED) for text in changed)
    assert not any("Paris" in text or "Miller" in text for text in changed)


def test_latin_names_are_found_in_chinese():
    pairs = [("Does the Wifi work in Peking?", "北京的Wifi好用吗？")]
    assert texts(named(token_series(chinese(pairs=pairs)), "names")) == ["Does the Wifi work in Peking?"]
    assert texts(named(token_series(from_chinese(pairs=[pairs[0][::-1]])), "names")) == ["北京的Wifi好用吗？"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He left.", ["X-1: He left.", "He left (X-1).", "He left X-1."]),
        ("Did he leave?", ["X-1: Did he leave?", "Did he leave (X-1)?", "Did he leave X-1?"]),
        ("他走了。", ["X-1：他走了。", "他走了（X-1）。", "他走了X-1。"]),
        ("He left", ["X-1: He left", "He left (X-1)", "He left X-1"]),
    ],
)
def test_places(text, expected):
    assert [insert(text, "X-1", place) for place in PLACES] == expected


def test_each_token_is_tried_by_itself_and_then_in_sentences():
    for name, tokens in (("tokens", TOKENS), ("urls", URLS)):
        tried = texts(named(token_series(german()), name))
        assert tried[: len(tokens)] == list(tokens)
        assert len(tried) > len(tokens)
        assert all(any(token in text for token in tokens) for text in tried)
        alone = texts(named(token_series(german(pairs=())), name))
        assert alone == list(tokens)


def test_no_series_is_longer_than_wanted():
    for series in token_series(german(pairs=GERMAN * 9, n_probes=4)):
        assert len(series.probes) <= 4
