"""Spans are found as conlleval finds them, and only whole ones count."""

import pytest

from heedful.errors import DataError
from heedful.evaluation.spans import marks_spans, spans_of, tally_of_tags


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O", []),
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("B-PER B-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("I-PER I-LOC I-LOC", [(0, 1, "PER"), (1, 3, "LOC")]),
        ("O I-PER O", [(1, 2, "PER")]),
        ("B-A E-A S-A B-A", [(0, 2, "A"), (2, 3, "A"), (3, 4, "A")]),
        ("B-A L-A U-A I-A", [(0, 2, "A"), (2, 3, "A"), (3, 4, "A")]),
    ],
)
def test_spans_by_hand(tags, spans):
    assert spans_of(tags.split()) == spans


def test_only_whole_spans_count():
    truth = ["B-PER I-PER O B-LOC".split(), ["O", "B-PER"]]
    told = ["B-PER O O B-LOC".split(), ["O", "B-LOC"]]
    found = tally_of_tags(told, truth)
    assert found.score("span_f1") == pytest.approx(200 * 1 / (3 + 3))
    assert found.score("accuracy") == pytest.approx(100 * 4 / 6)


def test_tags_of_words_have_accuracy_alone():
    found = tally_of_tags([["NN", "VB"]], [["NN", "NN"]])
    assert list(found.statistics) == ["accuracy"]
    assert found.score("accuracy") == 50
    assert not marks_spans(["O"])
    assert not marks_spans(["NN", "B-X"])


def test_every_word_needs_a_tag():
    with pytest.raises(DataError, match="sentence 1 has 2 words: got 1 tags"):
        tally_of_tags([["O"]], [["O", "O"]])
    with pytest.raises(DataError, match="got 0 for 1 sentences"):
        tally_of_tags([], [["O"]])
