"""What a run is to do: its steps, counted from a budget, and its options, the law for every resumption."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from heedful.errors import OptionError
from heedful.run.disk import make_folder, read_json, write_json
from heedful.training.calibrate import Calibration
from heedful.training.options import TrainingOptions
from heedful.training.route import Leg, read_legs, write_legs

PLAN, REPLANNED = "plan.json", "replanned"

# What saving, drawing and a less quiet machine may take of the time.
MARGIN = 0.95

# More than any run can use: what is above it is a slip, and not every number that counts it would hold it.
MOST = 1e30

# Evaluations in a run. They may take this share of the time, and lie no fewer updates apart than this: there are fewer
# of them rather than more.
N_EVALUATIONS, EVALUATION_SHARE, LEAST_APART = 16, 0.1, 25


@dataclass(frozen=True)
class Budget:
    """How long to train: exactly one of these.

    Args:
        minutes: of this machine's time, evaluations included.
        epochs: times through the data.
        steps: updates.
        flops: arithmetic of training, floating-point operations.
    """

    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    flops: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if len(given) != 1:
            got = " and ".join(f"{name}={value}" for name, value in given.items()) or "none"
            raise OptionError(f"a budget is one of minutes, epochs, steps and flops: got {got}; keep one")
        for name, value in given.items():
            if value > MOST:
                raise OptionError(f"{name} must be {MOST:g} at most: got {value}; no run could use more")
            if not value > 0:
                raise OptionError(f"{name} must be above 0: got {value}")


@dataclass(frozen=True)
class Plan:
    """What a budget came to.

    Args:
        steps: updates to do.
        evaluate_every: steps between two evaluations.
        calibration: what it was counted from; None when nothing had to be measured.
    """

    steps: int
    evaluate_every: int
    calibration: Calibration | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


def evaluate_every(steps: int, n_evaluations: int | None = None) -> int:
    """Steps between two evaluations.

    Args:
        steps: of the run.
        n_evaluations: that were asked for; None is 16, or fewer in a run so short that they would crowd it.
    """
    return math.ceil(steps / n_evaluations) if n_evaluations else max(LEAST_APART, math.ceil(steps / N_EVALUATIONS))


def plan_steps(
    budget: Budget,
    n_batches: int,
    calibration: Calibration | None,
    n_evaluations: int | None = None,
    flops_per_step: float | None = None,
) -> Plan:
    """The steps that a budget buys, evaluations included.

    Args:
        budget: one of minutes, epochs, steps, flops.
        n_batches: updates in an epoch.
        calibration: needed for minutes.
        n_evaluations: as for `evaluate_every`; fewer when they would take more than a tenth of the minutes.
        flops_per_step: arithmetic of an update; needed for flops.
    Raises:
        OptionError: the budget does not suffice for a single step.
    """
    if budget.flops is not None:
        assert flops_per_step is not None, "arithmetic is counted from that of an update"
        steps = int(budget.flops / flops_per_step)
        if steps < 1:
            raise OptionError(
                f"flops={budget.flops:g} do not suffice for one update of this model, which takes {flops_per_step:.2g}"
            )
        return Plan(steps, evaluate_every(steps, n_evaluations))
    if budget.minutes is None:
        steps = budget.steps or max(1, math.ceil(n_batches * (budget.epochs or 0.0) - 1e-9))
        return Plan(steps, evaluate_every(steps, n_evaluations), calibration)
    assert calibration is not None, "minutes are counted from a calibration"
    steps, every = afford(60 * budget.minutes * MARGIN, calibration, n_evaluations)
    if steps < 1:
        least = (calibration.step_seconds + calibration.evaluation_seconds) / 60 / MARGIN
        raise OptionError(
            f"minutes={budget.minutes:g} do not suffice for one step and one evaluation here, which take "
            f"{least:.2g}; give more minutes, a smaller model or fewer held-out sentences"
        )
    return Plan(steps, every, calibration)


def afford(seconds: float, calibration: Calibration, n_evaluations: int | None = None) -> tuple[int, int]:
    """The steps that a time buys, and how many lie between two evaluations.

    Args:
        seconds: all of which may be used.
        calibration: what a step and an evaluation take.
        n_evaluations: as for `plan_steps`.
    Returns:
        The steps, fewer than 1 where the time does not suffice for one.
    """
    n_afforded = n_evaluations or N_EVALUATIONS
    if calibration.evaluation_seconds > 0:
        n_afforded = max(1, int(min(n_afforded, EVALUATION_SHARE * seconds / calibration.evaluation_seconds)))
    steps = int((seconds - n_afforded * calibration.evaluation_seconds) / calibration.step_seconds)
    every = evaluate_every(max(1, steps), n_afforded)
    return steps, every if n_evaluations else max(LEAST_APART, every)


def stored_options(folder: Path) -> TrainingOptions | None:
    """The options of a run that was begun, steps counted out by calibration included.

    Args:
        folder: `training/` of the run.
    Returns:
        None for a run that was not begun.
    """
    path = folder / PLAN
    return TrainingOptions.from_json(read_json(path)["options"]) if path.exists() else None


def settle_options(folder: Path, options: TrainingOptions, facts: dict[str, Any] | None = None) -> None:
    """Write down the options of a new run, or compare them with those that it was begun with.

    Args:
        folder: `training/` of the run, created when missing.
        options: those that the caller asks for now.
        facts: plain values to keep beside them: how the number of steps was found.
    Raises:
        OptionError: they would lead to another result.
    """
    begun = stored_options(folder)
    if begun is None:
        make_folder(folder)
        write_json(folder / PLAN, {"options": options.to_json(), **(facts or {})})
        return
    changed = begun.differences(options)
    if changed:
        what = "; ".join(f"{name} was {before!r}, now {now!r}" for name, (before, now) in changed.items())
        raise OptionError(
            f"a run goes on with the options it was begun with: {what}; leave these out, or start a new run"
        )


def changes_of(folder: Path) -> tuple[Leg, ...]:
    """The changes of plan that a run has made on its way so far.

    Args:
        folder: `training/` of the run.
    """
    path = folder / PLAN
    return read_legs(read_json(path).get(REPLANNED, "")) if path.exists() else ()


def add_change(folder: Path, leg: Leg) -> None:
    """Write down a change of plan: a run that is killed afterwards goes on by it.

    Args:
        folder: `training/` of the run, its options settled.
        leg: decided just now.
    Raises:
        RunError: the file system refused.
    """
    path = folder / PLAN
    write_json(path, {**read_json(path), REPLANNED: write_legs([*changes_of(folder), leg])})
