"""Several sentences at once: as long as the reference, and nothing missing."""

import pytest

from heedful.evaluation.behaviour.length import SIZES, length_series
from heedful.evaluation.behaviour.probe import Material
from tests.evaluation.behaviour.material import chinese, from_chinese, german, judge


def translator(material: Material):
    """Translates every sentence that it finds, in order."""
    references = dict(material.pairs)

    def translate(text: str) -> str:
        found = sorted((text.index(source), reference) for source, reference in references.items() if source in text)
        return ("" if material.target == "zh" else " ").join(reference for _, reference in found)

    return translate


MATERIALS = [german(), chinese(), from_chinese()]


@pytest.mark.parametrize("material", MATERIALS, ids=["de", "zh", "from zh"])
def test_who_translates_all_passes(material):
    (series,) = length_series(material)
    assert [len(probe.texts) - 1 for probe in series.probes] == [
        size for size, _ in zip(SIZES, series.probes, strict=False)
    ]
    check = judge(series, translator(material))
    assert (check.rate, check.mean) == (1.0, pytest.approx(1.0))


@pytest.mark.parametrize("material", MATERIALS, ids=["de", "zh", "from zh"])
def test_who_translates_the_first_sentence_alone_fails(material):
    (series,) = length_series(material)
    whole = translator(material)
    first = {probe.texts[-1]: whole(probe.texts[0]) for probe in series.probes}
    check = judge(series, lambda text: first.get(text, whole(text)))
    assert check.passed == 0
    assert "times as long as the reference" in check.examples[0].why


def test_a_sentence_replaced_by_another_is_missed():
    pairs = [("He buys three apples.", "Er kauft drei Äpfel."), ("We sleep in tents.", "Sie schlafen unter Zelten.")]
    (series,) = length_series(german(pairs=pairs))
    (probe,) = series.probes
    whole = translator(german(pairs=pairs))
    said = {probe.texts[-1]: f"{whole(probe.texts[0])} {whole(probe.texts[0])}"}
    check = judge(series, lambda text: said.get(text, whole(text)))
    assert check.examples[0].why == "sentence 2 of 2 seems to be missing"


def test_no_sentence_is_used_twice_and_fragments_are_not():
    pairs = [*german().pairs, ("no mark at all here", "ohne Zeichen")]
    (series,) = length_series(german(pairs=pairs))
    used = [text for probe in series.probes for text in probe.texts[:-1]]
    assert len(used) == len(set(used)) > 4
    assert "no mark at all here" not in used


def test_one_sentence_is_not_enough():
    (series,) = length_series(german(pairs=german().pairs[:1]))
    assert not series.probes
    assert "not enough sentences" in series.missing
