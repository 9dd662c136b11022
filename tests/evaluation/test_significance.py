import numpy as np
import pytest
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import _bootstrap_resample, estimate_ci

from heedful.evaluation import significance
from heedful.evaluation.significance import Comparison, bootstrap_interval, bootstrap_sums, interval, paired_bootstrap


@pytest.fixture
def statistics():
    return np.random.default_rng(1).integers(0, 50, size=(37, 3)).astype(float)


def ratio(sums):
    return 100 * sums[:, 0] / sums[:, 1]


def test_sums_are_those_of_sentences_drawn_one_by_one(statistics):
    drawn = np.random.default_rng(12345).choice(37, size=(20, 37), replace=True)
    expected = [[sum(statistics[i, k] for i in row) for k in range(3)] for row in drawn]
    assert bootstrap_sums(statistics, 20).tolist() == expected


@pytest.mark.parametrize("at_once", [1, 37 * 7, 37 * 20])
def test_drawing_in_portions_changes_nothing(statistics, monkeypatch, at_once):
    whole = bootstrap_sums(statistics, 20)
    monkeypatch.setattr(significance, "_DRAWS_AT_ONCE", at_once)
    assert np.array_equal(bootstrap_sums(statistics, 20), whole)


def test_intervals_are_those_of_sacrebleu_but_for_its_single_precision(statistics):
    statistics = statistics[:, :2] + 1
    low, high = bootstrap_interval(statistics, ratio)
    _, theirs = _bootstrap_resample(statistics.tolist(), TER(), 1000)
    scores = np.array([item.score for item in theirs])
    _, half_width = estimate_ci(scores)
    assert (high - low) / 2 == pytest.approx(half_width, rel=1e-6)
    assert (low, high) == pytest.approx((np.sort(scores)[25], np.sort(scores)[974]), rel=1e-6)


def test_the_interval_leaves_a_fortieth_out_on_each_side():
    scores = np.random.default_rng(0).permutation(1000).astype(float)
    assert interval(scores) == (25.0, 974.0)
    assert interval(np.array([3.0])) == (3.0, 3.0)


def test_the_interval_has_the_width_that_theory_gives():
    values = np.random.default_rng(3).normal(50, 10, size=(400, 1))
    low, high = bootstrap_interval(
        np.concatenate([values, np.ones((400, 1))], axis=1), lambda sums: sums[:, 0] / sums[:, 1]
    )
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert low < values.mean() < high


def test_a_clear_difference_is_sure_and_none_is_not(statistics):
    better = statistics[:, :2] + 1
    worse = better.copy()
    worse[:, 0] *= 0.8
    comparison = paired_bootstrap(better, worse, ratio)
    assert comparison.difference == pytest.approx(ratio(better.sum(0)[None])[0] * 0.2)
    assert 0 < comparison.low < comparison.difference < comparison.high
    assert comparison.p_value == pytest.approx(1 / 1001)
    assert comparison.wins == 1.0
    same = paired_bootstrap(better, better, ratio)
    assert (same.difference, same.low, same.high, same.p_value, same.wins) == (0.0, 0.0, 0.0, 1.0, 0.0)


def test_the_other_way_round_is_the_mirror_image(statistics):
    first = statistics[:, :2] + 1
    second = first[::-1].copy()
    second[:, 0] += np.arange(37) % 3
    one, other = paired_bootstrap(first, second, ratio), paired_bootstrap(second, first, ratio)
    assert (one.difference, one.p_value) == (pytest.approx(-other.difference), other.p_value)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))
    assert one.wins + other.wins == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "clear"),
    [(0.1, 2.0, 0.003, True), (-2.0, -0.1, 0.003, True), (-0.1, 2.0, 0.04, False), (0.1, 2.0, 0.05, False),
     (0.0, 0.0, 1.0, False)],
)  # fmt: skip
def test_a_difference_is_clear_when_interval_and_p_value_agree(low, high, p_value, clear):
    comparison = Comparison((low + high) / 2, low, high, p_value, 0.5)
    assert comparison.clear is clear
    assert Comparison(**comparison.to_json()) == comparison


@pytest.mark.parametrize(
    ("p", "said"), [(0.001, "0.001"), (0.31, "0.310"), (0.05, "0.050"), (50 / 1001, "0.04995"), (0.0504, "0.050")]
)
def test_a_p_value_is_seen_on_its_side_of_the_level(p, said):
    assert Comparison(1.0, 0.5, 2.0, p, 1.0).p_in_words == said
