"""Final marks of three kinds, kept in kind; and sentences that have lost theirs."""

import pytest

from heedful.evaluation.behaviour.punctuation import ENOUGH, punctuation_series
from tests.evaluation.behaviour.material import chinese, from_chinese, german, judge, named, texts

MATERIALS = [german(), chinese(), from_chinese()]
NAMES = ("statements", "questions", "exclamations")


@pytest.mark.parametrize("material", MATERIALS, ids=["de", "zh", "from zh"])
def test_a_mark_of_the_same_kind_passes_in_any_width(material):
    kinds = {"statements": ".。", "questions": "?？", "exclamations": "!！"}
    for name in NAMES:
        series = named(punctuation_series(material), name)
        assert series.probes
        for mark in kinds[name]:
            assert judge(series, lambda text, mark=mark: f"Ja{mark}").rate == 1.0
        others = "".join(marks for other, marks in kinds.items() if other != name)
        for mark in others:
            assert judge(series, lambda text, mark=mark: f"Ja{mark}").rate == 0.0
        assert judge(series, lambda text: "Ja").examples[0].why == "ends as none of the three"


@pytest.mark.parametrize("material", MATERIALS, ids=["de", "zh", "from zh"])
def test_few_real_questions_are_eked_out_with_statements(material):
    tried = texts(named(punctuation_series(material), "questions"))
    real = [source for source, _ in material.pairs if source[-1] in "?？"]
    assert tried[: len(real)] == real
    assert len(tried) > len(real)
    assert all(text[-1] in "?？" for text in tried)
    assert all(text[-1] == ("？" if material.source == "zh" else "?") for text in tried)


def test_many_real_questions_are_enough():
    pairs = [(f"Is this number {n}?", f"Ist das Nummer {n}?") for n in range(ENOUGH)] + list(german().pairs)
    tried = texts(named(punctuation_series(german(pairs=pairs)), "questions"))
    assert len(tried) == ENOUGH + 1


def test_sentences_whose_translation_ends_in_another_way_are_not_asked():
    pairs = [("What an evening this is!", "Ein schöner Abend ist das."), ("He came to us", "Er kam zu uns.")]
    series = punctuation_series(german(pairs=pairs))
    assert [named(series, name).probes for name in NAMES] == [[], [], []]
    assert "same kind" in named(series, "questions").missing


def test_without_a_mark_the_words_should_stay():
    series = named(punctuation_series(german()), "missing_mark")
    assert "The man has 3 dogs and a cat" in texts(series)
    translation = {source.rstrip(".?!"): reference for source, reference in german().pairs}
    kept = judge(series, lambda text: translation[text.rstrip(".?!")].rstrip("." if text[-1] not in ".?!" else ""))
    assert kept.rate == 1.0
    lost = judge(series, lambda text: translation[text.rstrip(".?!")] if text[-1] in ".?!" else "Wie?")
    assert lost.rate == 0.0


def test_titles_are_english():
    assert [named(punctuation_series(german()), name).title for name in NAMES] == [
        "a statement ends as one", "a question ends as one", "an exclamation ends as one",
    ]  # fmt: skip
