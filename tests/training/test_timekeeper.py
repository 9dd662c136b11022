import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.errors import OptionError
from heedful.training import loop
from heedful.training.calibrate import Calibration
from heedful.training.log import Journal
from heedful.training.plan import Budget, changes_of, plan_steps
from heedful.training.route import Leg, Route
from heedful.training.timekeeper import FEWEST, TimeBudget, Timekeeper
from tests.training.runs import Crash, Scripted, assert_alike, crash, killed, run
from tests.training.toy import ToyBatches


class Machine:
    """Runs a plan by a made-up clock: no time passes."""

    def __init__(self, speed, *, seconds=120.0, step=0.1, evaluation=0.7, n_evaluations=None, uneven=(1.0,)):
        calibration = Calibration(step, evaluation, 30)
        plan = plan_steps(Budget(minutes=seconds / 60), 100, calibration, n_evaluations)
        self.speed, self.now = speed, 0.0
        self.route = Route([Leg(0, 0, plan.steps, plan.evaluate_every)])
        self.keeper = Timekeeper(TimeBudget(seconds, n_evaluations, calibration), 0.0)
        self.evaluated = []
        done = 0
        while done < self.route.steps:
            leg = self.keeper.look(self.route.legs[-1], done, self.now)
            if leg is not None:
                self.route.add(leg)
            done += 1
            self.keeper.add_step(self.takes(step * uneven[done % len(uneven)]))
            if done == self.route.steps or self.route.evaluation_is_due(done, (self.evaluated or [0])[-1]):
                self.evaluated.append(done)
                self.keeper.add_evaluation(self.takes(evaluation))

    def takes(self, seconds):
        took = seconds * self.speed(self.now)
        self.now += took
        return took

    @property
    def n_changes(self):
        return len(self.route.legs) - 1


def test_a_machine_that_stays_as_it_was_measured_changes_nothing():
    machine = Machine(lambda now: 1.0)
    assert machine.n_changes == 0
    assert 0.9 * 120 <= machine.now <= 120


@pytest.mark.parametrize("n_evaluations", [None, 7])
def test_uneven_updates_change_nothing_either(n_evaluations):
    machine = Machine(lambda now: 1.0, n_evaluations=n_evaluations, uneven=(0.5, 1.0, 1.5, 0.8, 1.2))
    assert machine.n_changes == 0


@pytest.mark.parametrize(("before", "later"), [(5.0, 1.0), (1.0, 5.0), (1.0, 0.2), (1.0, 1.3)])
@pytest.mark.parametrize("change", [5.0, 40.0, 80.0])
def test_the_time_is_held_when_the_speed_changes(before, later, change):
    machine = Machine(lambda now: before if now < change else later)
    assert 0.88 * 120 <= machine.now <= 1.02 * 120
    assert machine.n_changes <= 4


def test_too_slow_from_the_first_update_on_by_hand():
    """Planned for 0.1 s an update, each takes 0.4 s: seen when a twentieth of the time has passed."""
    keeper = Timekeeper(TimeBudget(100.0, None, Calibration(0.1, 0.0, 9)), 0.0)
    plan, elapsed = Leg(0, 0, 950, 60), 0.0
    for step in range(13):
        elapsed = 0.4 * step
        assert keeper.look(plan, step, elapsed) is None
        keeper.add_step(0.4)
    found = keeper.look(plan, 13, 13 * 0.4)
    # 89.8 of 95 seconds are left for 937 of 950 updates: as though 91.05 s / 0.4 s = 227 were all.
    assert found == Leg(13, 3, 227, 25)
    assert found.end - 13 == 224


def test_an_update_during_which_the_machine_stood_still_is_not_its_pace():
    keeper = Timekeeper(TimeBudget(100.0, None, Calibration(0.1, 0.0, 9)), 0.0)
    for _ in range(9):
        keeper.add_step(0.1)
    keeper.add_step(30.0)
    found = keeper.look(Leg(0, 0, 950, 60), 10, 30.9)
    # 64.1 s at 0.1 s are 641 updates, and not the twenty that a pace of 3.1 s would leave.
    assert found is not None
    assert found.end - 10 == pytest.approx(641, abs=2)


