"""What a training run tells while it goes, and to whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from heedful.interface import Model


@dataclass(frozen=True)
class Sample:
    """One fixed sentence and what the model makes of it now."""

    source: str
    reference: str
    now: str


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Args:
        score: higher is better; it decides which weights are the best, and when patience ends.
        figures: by name, for metrics.jsonl; names of timings end in _seconds or _per_second.
        samples: for those who watch.
        is_loss: whether the score is minus a loss, which people read as it is.
    """

    score: float
    figures: Mapping[str, float] = field(default_factory=dict)
    samples: Sequence[Sample] = ()
    is_loss: bool = False

    @property
    def read(self) -> float:
        """What people read: the score, or the loss."""
        return -self.score if self.is_loss else self.score

    @property
    def shown(self) -> str:
        """The same in as many digits as tell something."""
        return f"{self.read:.3f}" if self.is_loss else f"{self.read:.2f}"


Evaluate = Callable[[Model], Evaluation]
Glimpse = Callable[[Model], Sequence[Sample]]


@dataclass(frozen=True)
class Progress:
    """Where training stands after a step.

    Args:
        step: steps done.
        steps: steps to do, as it is planned now.
        epoch: epochs done, with a fraction.
        tokens: source and target tokens read since the beginning.
        loss: mean of this step.
        rate: learning rate of this step.
        step_seconds: how long this step took.
        step_tokens: source and target tokens of this step.
    """

    step: int
    steps: int
    epoch: float
    tokens: int
    loss: float
    rate: float
    step_seconds: float
    step_tokens: int


class Display(Protocol):
    """Someone who watches. All calls come from the training thread and should cost next to nothing."""

    def step(self, progress: Progress) -> None:
        """A step is done."""
        ...

    def evaluating(self, step: int) -> None:
        """An evaluation begins and takes a while."""
        ...

    def evaluation(self, step: int, found: Evaluation, best: bool) -> None:
        """It is done."""
        ...

    def samples(self, samples: Sequence[Sample]) -> None:
        """The fixed sentences, translated again."""
        ...

    def event(self, step: int, message: str) -> None:
        """Something that happens rarely."""
        ...

    def close(self) -> None:
        """Training is over, in whatever way."""
        ...


class Silent:
    """A display that shows nothing."""

    def step(self, progress: Progress) -> None:
        """Nothing."""

    def evaluating(self, step: int) -> None:
        """Nothing."""

    def evaluation(self, step: int, found: Evaluation, best: bool) -> None:
        """Nothing."""

    def samples(self, samples: Sequence[Sample]) -> None:
        """Nothing."""

    def event(self, step: int, message: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
