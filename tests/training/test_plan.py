import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.errors import OptionError
from heedful.training.calibrate import Calibration
from heedful.training.options import TrainingOptions
from heedful.training.plan import (
    MARGIN,
    MOST,
    Budget,
    add_change,
    changes_of,
    evaluate_every,
    plan_steps,
    settle_options,
    stored_options,
)
from heedful.training.route import Leg


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"minutes": 1.0, "epochs": 2.0}, "got minutes=1.0 and epochs=2.0; keep one"),
        ({"minutes": 1.0, "steps": 2}, "keep one"),
        ({}, "got none"),
        ({"steps": 0}, "steps must be above 0"),
        ({"minutes": float("nan")}, "minutes must be above 0"),
        ({"epochs": float("inf")}, r"epochs must be 1e\+30 at most: got inf; no run could use more"),
        ({"minutes": 1e308}, r"minutes must be 1e\+30 at most: got 1e\+308"),
    ],
)
def test_a_budget_is_one_thing(budget, words):
    with pytest.raises(OptionError, match=words):
        Budget(**budget)


def test_steps_and_epochs_by_hand():
    assert plan_steps(Budget(steps=101), 7, None, 20).steps == 101
    assert plan_steps(Budget(steps=101), 7, None, 20).evaluate_every == 6
    assert plan_steps(Budget(epochs=3), 7, None).steps == 21
    assert plan_steps(Budget(epochs=0.5), 7, None).steps == 4
    assert plan_steps(Budget(epochs=0.01), 7, None).steps == 1


@pytest.mark.parametrize(("steps", "every"), [(1, 25), (20, 25), (100, 25), (400, 25), (401, 26), (16_000, 1000)])
def test_a_short_run_is_not_crowded_with_evaluations_that_nobody_asked_for(steps, every):
    assert plan_steps(Budget(steps=steps), 7, None).evaluate_every == evaluate_every(steps) == every
    assert plan_steps(Budget(steps=steps), 7, None, 16).evaluate_every == math.ceil(steps / 16)
    assert plan_steps(Budget(minutes=steps / 60 / MARGIN + 1e-9), 7, Calibration(1.0, 0.0, 5)).evaluate_every == every


def test_minutes_by_hand():
    calibration = Calibration(0.5, 2.0, 10)
    plan = plan_steps(Budget(minutes=10 / MARGIN), 7, calibration, 20)
    # 600 seconds, of which 20 evaluations take 40: 560 seconds of steps.
    assert (plan.steps, plan.evaluate_every) == (1120, 56)
    # Evaluations of 30 seconds: 60 seconds buy two of them.
    plan = plan_steps(Budget(minutes=10 / MARGIN), 7, Calibration(0.5, 30.0, 10), 20)
    assert (plan.steps, plan.evaluate_every) == (1080, 540)


def test_the_most_that_is_allowed_can_be_counted():
    for budget in (Budget(minutes=MOST), Budget(epochs=MOST), Budget(flops=MOST), Budget(steps=10**30)):
        assert plan_steps(budget, 10**9, Calibration(1e-6, 0.1, 3), None, 1.0).steps >= 10**29


def test_too_few_minutes_are_refused_with_those_that_suffice():
    with pytest.raises(OptionError, match=r"minutes=0.01 do not suffice .* which take 0.18; give more"):
        plan_steps(Budget(minutes=0.01), 7, Calibration(2.0, 8.0, 10))


@given(st.floats(0.5, 1000), st.floats(1e-3, 5), st.floats(0, 20), st.integers(1, 50))
def test_what_minutes_buy_fits_them(minutes, step_seconds, evaluation_seconds, n_evaluations):
    plan = plan_steps(Budget(minutes=minutes), 9, Calibration(step_seconds, evaluation_seconds, 5), n_evaluations)
    n_done = -(-plan.steps // plan.evaluate_every)
    assert n_done <= n_evaluations
    assert plan.steps * step_seconds + n_done * evaluation_seconds <= 60 * minutes


def test_options_are_settled_once(tmp_path):
    folder = tmp_path / "training"
    assert stored_options(folder) is None
    options = TrainingOptions(steps=12, learning_rate=0.25)
    plan = plan_steps(Budget(steps=12), 3, Calibration(0.1, 0.2, 3))
    settle_options(folder, options, {"plan": plan.to_json()})
    assert stored_options(folder) == options
    assert json.loads((folder / "plan.json").read_text())["plan"]["calibration"]["step_seconds"] == 0.1
    settle_options(folder, options)
    settle_options(folder, TrainingOptions(steps=12, learning_rate=0.25, save_every=9))
    with pytest.raises(OptionError, match=r"steps was 12, now 13; learning_rate was 0.25, now 0.002; leave these out"):
        settle_options(folder, TrainingOptions(steps=13))
    assert stored_options(folder) == options


def test_changes_of_plan_are_written_behind_each_other(tmp_path):
    assert changes_of(tmp_path) == ()
    options = TrainingOptions(steps=12)
    settle_options(tmp_path, options, {"budget": 3})
    assert changes_of(tmp_path) == ()
    legs = [Leg(3, 5, 20, 4), Leg(9, 8, 17, 0)]
    for number, leg in enumerate(legs, 1):
        add_change(tmp_path, leg)
        assert changes_of(tmp_path) == tuple(legs[:number])
    # They are no options: the law that the run was begun with stays.
    assert stored_options(tmp_path) == options
    settle_options(tmp_path, options)
    assert json.loads((tmp_path / "plan.json").read_text())["budget"] == 3


def test_arithmetic_buys_the_updates_that_it_suffices_for():
    assert plan_steps(Budget(flops=1e9), 100, None, flops_per_step=3e7).steps == 33
    with pytest.raises(OptionError, match="flops=1e\\+07 do not suffice for one update of this model, which takes 3e"):
        plan_steps(Budget(flops=1e7), 100, None, flops_per_step=3e7)