def test_few_updates_say_nothing():
    keeper = Timekeeper(TimeBudget(100.0, None, Calibration(10.0, 0.0, 9)), 0.0)
    for step in range(1, FEWEST):
        keeper.add_step(30.0)
        assert keeper.look(Leg(0, 0, 9, 25), step, 30.0 * step) is None


@pytest.mark.parametrize("steps", [2, 3, 10])
def test_a_plan_that_is_over_before_it_was_looked_at_is_looked_at_before_its_last_update(steps):
    """A machine so busy that the minutes buy a few updates, and free in the next moment."""
    machine = Machine(lambda now: 0.001, seconds=60.0, step=57 / (steps + 0.5), evaluation=0.0)
    assert machine.route.legs[0].steps == steps
    assert 0.9 * 60 <= machine.now <= 60


def test_a_plan_that_got_ahead_of_its_time_goes_back_to_it():
    keeper = Timekeeper(TimeBudget(100.0, None, Calibration(1.0, 0.0, 9)), 0.0)
    for _ in range(40):
        keeper.add_step(0.25)
    # 40 of 95 updates are over, and 10 of 95 seconds.
    found = keeper.look(Leg(0, 0, 95, 25), 40, 10.0)
    assert found == Leg(40, 40, 380, 25)


def test_where_no_time_is_left_the_rate_still_comes_down():
    keeper = Timekeeper(TimeBudget(100.0, None, Calibration(0.1, 0.0, 9)), 0.0)
    for _ in range(500):
        keeper.add_step(0.2)
    found = keeper.look(Leg(0, 0, 950, 60), 500, 110.0)
    # Two seconds.
    assert found is not None
    assert found.end - 500 == pytest.approx(10, abs=1)
    assert found.place / found.steps == pytest.approx(500 / 950, abs=0.05)


def test_an_evaluation_that_slowed_down_with_the_machine_is_as_many_updates_as_before():
    slow = Machine(lambda now: 4.0, evaluation=0.6)
    # The first look sees it, and no later one is surprised.
    assert slow.n_changes <= 2
    assert 0.9 * 120 <= slow.now <= 1.02 * 120


@given(st.lists(st.floats(0.2, 5.0), min_size=10, max_size=10), st.floats(0.0, 2.0), st.floats(60, 300))
@settings(max_examples=20)
def test_the_time_is_held_whatever_the_machine_does(speeds, evaluation, seconds):
    """Ten tenths of the time, each with a speed of its own."""

    def speed(now):
        return speeds[min(9, int(10 * now / seconds))]

    machine = Machine(speed, seconds=seconds, step=0.5, evaluation=evaluation)
    slowest = max(speeds)
    # One look apart, at worst, from what the machine became last; and an evaluation and an update are not broken off.
    assert machine.now <= 1.1 * seconds + slowest * (evaluation + FEWEST * 0.5)
    assert machine.n_changes <= 25


class ClockBatches(ToyBatches):
    """Each batch takes so many seconds of a made-up clock: as many as `speed` says at that time."""

    def __init__(self, monkeypatch, speed):
        super().__init__()
        now = [0.0]
        object.__setattr__(self, "tick", lambda: now.__setitem__(0, now[0] + speed(now[0])))
        monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])

    def batch(self, epoch, index):
        self.tick()
        return super().batch(epoch, index)


def evaluated(folder):
    return [row["step"] for row in Journal(folder / "metrics.jsonl").rows() if "dev_score" in row]


# Fifty steps of a second, evaluated every ten.
FIFTY = {"steps": 50, "evaluate_every": 10}
FIFTY_SECONDS = TimeBudget(50 / 0.95, 5, Calibration(1.0, 0.0, 9))


