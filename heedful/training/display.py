"""What people see of a run: a live panel in a terminal, a plain line now and then elsewhere; always on stderr."""

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console

from heedful.training.outlook import Outlook, Speed, duration
from heedful.training.pace import LINE_EVERY_SECONDS, Pace
from heedful.training.panel import Panel
from heedful.training.progress import Display, Evaluation, Progress, Sample

# A model that has hardly begun repeats itself to the limit of length.
EXAMPLE_LETTERS = 40


def make_display(outlook: Outlook, stream: TextIO | None = None) -> Display:
    """The display that suits where stderr goes.

    Args:
        outlook: what is known before the first step.
        stream: instead of stderr.
    """
    stream = sys.stderr if stream is None else stream
    console = Console(file=stream)
    if console.is_terminal and not console.is_dumb_terminal:
        return Panel(outlook, console)
    lines = Lines(outlook, stream, LINE_EVERY_SECONDS)
    lines.event(0, outlook.title)
    return lines


class Lines:
    """One plain line now and then, and one at each evaluation.

    Args:
        outlook: what is known before the first step.
        stream: where the lines go.
        every_seconds: between two lines about steps.
    """

    def __init__(self, outlook: Outlook, stream: TextIO, every_seconds: float) -> None:
        self._outlook = outlook
        self._stream = stream
        self._pace = Pace(every_seconds, 1.0)
        self._speed = Speed(outlook)

    def step(self, progress: Progress) -> None:
        """A line when it is time, and for the last step."""
        self._speed.add(progress)
        if not self._pace.is_due and progress.step < progress.steps:
            return
        self._say(
            f"step {progress.step:,}/{progress.steps:,}  epoch {progress.epoch:.1f}  loss {progress.loss:.3f}  "
            f"{self._speed.tokens_per_second:,.0f} tokens/s  {duration(self._speed.seconds_left(progress))} left"
        )
        self._pace.done(0.0)

    def evaluating(self, step: int) -> None:
        """Nothing: the line follows when it is done."""

    def evaluation(self, step: int, found: Evaluation, best: bool) -> None:
        """The score, and what the first sentence comes out as."""
        example = f"  {_short(found.samples[0].source)} → {_short(found.samples[0].now)}" if found.samples else ""
        self._say(f"step {step:,}  {self._outlook.score} {found.shown}{' (best)' if best else ''}{example}")

    def samples(self, samples: Sequence[Sample]) -> None:
        """Nothing: they are for those who watch."""

    def event(self, step: int, message: str) -> None:
        """A line."""
        self._say(f"step {step:,}  {message}" if step else message)

    def close(self) -> None:
        """Nothing."""

    def _say(self, text: str) -> None:
        self._stream.write(text.replace("\n", " ") + "\n")
        self._stream.flush()


def _short(text: str) -> str:
    return text if len(text) <= EXAMPLE_LETTERS else text[: EXAMPLE_LETTERS - 1] + "…"
