"""A budget of minutes, held though the machine becomes faster or slower: what is left of the run is planned anew."""

from dataclasses import dataclass, replace

from heedful.training.calibrate import Calibration
from heedful.training.plan import MARGIN, afford
from heedful.training.route import Leg

# Looked at each time this share of the minutes has passed and so many updates were timed, and before the last update.
LOOK_EVERY, FEWEST = 0.05, 4

# The plan aims at MARGIN of the minutes, and stays while its end is foreseen so close to that: a quiet machine changes
# nothing, and what changes little is not worth another plan.
TOLERANCE = 1 - MARGIN

# Whatever happened, this share of the minutes is left for the learning rate to come down.
LEAST = 0.02


@dataclass(frozen=True)
class TimeBudget:
    """The time of a run, evaluations included.

    Args:
        seconds: that may be used, resumed runs together.
        n_evaluations: that were asked for; None leaves them to the plan.
        calibration: what the first plan was counted from.
    """

    seconds: float
    n_evaluations: int | None
    calibration: Calibration


class Timekeeper:
    """Times the updates and evaluations of a run, and says when its plan no longer fits its time.

    An evaluation is measured in updates, so that a machine whose speed changes changes both.

    Args:
        budget: of the run.
        elapsed: seconds of it that are used up.
    """

    def __init__(self, budget: TimeBudget, elapsed: float) -> None:
        self._budget = budget
        self._looked = elapsed
        self._n_steps, self._seconds, self._slowest = 0, 0.0, 0.0
        self._pace = budget.calibration.step_seconds
        self._evaluation = budget.calibration.evaluation_seconds / budget.calibration.step_seconds

    def add_step(self, seconds: float) -> None:
        """An update took so long."""
        self._n_steps += 1
        self._seconds += seconds
        self._slowest = max(self._slowest, seconds)

    def add_evaluation(self, seconds: float) -> None:
        """An evaluation took so long."""
        if self._n_steps >= FEWEST:
            self._measure()
        self._evaluation = seconds / self._pace

    def _measure(self) -> None:
        """What an update takes of late; the slowest is left out, for the machine may have stood still meanwhile."""
        self._pace = (self._seconds - self._slowest) / (self._n_steps - 1)

    def look(self, leg: Leg, step: int, elapsed: float) -> Leg | None:
        """Plan what is left anew, where it is time to look and the plan would miss its time.

        The share of the run that is over is that of its updates, so that the learning rate goes on from where it is; or
        that of its time, where a machine that became faster has got ahead of it. How many updates the other share has
        is counted from the speed of late.

        Args:
            leg: the plan.
            step: updates done, fewer than the plan has.
            elapsed: seconds of the budget that are used up.
        Returns:
            Another plan; None where this one stays.
        """
        seconds = self._budget.seconds
        is_time = elapsed - self._looked >= LOOK_EVERY * seconds and self._n_steps >= FEWEST
        is_last = 0 < step == leg.end - 1
        if not (is_time or is_last):
            return None
        self._looked = elapsed
        if self._n_steps > 1:
            self._measure()
            self._n_steps, self._seconds, self._slowest = 0, 0.0, 0.0
        goal = max(MARGIN * seconds, elapsed + LEAST * seconds)
        n_left = leg.end - step + leg.evaluations_left(step) * self._evaluation
        if abs(elapsed + self._pace * n_left - goal) <= TOLERANCE * seconds:
            return None
        share = min(leg.place_of(step) / leg.steps, elapsed / goal)
        # As though all of the run were at this pace, so that what is left of it takes what is left of the time.
        whole = (goal - elapsed) / (1 - share)
        found = replace(
            self._budget.calibration, step_seconds=self._pace, evaluation_seconds=self._pace * self._evaluation
        )
        steps, every = afford(whole, found, self._budget.n_evaluations)
        steps = max(steps, 1)
        return Leg(step, min(round(share * steps), steps - 1), steps, every)