def test_a_machine_as_fast_as_it_was_measured_keeps_the_plan(tmp_path, monkeypatch):
    _, result = run(tmp_path / "a", budget=FIFTY_SECONDS, batches=ClockBatches(monkeypatch, lambda now: 1.0), **FIFTY)
    assert (result.step, result.seconds, result.replanned) == (50, 50.0, ())
    run(tmp_path / "b", **FIFTY)
    assert_alike(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize(("before", "later", "steps"), [(1.0, 0.25, 140), (1.0, 4.0, 30)])
def test_when_the_speed_changes_the_time_is_held_and_the_run_can_be_made_again(
    tmp_path, monkeypatch, before, later, steps
):
    display = Scripted()
    batches = ClockBatches(monkeypatch, lambda now: before if now < 20 else later)
    _, result = run(tmp_path / "a", budget=FIFTY_SECONDS, batches=batches, display=display, **FIFTY)
    assert result.seconds == pytest.approx(50, abs=2.5)
    assert result.step == pytest.approx(steps, rel=0.1)
    said = [message for _, message in display.events if message.startswith("planned anew")]
    assert len(said) == len(result.replanned) >= 1
    assert said[-1].startswith(f"planned anew: {result.step} steps in all")
    looks = evaluated(tmp_path / "a")
    assert looks[:2] == [10, 20]
    assert looks[-1] == result.step
    assert 4 <= len(looks) <= 7
    # The rate comes down to nearly nothing.
    rates = [row["rate"] for row in Journal(tmp_path / "a" / "metrics.jsonl").rows() if "rate" in row]
    assert rates[-1] == pytest.approx(0.01 / (math.ceil(0.4 * result.replanned[-1].steps) + 1))
    monkeypatch.undo()
    run(tmp_path / "b", replanned=result.replanned, **FIFTY)
    assert_alike(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("at", [23, 25, 31, 60])
def test_what_was_decided_before_a_crash_is_done_after_it(tmp_path, monkeypatch, at):
    """The machine is fast until it crashes and slow behind it: what was planned when it was fast still comes first."""
    fast = ClockBatches(monkeypatch, lambda now: 1.0 if now < 10 else 0.25)
    with pytest.raises(Crash):
        run(tmp_path / "a", budget=FIFTY_SECONDS, batches=fast, display=Scripted(at, crash), save_every=1000, **FIFTY)
    known, seen = changes_of(tmp_path / "a"), evaluated(tmp_path / "a")
    assert known
    monkeypatch.undo()
    slow = ClockBatches(monkeypatch, lambda now: 2.0)
    _, result = run(tmp_path / "a", budget=FIFTY_SECONDS, batches=slow, save_every=1000, **FIFTY)
    assert result.replanned[: len(known)] == known
    # Each was the best so far and lies on the disk: it comes of the same plan again, and is not planned away.
    assert set(seen) <= set(evaluated(tmp_path / "a"))
    monkeypatch.undo()
    run(tmp_path / "b", replanned=result.replanned, save_every=1000, **FIFTY)
    assert_alike(tmp_path / "a", tmp_path / "b")


def test_a_change_behind_the_end_is_refused(tmp_path):
    with pytest.raises(OptionError, match="while it goes on, here from update 0 to 20: got 20:5/30/5"):
        run(tmp_path / "t", replanned=(Leg(20, 5, 30, 5),))


def test_killed_at_any_moment_on_a_machine_of_changing_speed_it_ends_bit_equal_to_its_plan(tmp_path):
    found = killed(tmp_path, 4, 0, "hurried")
    assert found["killed"] == 4
    assert found["changes"] >= 2
    assert_alike(tmp_path / "whole", tmp_path / "torn")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_killed_twelve_times_on_a_machine_of_changing_speed(tmp_path, seed):
    assert killed(tmp_path, 12, seed, "hurried")["killed"] == 12
    assert_alike(tmp_path / "whole", tmp_path / "torn")
