"""What a run leaves of its course: rows in two journals, and calls to those who watch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.training.log import Journal, Window
from heedful.training.progress import Display, Evaluation, Progress
from heedful.training.state import Counters, State
from heedful.training.step import Sums


@dataclass(frozen=True)
class Pass:
    """What one step was.

    Args:
        sums: its loss and figures.
        epoch: epochs read since the beginning, with a fraction.
        steps: updates of the run, as it is planned now.
        rate: its learning rate.
        tokens: source and target tokens that it read.
        seconds: how long it took.
    """

    sums: Sums
    epoch: float
    steps: int
    rate: float
    tokens: int
    seconds: float


class Record:
    """Writes metrics.jsonl and events.jsonl, and tells the display the same.

    Args:
        folder: `training/` of the run.
        display: who watches.
        state: of the run; its window is summed up here.
    """

    def __init__(self, folder: Path, display: Display, state: State) -> None:
        self.metrics = Journal(folder / "metrics.jsonl")
        self.events = Journal(folder / "events.jsonl")
        self.display = display
        self._state = state

    def step(self, done: Pass) -> None:
        """A step is done and counted; every few steps make a row."""
        state = self._state
        state.window.tokens += done.tokens
        state.window.seconds += done.seconds
        if state.counters.step % state.options.log_every == 0 or state.counters.step == done.steps:
            place = _place(state.counters, done.epoch)
            self.metrics.write({**place, "rate": done.rate, **state.window.row()})
            state.window = Window()
        counters = state.counters
        self.display.step(
            Progress(
                counters.step,
                done.steps,
                done.epoch,
                counters.tokens,
                done.sums.loss,
                done.rate,
                done.seconds,
                done.tokens,
            )
        )

    def evaluation(self, found: Evaluation, epoch: float, best: bool, seconds: float) -> None:
        """An evaluation is done."""
        figures = {f"dev_{name}": value for name, value in found.figures.items()}
        row = {"dev_score": found.score, **figures, "evaluation_seconds": round(seconds, 3)}
        self.metrics.write({**_place(self._state.counters, epoch), **row})
        self.display.evaluation(self._state.counters.step, found, best)

    def event(self, kind: str, message: str, figures: dict[str, float] | None = None) -> None:
        """Something rare happened; what `figures` has stands in its row."""
        counters = self._state.counters
        place = {"step": counters.step, "elapsed_seconds": round(counters.seconds, 3)}
        self.events.write({**place, "kind": kind, "message": message, **(figures or {})})
        self.display.event(counters.step, message)

    def lengths(self) -> dict[str, int]:
        """How long the journals are, once they are on the disk."""
        self.metrics.sync()
        self.events.sync()
        return {"metrics_bytes": self.metrics.n_bytes, "events_bytes": self.events.n_bytes}

    def cut(self, lengths: dict[str, Any]) -> None:
        """Forget what came after `lengths`."""
        self.metrics.cut(lengths["metrics_bytes"])
        self.events.cut(lengths["events_bytes"])


def _place(counters: Counters, epoch: float) -> dict[str, float]:
    where = {"step": counters.step, "epoch": epoch, "tokens": counters.tokens}
    return {**where, "elapsed_seconds": round(counters.seconds, 3)}
