"""How the learning rate moves over a run: a share of its peak for each step."""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

from heedful.errors import OptionError, suggest


class Schedule(Protocol):
    """A frozen dataclass that says the learning rate of each step as a share of the peak.

    Args:
        is_relative: whether it depends on the share of the run that is over; on the steps done alone otherwise.
    """

    is_relative: ClassVar[bool]

    def rate(self, step: int, total: int) -> float:
        """The share, in [0, 1], of step 1..total."""
        ...


@dataclass(frozen=True)
class Trapezoid:
    """Linear warm-up, plateau, linear cooldown to nearly nothing.

    The last step still learns a little: the cooldown reaches zero one step after the end.

    Args:
        warmup: share of all steps.
        cooldown: share of all steps.

    Source:
        Hägele et al. 2024, arXiv:2405.18392.
    """

    is_relative: ClassVar[bool] = True
    warmup: float = 0.04
    cooldown: float = 0.6

    def __post_init__(self) -> None:
        if min(self.warmup, self.cooldown) < 0 or self.warmup + self.cooldown > 1:
            raise OptionError(
                "warmup and cooldown are shares of the run and leave room for each other: "
                f"got warmup={self.warmup}, cooldown={self.cooldown}; try 0.04 and 0.6"
            )

    def rate(self, step: int, total: int) -> float:
        """The share of the peak in step 1..total."""
        rising, falling = math.ceil(self.warmup * total), math.ceil(self.cooldown * total)
        up = step / rising if step < rising else 1.0
        down = (total + 1 - step) / (falling + 1)
        return min(up, down, 1.0)


@dataclass(frozen=True)
class InverseSquareRoot:
    """Linear warm-up, then falling with the square root of the step, as in the paper.

    The paper's peak is (d_model * warmup_steps) ** -0.5: give that as the learning rate to get its numbers.

    Args:
        warmup_steps: the peak's step.

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, section 5.3.
    """

    is_relative: ClassVar[bool] = False
    warmup_steps: int = 4000

    def __post_init__(self) -> None:
        if self.warmup_steps < 1:
            raise OptionError(f"warmup_steps must be at least 1: got {self.warmup_steps}; the paper has 4000")

    def rate(self, step: int, total: int) -> float:
        """The share of the peak in step 1..; it does not depend on `total`."""
        return min(step / self.warmup_steps, math.sqrt(self.warmup_steps / step))


SCHEDULES: dict[str, type[Trapezoid] | type[InverseSquareRoot]] = {
    "trapezoid": Trapezoid,
    "inverse_square_root": InverseSquareRoot,
}


def schedule_to_json(schedule: Trapezoid | InverseSquareRoot) -> dict[str, Any]:
    """A dict of plain values, with the name under "kind"."""
    kind = next(name for name, known in SCHEDULES.items() if type(schedule) is known)
    return {"kind": kind, **asdict(schedule)}


def schedule_from_json(values: dict[str, Any]) -> Trapezoid | InverseSquareRoot:
    """The inverse of `schedule_to_json`.

    Raises:
        OptionError: a kind or a key that is not known.
    """
    kind = str(values.get("kind"))
    if kind not in SCHEDULES:
        raise OptionError(f"schedule {kind!r} is not known{suggest(kind, SCHEDULES)}")
    try:
        return SCHEDULES[kind](**{name: value for name, value in values.items() if name != "kind"})
    except TypeError as error:
        raise OptionError(f"schedule {kind!r} does not take these values: {error}") from error
