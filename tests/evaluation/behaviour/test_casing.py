"""Capitals, small letters and title case against the sentence as it was."""

from heedful.evaluation.behaviour.casing import casing_series
from tests.evaluation.behaviour.material import chinese, from_chinese, german, judge, named, texts


def test_each_sentence_is_tried_in_three_ways():
    material = german()
    series = casing_series(material)
    plain = [source for source, _ in material.plain]
    assert texts(named(series, "casing_upper")) == [source.upper() for source in plain]
    assert texts(named(series, "casing_lower")) == [source.lower() for source in plain]
    assert "The Man Has 3 Dogs And A Cat." in texts(named(series, "casing_title"))
    assert all(probe.texts[0] in plain for item in series for probe in item.probes)


def test_the_case_of_the_answer_does_not_count():
    translation = {source.casefold(): reference for source, reference in german().pairs}
    for series in casing_series(german()):
        check = judge(
            series, lambda text: getattr(translation[text.casefold()], "upper" if text.isupper() else "title")()
        )
        assert check.rate == 1.0
        assert check.mean > 99.9


def test_a_script_without_case_is_left_out_with_the_reason():
    for series in casing_series(from_chinese()):
        assert not series.probes
        assert series.missing == "the script of 'zh' has no large and small letters"
    # Only the source is written in another way.
    assert all(series.probes for series in casing_series(chinese()))


def test_who_knows_no_capitals_fails():
    series = named(casing_series(german()), "casing_upper")
    translation = dict(german().pairs)
    check = judge(series, lambda text: translation.get(text, "Wie bitte?"))
    assert check.passed == 0
    assert check.mean < 50
    assert "against" in check.examples[0].why
