"""Figures of what was written: means and intervals of ROUGE, BLEU as sacreBLEU has it, and variety."""

import pytest
from sacrebleu.metrics.bleu import BLEU

from heedful.errors import DataError
from heedful.evaluation.rouge import rouge_l, rouge_n
from heedful.evaluation.writing import FIGURES, Tally, distinct

WRITTEN = ["the cat sat on the mat today", "a small dog runs in the park", "we see nothing at all here"]
REFERENCES = [
    ["the cat sat on a mat today"],
    ["the small dog runs in a park", "a dog runs in the park now"],
    ["nothing"],
]


def test_rouge_is_the_mean_over_texts():
    tally = Tally.of(WRITTEN, REFERENCES)
    pairs = list(zip(WRITTEN, REFERENCES, strict=True))
    for name, values in {
        "rouge_1": [rouge_n(*pair, 1) for pair in pairs],
        "rouge_2": [rouge_n(*pair, 2) for pair in pairs],
        "rouge_l": [rouge_l(*pair) for pair in pairs],
    }.items():
        assert tally.score(name) == pytest.approx(100 * sum(values) / 3)


def test_bleu_is_that_of_sacrebleu_with_several_references():
    expected = BLEU(force=True).corpus_score(WRITTEN, [[known[0] for known in REFERENCES], ["", REFERENCES[1][1], ""]])
    assert Tally.of(WRITTEN, REFERENCES, "en").score("bleu") == pytest.approx(expected.score)


def test_chinese_is_compared_by_characters():
    assert Tally.of(["我们今天去"], [["我们今天去了"]], "zh").score("bleu") > 50


def test_intervals_hold_the_score_and_signatures_say_how():
    figures = Tally.of(WRITTEN, REFERENCES, "en").figures()
    assert tuple(figures) == FIGURES
    assert all(figure["low"] <= figure["score"] <= figure["high"] for figure in figures.values())
    assert "refs:max" in figures["rouge_1"]["signature"]
    assert "nrefs:2" in figures["bleu"]["signature"]


def test_a_better_system_is_better():
    ours, theirs = Tally.of([known[0] for known in REFERENCES], REFERENCES), Tally.of(["x"] * 3, REFERENCES)
    assert ours.compare(theirs, "rouge_1").difference == pytest.approx(100)
    assert ours.compare(ours, "rouge_1").p_value == 1.0


@pytest.mark.parametrize(("written", "references"), [([], []), (["a"], [["a"], ["b"]])])
def test_counts_must_go_together(written, references):
    with pytest.raises(DataError, match="references for each text"):
        Tally.of(written, references)


def test_distinct_by_hand():
    # i, do, not, know, you: 5 of 7 words; i do, do not, not know, i know of 5 pairs: "you" has none.
    assert distinct(["I do not know", "I know", "you"], 1) == pytest.approx(100 * 5 / 7)
    assert distinct(["I do not know", "I know", "you"], 2) == pytest.approx(100)
    assert distinct(["no no", "no no"], 2) == pytest.approx(50)
    assert distinct([""], 1) == 0.0
