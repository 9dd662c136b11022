"""A budget becomes steps once, and the loop is given them."""

from dataclasses import replace
from pathlib import Path

import pytest

from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.tasks import course as courses
from heedful.tasks.course import PATIENCE, counted, settle_steps, steps_of, take
from heedful.tasks.setup import flops_per_token
from heedful.training.calibrate import Calibration
from heedful.training.plan import Plan
from heedful.training.progress import Silent
from tests.tasks.toy import ToyOptions, ToyTask, write_numbers

TASK = ToyTask()


@pytest.fixture
def begun(tmp_path):
    """A run, what it asks for, and the course to be taken."""
    options = ToyOptions(out=tmp_path / "x", numbers=write_numbers(tmp_path))
    run = RunDirectory.create(options.out)
    run.begun.mkdir()
    TASK.lay_down(run.begun, options)
    return run, options, TASK.course(TASK.open(run.begun, options), options)


def test_without_a_budget_the_epochs_of_the_task_count_and_training_may_stop_early(begun):
    run, options, course = begun
    assert settle_steps(run.begun, course, options).steps == 2 * 4
    assert (steps_of(run).steps, steps_of(run).patience) == (8, PATIENCE)


def test_a_budget_is_kept_to_the_end(begun):
    run, options, course = begun
    settle_steps(run.begun, course, replace(options, steps=5, evaluations=5))
    found = steps_of(run)
    assert (found.steps, found.patience, found.evaluate_every) == (5, None, 1)
    assert read_json(run.begun / "plan.json")["budget"]["steps"] == 5


def test_minutes_are_measured(begun, monkeypatch):
    run, options, course = begun
    monkeypatch.setattr(courses, "calibrate", lambda *given, **more: Calibration(0.5, 0.0, 3))
    assert settle_steps(run.begun, course, replace(options, minutes=1)).steps == 114  # 95% of 60 s


def test_arithmetic_is_counted_from_the_tokens_of_a_batch(begun):
    run, options, course = begun
    tokens_a_batch = (7 + 5 + 9 + 5) / 4
    flops = 10.5 * tokens_a_batch * flops_per_token(course.model)
    assert settle_steps(run.begun, course, replace(options, flops=flops)).steps == 10


def test_minutes_become_the_steps_that_they_bought():
    asked = ToyOptions(out=Path("x"), minutes=3)
    assert counted(asked, Plan(160, 25)) == replace(asked, minutes=None, steps=160)
    assert counted(asked, Plan(160, 80)) == replace(asked, minutes=None, steps=160, evaluations=2)
    by_epochs = replace(asked, minutes=None, epochs=2)
    assert counted(by_epochs, Plan(160, 80)) is by_epochs


class Heard(Silent):
    """A display that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def event(self, step: int, message: str) -> None:
        self.said.append(message)


def test_it_is_taken_to_the_end(begun):
    run, options, course = begun
    settle_steps(run.begun, course, replace(options, steps=3))
    display = Heard()
    result = take(run, course, display)
    assert (result.step, result.stopped) == (3, "steps")
    assert display.said[:2] == ["hello", "begun, 3 steps to go"]
    assert result.best_score is not None
