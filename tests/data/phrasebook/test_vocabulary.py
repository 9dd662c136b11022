import pytest

from heedful.data.phrasebook import generate, unknown


def test_every_sentence_of_the_corpus_is_known():
    for pair in generate(200, "dev", seed=3):
        assert unknown(pair.chinese, "zh") == [], pair
        assert unknown(pair.english, "en") == [], pair


def test_unknown_words_are_found_where_they_stand():
    text = "Anna's xylophones swam quickly."
    assert [text[a:b] for a, b in unknown(text, "en")] == ["xylophones", "quickly"]
    text = "安娜买了一个饕餮。"
    assert [text[a:b] for a, b in unknown(text, "zh")] == ["饕餮"]


def test_inflected_forms_and_capitals_are_known():
    assert unknown("She has eaten the BIGGEST peaches and swum!", "en") == []


def test_an_unknown_language_is_refused():
    with pytest.raises(AssertionError, match="unknown language"):
        unknown("hallo", "de")  # type: ignore[arg-type]
