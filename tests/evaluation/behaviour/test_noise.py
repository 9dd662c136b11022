"""Typos: few, inside words, the same from the same seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation.behaviour.noise import noise_series, with_typos
from tests.evaluation.behaviour.material import chinese, from_chinese, german, judge, named

WORDS = st.lists(st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=9), min_size=1, max_size=14).map(" ".join)
HAN = st.text(st.sampled_from("我你他们来去学校书店。，"), min_size=1, max_size=30)


@given(st.one_of(WORDS, HAN))
def test_swapped_letters_are_the_same_letters(text):
    noisy = with_typos(german(), text, "swapped")
    assert Counter(noisy) == Counter(text)
    assert [word[0] for word in noisy.split()] == [word[0] for word in text.split()] or not text.isascii()


@given(st.one_of(WORDS, HAN))
def test_dropped_letters_leave_the_others_in_order(text):
    noisy = with_typos(german(), text, "dropped")
    units = text.split() if text.isascii() else text
    assert len(text) - max(1, len(units) // 6) <= len(noisy) <= len(text)
    rest = iter(text)
    assert all(letter in rest for letter in noisy)
    assert len(noisy.split()) == len(text.split())


@pytest.mark.parametrize("text", ["a cat is on it", "我", "3.14 2024", "", "aaaa bbbb"])
def test_what_has_no_room_for_a_typo_stays(text):
    assert with_typos(german(), text, "swapped") == text


def test_typos_follow_from_the_seed():
    text = "The children are playing in the garden behind the little house."
    assert with_typos(german(), text, "swapped") == with_typos(german(), text, "swapped") != text
    others = {with_typos(german(seed=seed), text, "swapped") for seed in range(9)}
    assert len(others) > 3


@pytest.mark.parametrize("material", [german(), chinese(), from_chinese()], ids=["de", "zh", "from zh"])
def test_who_reads_through_typos_passes_and_who_does_not_fails(material):
    for name in ("typos_swapped", "typos_dropped"):
        series = named(noise_series(material), name)
        assert len(series.probes) == len(material.plain)
        clean = {probe.texts[0] for probe in series.probes}
        strong = judge(series, lambda text: "Immer dasselbe.")
        assert (strong.rate, strong.mean) == (1.0, pytest.approx(100))
        weak = judge(series, lambda text, clean=clean: "Ein ganzer Satz." if text in clean else "?")
        assert weak.passed == 0
