"""What those who watch want to know of a run's course: speed, time left, the curve so far."""

import time
from dataclasses import dataclass
from itertools import pairwise

from heedful.training.progress import Progress

BLOCKS = "▁▂▃▄▅▆▇█"

# Each step the speed forgets this share of the past: about the last 50 steps count.
FORGET = 0.02


@dataclass(frozen=True)
class Outlook:
    """What is known before the first step.

    Args:
        title: what is trained.
        score: the name of the evaluation's score.
        flops_per_token: of forward and backward together; None leaves the share of the peak out.
        peak_flops: what this machine can do in a second.
    """

    title: str = "training"
    score: str = "score"
    flops_per_token: float | None = None
    peak_flops: float | None = None


class Speed:
    """Tokens a second of late, and the time left; the beginning of a resumed run counts as its beginning."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._tokens = self._seconds = self._steps = 0.0
        self._in_steps = 0.0
        self._begun: float | None = None

    def add(self, progress: Progress) -> None:
        """A step is done."""
        if self._begun is None:
            self._begun = time.monotonic() - progress.step_seconds
        self._tokens += progress.step_tokens - FORGET * self._tokens
        self._seconds += progress.step_seconds - FORGET * self._seconds
        self._steps += 1 - FORGET * self._steps
        self._in_steps += progress.step_seconds

    @property
    def tokens_per_second(self) -> float:
        """Source and target tokens, evaluations left out."""
        return self._tokens / self._seconds if self._seconds else 0.0

    @property
    def share_of_peak(self) -> float | None:
        """Of the arithmetic that this machine can do, in [0, 1]."""
        if not self._outlook.flops_per_token or not self._outlook.peak_flops:
            return None
        return self.tokens_per_second * self._outlook.flops_per_token / self._outlook.peak_flops

    def seconds_left(self, progress: Progress) -> float:
        """At the pace of late; what evaluations and saves add to a step is that of all the time so far."""
        assert self._begun is not None, "a step was added first"
        added = (time.monotonic() - self._begun) / self._in_steps if self._in_steps else 1.0
        return added * self._seconds / self._steps * (progress.steps - progress.step)


class Curve:
    """All values of a run in a fixed number of points at most: when they are full, neighbours become their mean.

    Args:
        n_points: an even number.
    """

    def __init__(self, n_points: int) -> None:
        self.points: list[float] = []
        self._n_points = n_points
        self._each = 1
        self._sum = 0.0
        self._n_summed = 0

    def add(self, value: float) -> None:
        """Take in the next value; NaN is left out."""
        if value != value:
            return
        self._sum += value
        self._n_summed += 1
        if self._n_summed == self._each:
            self.points.append(self._sum / self._each)
            self._sum, self._n_summed = 0.0, 0
        if len(self.points) == self._n_points:
            self.points = [(one + other) / 2 for one, other in zip(self.points[::2], self.points[1::2], strict=True)]
            self._each *= 2


def sparkline(values: list[float], width: int) -> str:
    """Values as a row of blocks from lowest to highest, so wide whatever their number.

    Where there are more values than columns a column is the mean of its share of them; where there are fewer, columns
    lie on the straight lines between them.
    """
    if not values:
        return ""
    if len(values) > width:
        edges = [round(column * len(values) / width) for column in range(width + 1)]
        values = [sum(values[low:high]) / (high - low) for low, high in pairwise(edges)]
    elif len(values) > 1:
        places = [column * (len(values) - 1) / (width - 1) for column in range(width)]
        values = [_between(values, place) for place in places]
    low, high = min(values), max(values)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(BLOCKS[round((value - low) * scale)] for value in values)


def _between(values: list[float], place: float) -> float:
    left = min(int(place), len(values) - 2)
    return values[left] + (place - left) * (values[left + 1] - values[left])


def duration(seconds: float) -> str:
    """As people write it: 45 s, 4:05 min, 2:10 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
