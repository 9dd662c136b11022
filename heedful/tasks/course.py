"""One training of any task, from its budget to its last step: what the loop is given, and for how long."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from heedful.interface import Model, Objective
from heedful.numerics import Numerics, applied
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.tasks.asked import Asked
from heedful.tasks.setup import flops_per_token
from heedful.training.calibrate import SECONDS, Calibration, calibrate
from heedful.training.loop import TrainingResult, Watchers, train
from heedful.training.options import TrainingOptions
from heedful.training.plan import PLAN, Budget, Plan, evaluate_every, plan_steps, settle_options, stored_options
from heedful.training.progress import Display, Evaluate, Glimpse
from heedful.training.step import Batches
from heedful.training.timekeeper import TimeBudget

# Calibration may take this share of the time.
CALIBRATION_SHARE = 0.02
# So many evaluations without a better score end a run that has no budget.
PATIENCE = 6

Options = TypeVar("Options", bound=Asked)


class Epochs(Batches, Protocol):
    """Batches whose tokens are known."""

    def n_tokens(self, epoch: int) -> int:
        """Tokens of an epoch, padding not counted."""
        ...


@dataclass(frozen=True)
class Course:
    """What the loop is given.

    Args:
        model: with its weights before training.
        objective: what is minimised.
        batches: the data in order.
        numerics: how it is computed.
        rates: the options of a training of so many updates.
        epochs: over the data when no budget is given; it ends earlier when the held-out score no longer grows.
        evaluate: scores the model on held-out data.
        glimpse: a few fixed examples for those who watch, every few seconds; None leaves them to `evaluate`.
        opening: what is said before the first step.
    """

    model: Model
    objective: Objective
    batches: Epochs
    numerics: Numerics
    rates: Callable[[int], TrainingOptions]
    epochs: float
    evaluate: Evaluate
    glimpse: Glimpse | None = None
    opening: Sequence[str] = ()


def settle_steps(place: Path, course: Course, asked: Asked) -> Plan:
    """Turn the budget into steps, once, by calibration where it is a time, and write them down.

    Args:
        place: `training/begun/` of the run.
        course: to be taken.
        asked: with the budget.
    """
    budget, calibration = asked.budget(), None
    if budget is not None and budget.minutes is not None:
        calibration = _calibrated(course, budget.minutes)
    batches = course.batches
    arithmetic = flops_per_token(course.model) * batches.n_tokens(0) / batches.n_batches(0)
    wanted = budget or Budget(epochs=course.epochs)
    found = plan_steps(wanted, batches.n_batches(0), calibration, asked.evaluations, arithmetic)
    patience = None if budget else PATIENCE
    options = course.rates(found.steps)
    options = replace(options, evaluate_every=found.evaluate_every, patience=patience, replanned=asked.legs())
    settle_options(place, options, {"budget": found.to_json()})
    return found


def counted(asked: Options, plan: Plan) -> Options:
    """What asks for the same training on any machine: minutes buy fewer updates, and evaluations, on a slower one."""
    if asked.minutes is None and asked.flops is None:
        return asked
    found = replace(asked, minutes=None, flops=None, steps=plan.steps)
    usual = evaluate_every(plan.steps, asked.evaluations) == plan.evaluate_every
    return found if usual else replace(found, evaluations=math.ceil(plan.steps / plan.evaluate_every))


def steps_of(run: RunDirectory) -> TrainingOptions:
    """The training options of a run, its steps counted out."""
    found = stored_options(run.begun)
    assert found is not None, "they are settled when a run begins"
    return found


def time_of(run: RunDirectory, asked: Asked) -> TimeBudget | None:
    """The time of a run that was asked for minutes; None of any other.

    Args:
        run: begun.
        asked: of the run.
    """
    if asked.minutes is None:
        return None
    calibration = Calibration(**read_json(run.begun / PLAN)["budget"]["calibration"])
    return TimeBudget(60 * asked.minutes, asked.evaluations, calibration)


def take(run: RunDirectory, course: Course, display: Display, time: TimeBudget | None = None) -> TrainingResult:
    """Train, from the beginning or from wherever it was stopped, to the end.

    Args:
        run: begun, and locked.
        course: to be taken; its model has the weights that are kept when this returns.
        display: who watches.
        time: that it may use; None where nobody asked for one.
    """
    for said in course.opening:
        display.event(0, said)
    watchers = Watchers(display, course.evaluate, course.glimpse)
    with applied(course.numerics):
        return train(
            course.model,
            course.objective,
            course.batches,
            steps_of(run),
            folder=run.training,
            watchers=watchers,
            compute=course.numerics.dtype,
            time_budget=time,
        )


def _calibrated(course: Course, minutes: float) -> Calibration:
    # Longer for a long run: machines are faster in their first seconds.
    seconds = min(20.0, max(SECONDS, 60 * minutes * CALIBRATION_SHARE))
    with applied(course.numerics):
        return calibrate(
            course.model,
            course.objective,
            course.batches,
            course.rates(1000),
            compute=course.numerics.dtype,
            evaluate=course.evaluate,
            seconds=seconds,
        )
