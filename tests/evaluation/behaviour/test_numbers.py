"""Numbers kept, changed, alone, in words and in dates."""

import re

import pytest

from heedful.evaluation.behaviour.numbers import ALONE, DATES, number_series, other_number
from tests.evaluation.behaviour.material import CHINESE, GERMAN, chinese, from_chinese, german, judge, named, texts

EVERY = ("numbers", "numbers_changed", "numbers_alone", "number_words", "dates")


@pytest.mark.parametrize("material", [german(), chinese(), from_chinese()], ids=["de", "zh", "from zh"])
@pytest.mark.parametrize("name", EVERY)
def test_who_hands_back_the_source_keeps_digits_and_who_says_nothing_loses_all(material, name):
    series = named(number_series(material), name)
    nothing = judge(series, lambda text: "")
    assert nothing.passed == 0
    assert nothing.tried == len(series.probes) > 0
    if name != "number_words":
        assert judge(series, lambda text: text).rate == 1.0


@pytest.mark.parametrize("material", [german(), chinese(), from_chinese()], ids=["de", "zh", "from zh"])
def test_references_pass_on_real_sentences(material):
    references = dict(material.pairs)
    for name in ("numbers", "number_words"):
        check = judge(
            named(number_series(material), name), lambda text: references.get(text, "12 11 10 9 8 7 6 5 4 3 2")
        )
        assert (check.passed, check.examples) == (check.tried, ())


def test_only_numbers_that_the_reference_keeps_are_asked_for():
    pairs = [("He is 17 and has 4 cars.", "Er ist 17 und hat Autos."), ("It is 7 pm.", "Es ist 19 Uhr.")]
    series = named(number_series(german(pairs=pairs)), "numbers")
    assert texts(series) == [pairs[0][0]]
    assert judge(series, lambda text: "17").rate == 1.0
    assert judge(series, lambda text: "4").examples[0].why == "lost 17"


@pytest.mark.parametrize("material", [german(), chinese(), from_chinese()], ids=["de", "zh", "from zh"])
def test_other_numbers_take_the_place_of_those_in_real_sentences(material):
    series = named(number_series(material), "numbers_changed")
    known = {re.sub(r"\d+", "N", source): source for source, _ in material.pairs}
    assert series.probes
    for text in texts(series):
        before = known[re.sub(r"\d+", "N", text)]
        assert text != before
        assert [len(run) for run in re.findall(r"\d+", text)] == [len(run) for run in re.findall(r"\d+", before)]


def test_another_number_is_as_long_and_a_year_stays_one():
    material = german()
    for old, low, high in (("3", 2, 9), ("42", 10, 99), ("1998", 1900, 2029), ("365", 100, 999)):
        for number in range(40):
            text = f"{number} of {old}"
            new = other_number(material, text, old)
            assert low <= int(new) <= high
            assert new not in text.split()


def test_number_words_may_be_digits_numerals_or_words():
    series = named(number_series(chinese()), "number_words")
    assert "Two women are sitting on a bench." in texts(series)
    numerals = dict(
        zip("two three four five six seven eight nine ten eleven twelve".split(), "二三四五六七八九", strict=False)
    )
    numerals |= {"ten": "十", "eleven": "11", "twelve": "十二", "Two women are sitting on a bench.": "两个女人。"}
    assert judge(series, lambda text: numerals[text]).rate == 1.0


def test_a_language_without_number_words_leaves_them_out_and_says_so_elsewhere():
    series = number_series(german(target="sv"))
    words = named(series, "number_words")
    assert not words.probes
    assert words.missing == "number words of 'sv' are not known here"
    assert "a number said in words counts as lost" in named(series, "numbers").note
    assert named(number_series(german()), "numbers").note == ""


def test_without_sentences_there_are_numbers_and_dates_by_themselves():
    series = number_series(german(pairs=()))
    assert texts(named(series, "numbers_alone")) == list(ALONE)
    assert texts(named(series, "dates")) == list(DATES)
    assert not named(series, "numbers").probes
    assert judge(named(series, "dates"), lambda text: "am 17.3.2024").passed == 2


def test_no_series_is_longer_than_wanted():
    for pairs in (GERMAN, CHINESE):
        for series in number_series(german(pairs=pairs * 30, n_probes=7)):
            assert len(series.probes) <= max(7, len(ALONE))
