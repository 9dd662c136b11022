"""Curves carried on: equal to every shape fitted and drawn from one by one; the range holds as often as it says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation.extrapolation import SHAPES, Measured, extrapolate

FIRST = 1000


def course(first, gain, kept, n):
    """Scores written as the definition says: each doubling brings the share `kept` of the gain before it."""
    scores = [first]
    for doubling in range(n - 1):
        scores.append(scores[-1] + gain * kept**doubling)
    return scores


def sizes(scores, deviation=0.5):
    return [Measured(FIRST * 2**number, score, deviation) for number, score in enumerate(scores)]


def carried_on(measured, pairs, draws=20_000):
    """The forecast by drawing: a shape by its weight, its fit within the error of it, and the noise of one more run."""
    generator = np.random.default_rng(7)
    doublings = np.array([math.log2(item.pairs / measured[0].pairs) for item in measured])
    scores = np.array([item.score for item in measured])
    deviations = np.array([item.deviation for item in measured])
    fits, misfits = [], []
    for kept in SHAPES:
        terms = doublings if kept == 1 else (1 - kept**doublings) / (1 - kept)
        design = np.stack([np.ones_like(terms), terms], axis=1) / deviations[:, None]
        fitted, *_ = np.linalg.lstsq(design, scores / deviations, rcond=None)
        misfits.append(float(((scores / deviations - design @ fitted) ** 2).sum()))
        fits.append((fitted, np.linalg.pinv(design.T @ design)))
    scatter = max(1.0, math.sqrt(min(misfits) / max(1, len(measured) - 3)))
    weights = np.exp(-0.5 * (np.array(misfits) - min(misfits)) / scatter**2)
    found = []
    ahead = math.log2(pairs / measured[0].pairs)
    for shape, n in enumerate(generator.multinomial(draws, weights / weights.sum())):
        kept, (fitted, covariance) = SHAPES[shape], fits[shape]
        term = ahead if kept == 1 else (1 - kept**ahead) / (1 - kept)
        drawn = generator.multivariate_normal(fitted, scatter**2 * covariance, size=n)
        noise = generator.normal(0, scatter * deviations[-1], size=n)
        found.append(drawn[:, 0] + drawn[:, 1] * term + noise)
    return np.quantile(np.concatenate(found), [0.5, 0.025, 0.975])


@pytest.mark.parametrize(
    "scores",
    [[10, 16, 20, 23, 25], [10, 15, 20, 25], [20, 20.4, 19.7], [12.9, 19.4, 26.3, 32.8, 38.1], [5, 15, 16, 30, 31]],
)
def test_a_forecast_is_that_of_every_shape_drawn_from_by_its_weight(scores):
    measured = sizes(scores, 0.6)
    found = extrapolate(measured, [32_000, 64_000], least=-1000, most=1000)
    assert found.n_foot == 0
    for forecast in found.forecasts:
        middle, low, high = carried_on(measured, forecast.pairs)
        width = high - low
        assert forecast.score == pytest.approx(middle, abs=0.03 * width)
        assert (forecast.low, forecast.high) == pytest.approx((low, high), abs=0.05 * width)


@pytest.mark.parametrize("kept", [0.4, 0.7, 1.0])
def test_without_noise_the_curve_itself_goes_on(kept):
    scores = course(5, 8, kept, 7)
    found = extrapolate(sizes(scores[:5], 0.002), [FIRST * 32, FIRST * 64])
    assert [item.score for item in found.forecasts] == pytest.approx(scores[5:], abs=0.1)
    assert found.kept[1] == pytest.approx(kept, abs=0.013)
    assert found.gains == pytest.approx([8 * kept**doubling for doubling in range(4)])
    assert found.scatter == 1.0


def test_a_power_law_with_a_ceiling_is_such_a_curve():
    scores = [42 - 900 * size ** math.log2(0.7) for size in (1000, 2000, 4000, 8000, 16_000, 32_000)]
    found = extrapolate(sizes(scores[:5], 0.002), [32_000])
    assert found.forecasts[0].score == pytest.approx(scores[5], abs=0.1)
    assert found.kept[1] == pytest.approx(0.7)


def test_the_range_holds_as_often_as_it_says():
    generator, held = np.random.default_rng(4), 0
    for _ in range(60):
        truth = course(10, 6, generator.uniform(0.25, 1), 6)
        measured = sizes([score + generator.normal(0, 0.6) for score in truth[:5]], 0.6)
        forecast = extrapolate(measured, [FIRST * 32]).forecasts[0]
        held += forecast.low <= truth[5] + generator.normal(0, 0.6) <= forecast.high
    assert 55 <= held <= 60


def test_scores_that_lie_further_off_than_their_noise_widen_the_range():
    calm = extrapolate(sizes([10, 15, 20, 25, 30]), [32_000])
    wild = extrapolate(sizes([10, 17, 18, 27, 28]), [32_000])
    assert calm.scatter == 1.0
    assert wild.scatter > 2
    assert wild.forecasts[0].high - wild.forecasts[0].low > 2 * (calm.forecasts[0].high - calm.forecasts[0].low)


def test_a_foot_is_left_out_and_chance_is_none():
    steep = sizes([1, 1.5, 8, 14, 19])
    found = extrapolate(steep, [32_000])
    assert found.n_foot == 1
    assert found.forecasts == extrapolate(steep[1:], [32_000]).forecasts
    assert len(found.gains) == 4
    assert extrapolate(sizes([1, 6, 11.5, 16, 20]), [32_000]).n_foot == 0
    # Up and down is scatter, and no foot.
    assert extrapolate(sizes([10, 17, 18, 27, 28]), [32_000]).n_foot == 0
    # Three scores stay, however they bend.
    assert extrapolate(sizes([1, 2, 5, 12, 30]), [32_000]).n_foot == 2


def test_the_check_is_the_forecast_from_the_smaller_sizes():
    measured = sizes([10, 16, 20, 23, 25])
    found = extrapolate(measured, [32_000])
    assert found.check == extrapolate(measured[:4], [16_000]).forecasts[0]
    assert extrapolate(measured[:3], [32_000]).check is None


def test_two_scores_forecast_nothing():
    assert extrapolate(sizes([10, 20]), [4000]) is None


def test_no_forecast_leaves_the_scale():
    found = extrapolate(sizes([80, 90, 99], 2), [8000, 80_000])
    assert all(0 <= item.low <= item.score <= item.high <= 100 for item in found.forecasts)
    assert found.forecasts[1].high == 100


@given(
    st.lists(st.floats(0, 100), min_size=3, max_size=6),
    st.floats(0.3, 5),
    st.floats(1.2, 3),
)
def test_any_scores_have_a_forecast_in_order(scores, deviation, ratio):
    measured = [Measured(round(500 * ratio**number), score, deviation) for number, score in enumerate(scores)]
    found = extrapolate(measured, [measured[-1].pairs * 2, measured[-1].pairs * 4])
    for forecast in found.forecasts:
        assert 0 <= forecast.low <= forecast.score <= forecast.high <= 100
    assert 0.25 <= found.kept[0] <= found.kept[1] <= found.kept[2] <= 1
    assert found.to_json()["forecasts"][0]["pairs"] == measured[-1].pairs * 2
