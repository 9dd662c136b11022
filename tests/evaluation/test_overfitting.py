"""What the losses of a training say, worked out by hand."""

import pytest

from heedful.evaluation.overfitting import EARLY, RISE, WIDE, Look, judge

STEPS = (100, 200, 300, 400)


def looks(scores, dev, train=(None, None, None, None)):
    return [Look(*row) for row in zip(STEPS, scores, dev, train, strict=True)]


def test_a_dev_loss_that_turned_early_overfits():
    found = judge(looks((10, 14, 15, 13), (3.0, 2.0, 2.2, 2.5), (3.1, 2.5, 2.1, 1.8)), 1.0, 2.2)
    assert found.verdict == "overfits"
    assert (found.turned_at, found.best_at) == (0.5, 0.75)
    assert found.rise == pytest.approx(0.25)
    # Dev rose by 0.5 while the training loss fell by 0.7.
    assert found.grown == pytest.approx(1.2)
    assert found.gap == pytest.approx(1.2)
    assert found.ended_early
    assert not found.still_learning


def test_a_wide_gap_alone_is_learning_by_heart_and_a_narrow_one_is_none():
    falling = looks((10, 14, 15, 16), (3.0, 2.5, 2.2, 2.1))
    assert judge(falling, 2.1 - WIDE - 0.01, 2.1).verdict == "memorises"
    found = judge(falling, 2.1 - WIDE + 0.01, 2.1)
    assert found.verdict == "fits"
    assert found.still_learning
    assert not found.ended_early
    assert found.grown is None


def test_a_small_rise_or_a_late_one_is_no_turn():
    dev = (3.0, 2.0, 2.01, 2.0 * (1 + RISE) - 0.001)
    assert judge(looks((1, 2, 3, 4), dev), 1.9, 2.0).verdict == "fits"
    assert judge(looks((1, 2, 3, 4), (*dev[:3], 2.0 * (1 + RISE) + 0.001)), 1.9, 2.0).verdict == "overfits"
    late = [Look(step, 1.0, nll) for step, nll in ((100, 3.0), (200, 2.5), (300, 2.2), (380, 2.0), (400, 2.2))]
    assert EARLY < 380 / 400
    assert judge(late, 1.9, 2.0).verdict == "fits"


def test_the_first_of_equal_scores_is_the_one_that_was_kept():
    assert judge(looks((5, 7, 7, 7), (3, 2, 2, 2)), 1.9, 2.0).best_at == 0.5


def test_few_looks_say_nothing_about_when():
    found = judge(looks((1, 2, 3, 4), (4, 3, 2, 1))[:3], 0.5, 1.5)
    assert (found.verdict, found.best_at, found.turned_at, found.grown) == ("unclear", None, None, None)
    assert (found.gap, found.ended_early, found.still_learning) == (1.0, False, False)
    assert found.to_json()["verdict"] == "unclear"
