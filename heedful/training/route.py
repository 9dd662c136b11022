"""The route of a run: which plan governs each update, where the plan was changed while the run was under way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from heedful.errors import OptionError
from heedful.training.schedule import Schedule

_WRITTEN = re.compile(r"(\d+):(\d+)/(\d+)/(\d+)")


@dataclass(frozen=True)
class Leg:
    """A plan for what is left: the updates go on as though the whole run had been planned so.

    Args:
        after: updates done when it was made; it governs those after them.
        place: how far that is in the plan, in its updates.
        steps: updates of the plan: the run ends after `steps - place` more.
        evaluate_every: updates between two evaluations, counted in the places of the plan; 0 evaluates at the end
            alone.
    """

    after: int
    place: int
    steps: int
    evaluate_every: int

    def __post_init__(self) -> None:
        if min(self.after, self.place, self.evaluate_every) < 0 or self.place >= self.steps:
            raise OptionError(f"a plan is changed before its end, at a place before it: got {self}")

    @property
    def end(self) -> int:
        """Updates of the run, should the plan stay."""
        return self.after + self.steps - self.place

    def place_of(self, step: int) -> int:
        """Where in the plan the run is after so many updates."""
        return step - self.after + self.place

    def evaluations_left(self, step: int) -> int:
        """After so many updates, at most; the last one is at the end."""
        if not self.evaluate_every:
            return 1
        return -(-self.steps // self.evaluate_every) - self.place_of(step) // self.evaluate_every

    def __str__(self) -> str:
        return f"{self.after}:{self.place}/{self.steps}/{self.evaluate_every}"


class Route:
    """The legs of a run, the first plan before all others.

    Args:
        legs: in their order; the first from update 0 on.
    Raises:
        OptionError: a leg begins before the one before it, or where the run is over.
    """

    def __init__(self, legs: Sequence[Leg]) -> None:
        self.legs = [legs[0]]
        for leg in legs[1:]:
            self.add(leg)

    def add(self, leg: Leg) -> None:
        """From its `after` on another plan governs."""
        last = self.legs[-1]
        if not last.after <= leg.after < last.end:
            raise OptionError(
                f"the plan of a run is changed while it goes on, here from update {last.after} to {last.end}: got {leg}"
            )
        self.legs.append(leg)

    @property
    def steps(self) -> int:
        """Updates of the run."""
        return self.legs[-1].end

    def leg(self, step: int) -> Leg:
        """The plan that governs update `step`, from 1."""
        return next(leg for leg in reversed(self.legs) if leg.after < step)

    def rate(self, schedule: Schedule, step: int) -> float:
        """The share of the peak learning rate in update `step`, from 1."""
        leg = self.leg(step)
        return schedule.rate(leg.place_of(step) if schedule.is_relative else step, leg.steps)

    def decay(self, decay: float, step: int) -> float:
        """The decay of the averaged weights in update `step`: the average spans the same share of every plan.

        Args:
            decay: that of the first plan.
            step: from 1.
        """
        # To the power of exactly 1 a number stays what it is: a run whose plan stands is not touched.
        return float(decay ** (self.legs[0].steps / self.leg(step).steps))

    def evaluation_is_due(self, step: int, last: int) -> bool:
        """Whether the plan has an evaluation after update `step`, before the one at the end.

        Args:
            step: updates done.
            last: update of the last evaluation. Behind a change of plan one may lie close to it, or to the end, and is
                left out.
        """
        if step < 1:
            return False
        leg = self.leg(step)
        every = leg.evaluate_every
        away = step - last if leg is self.legs[0] else min(step - last, leg.end - step)
        return every > 0 and leg.place_of(step) % every == 0 and 2 * away >= every


def read_legs(text: str) -> tuple[Leg, ...]:
    """Changes of a plan as `write_legs` wrote them: "46:250/1000/63,300:700/900/57", or "" for none.

    Raises:
        OptionError: they are not written so, or contradict each other.
    """
    legs = []
    for each in text.split(",") if text else ():
        found = _WRITTEN.fullmatch(each.strip())
        if found is None:
            raise OptionError(
                "a change of plan is AFTER:PLACE/STEPS/EVALUATE_EVERY, as 46:250/1000/63, several with commas between: "
                f"got {each!r}; copy it from the model card"
            )
        legs.append(Leg(*map(int, found.groups())))
    for one, other in pairwise(legs):
        Route([one, other])
    return tuple(legs)


def write_legs(legs: Sequence[Leg]) -> str:
    """Changes of a plan in one word."""
    return ",".join(map(str, legs))
