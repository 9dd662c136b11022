"""Whether a step's loss and gradient can be believed."""

import math
import statistics
from collections import deque
from typing import Any, Literal

Trouble = Literal["not finite", "spike"]

# Losses remembered for the median, and how many it takes before a spike can be told from noise.
MEMORY = 64
ENOUGH = 16

# The scale of normally distributed losses is this often their median absolute deviation. It never counts as less than
# this share of the median: the losses of a tiny corpus repeat themselves so well that any new batch would be a spike.
DEVIATIONS = 1.4826
LEAST_SPREAD = 0.05


class Guard:
    """Judges every step before it may touch the weights, from the losses of the good steps before it.

    Args:
        spike: robust standard deviations above the recent median that are too many; None looks for NaN and Inf alone.
    """

    def __init__(self, spike: float | None) -> None:
        self.spike = spike
        self.n_bad_in_row = 0
        self._recent: deque[float] = deque(maxlen=MEMORY)

    def judge(self, loss: float, norm: float) -> Trouble | None:
        """What is wrong with a step, or None; a good step is remembered.

        Args:
            loss: the mean of the step.
            norm: of its gradient.
        """
        trouble = self._trouble(loss, norm)
        if trouble is None:
            self._recent.append(loss)
            self.n_bad_in_row = 0
        else:
            self.n_bad_in_row += 1
        return trouble

    @property
    def threshold(self) -> float:
        """The loss above which a step is a spike."""
        if self.spike is None or len(self._recent) < ENOUGH:
            return math.inf
        median = statistics.median(self._recent)
        deviation = DEVIATIONS * statistics.median(abs(loss - median) for loss in self._recent)
        return median + self.spike * max(deviation, LEAST_SPREAD * abs(median))

    def to_json(self) -> dict[str, Any]:
        """What it remembers."""
        return {"n_bad_in_row": self.n_bad_in_row, "recent": list(self._recent)}

    def load(self, values: dict[str, Any]) -> None:
        """Remember what `to_json` wrote."""
        self.n_bad_in_row = values["n_bad_in_row"]
        self._recent = deque(values["recent"], maxlen=MEMORY)

    def _trouble(self, loss: float, norm: float) -> Trouble | None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return "not finite"
        return "spike" if loss > self.threshold else None
