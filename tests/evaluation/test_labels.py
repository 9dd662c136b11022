"""Figures equal those worked by hand and, where scikit-learn and scipy are installed, theirs."""

import numpy as np
import pytest

from heedful.errors import DataError
from heedful.evaluation.labels import Calibration, Tally, confusion, ranks

TRUTH = ["a", "a", "a", "b", "b", "c"]
TOLD = ["a", "a", "b", "b", "c", "c"]


def test_one_label_by_hand():
    found = Tally.of_labels(TOLD, TRUTH)
    assert found.score("accuracy") == pytest.approx(100 * 4 / 6)
    # F1: a 2*2/(2+3), b 2*1/(2+2), c 2*1/(2+1)
    assert found.score("macro_f1") == pytest.approx(100 * (0.8 + 0.5 + 2 / 3) / 3)
    # correct 4 of 6; told 2, 2, 2 and true 3, 2, 1
    assert found.score("matthews") == pytest.approx(100 * (4 * 6 - 12) / np.sqrt((36 - 12) * (36 - 14)))


def test_two_labels_have_the_usual_matthews():
    told, truth = [1, 1, 0, 0, 1, 0, 1], [1, 0, 0, 0, 1, 1, 1]
    expected = np.corrcoef(told, truth)[0, 1]
    assert Tally.of_labels(list(map(str, told)), list(map(str, truth))).score("matthews") == pytest.approx(
        100 * expected
    )


def test_who_always_tells_the_same_has_no_correlation():
    assert Tally.of_labels(["a"] * 6, TRUTH).score("matthews") == 0


def test_sets_by_hand():
    found = Tally.of_sets([["x"], ["x", "y"], []], [["x"], ["y"], ["z"]])
    assert found.score("micro_f1") == pytest.approx(200 * 2 / (3 + 3))
    assert found.score("macro_f1") == pytest.approx((200 / 3 + 100 + 0) / 3)
    assert found.score("exact_match") == pytest.approx(100 / 3)
    assert Tally.of_sets([[], []], [[], []]).score("exact_match") == 100


def test_numbers_by_hand():
    told, truth = [1.0, 2.0, 3.0, 10.0], [2.0, 1.0, 30.0, 40.0]
    found = Tally.of_numbers(told, truth)
    assert found.score("pearson") == pytest.approx(100 * np.corrcoef(told, truth)[0, 1])
    assert found.score("spearman") == pytest.approx(100 * np.corrcoef([1, 2, 3, 4], [2, 1, 3, 4])[0, 1])
    assert Tally.of_numbers([1.0, 1.0], [1.0, 2.0]).score("pearson") == 0


def test_equal_numbers_share_their_rank():
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_like_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn, of the extra 'classic', is not installed")
    random = np.random.default_rng(1)
    told, truth = ([f"l{n}" for n in random.integers(0, 5, 80)] for _ in range(2))
    found = Tally.of_labels(told, truth)
    assert found.score("macro_f1") == pytest.approx(100 * metrics.f1_score(truth, told, average="macro"))
    assert found.score("matthews") == pytest.approx(100 * metrics.matthews_corrcoef(truth, told))


def test_every_figure_has_an_interval_around_it():
    for name, figure in Tally.of_labels(TOLD * 20, TRUTH * 20).figures().items():
        assert figure["low"] < figure["score"] < figure["high"]
        assert figure["signature"] == f"{name}|n:120|bs:1000|seed:12345"


def test_systems_are_compared_on_the_same_examples():
    ours, theirs = Tally.of_labels(TRUTH * 20, TRUTH * 20), Tally.of_labels(TOLD * 20, TRUTH * 20)
    found = ours.compare(theirs, "accuracy")
    assert found.difference == pytest.approx(100 / 3)
    assert found.clear
    assert ours.compare(ours, "accuracy").p_value == 1
    with pytest.raises(DataError, match="the same examples: got 120 and 6"):
        ours.compare(Tally.of_labels(TOLD, TRUTH), "accuracy")


def test_calibration_by_hand():
    found = Calibration.of([0.95, 0.91, 0.55, 1.0], [True, False, True, True])
    assert found.bins[0] == pytest.approx((0.55, 1.0, 1))
    assert found.bins[1] == pytest.approx(((0.95 + 0.91 + 1.0) / 3, 2 / 3, 3))
    assert found.error == pytest.approx((0.45 + 3 * (0.95333333 - 2 / 3)) / 4)


def test_confusion_by_hand():
    assert confusion(TOLD, TRUTH, ["a", "b", "c"]).tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize("make", [Tally.of_labels, Tally.of_sets, Tally.of_numbers])
def test_counts_must_agree(make):
    with pytest.raises(DataError, match="an answer to each example"):
        make(["1"], ["1", "2"])
    with pytest.raises(DataError, match="at least one example"):
        make([], [])
