"""A process that trains and dies: `python -m tests.training.mortal FOLDER N_KILLS SEED`, answering with JSON.

One uninterrupted training counts the moments at which the disk or the cursor moves. Then lives follow in another
folder, each a fork killed with SIGKILL at a moment drawn at random, writes torn in two, and a last one that ends.

With "hurried" behind them the lives have a time budget, and each a speed of its own by a made-up clock; the
uninterrupted training comes last, and is given their changes of plan and no clock.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from heedful.run import disk
from heedful.training import log
from heedful.training.calibrate import Calibration
from heedful.training.loop import Watchers, train
from heedful.training.plan import changes_of
from heedful.training.progress import Silent
from heedful.training.route import Leg
from heedful.training.timekeeper import TimeBudget
from tests.training.toy import ToyBatches, ToyObjective, toy_evaluate, toy_model, toy_options

CHANGES = {"open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir"}


class Death:
    """Counts moments, and comes at one of them; 0 never comes."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.n_moments = 0

    def moment(self, last_words: Callable[[], Any] = lambda: None) -> None:
        self.n_moments += 1
        if self.n_moments == self.at:
            last_words()
            os.kill(os.getpid(), signal.SIGKILL)


class MortalOs:
    """The os module, with a moment before every change; a write that is interrupted leaves half."""

    def __init__(self, death: Death) -> None:
        self.death = death

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CHANGES:
            return real

        def call(*args: Any, **options: Any) -> Any:
            torn = (lambda: os.write(args[0], args[1][: len(args[1]) // 2])) if name == "write" else lambda: None
            self.death.moment(torn)
            # A killed process loses nothing that it wrote: only the moments of fsync count here, not the waiting.
            return None if name == "fsync" else real(*args, **options)

        return call


@dataclass(frozen=True)
class MortalBatches(ToyBatches):
    """A moment before every batch; and where a clock is given, each takes so many seconds of it."""

    death: Death = field(default_factory=lambda: Death(0))
    seconds: float = 0.0
    clock: list[float] = field(default_factory=lambda: [0.0])

    def batch(self, epoch: int, index: int) -> Any:
        self.death.moment()
        self.clock[0] += self.seconds
        return super().batch(epoch, index)


def mortal_journal(death: Death) -> None:
    """A moment in the middle of every row."""
    write = log.Journal.write

    def torn(self: log.Journal, row: dict[str, Any]) -> None:
        def half() -> None:
            with open(self.path, "ab") as file:
                file.write(b'{"step": 1, "lo')

        death.moment(half)
        write(self, row)

    log.Journal.write = torn


def train_toy(
    folder: Path,
    batches: ToyBatches,
    steps: int,
    time_budget: TimeBudget | None = None,
    replanned: tuple[Leg, ...] = (),
) -> None:
    options = toy_options(steps=steps, replanned=replanned, on_bad_step="rollback", anchor_every=5, evaluate_every=7)
    watchers = Watchers(Silent(), toy_evaluate)
    train(toy_model(), ToyObjective(), batches, options, folder=folder, watchers=watchers, time_budget=time_budget)


def train_hurried(folder: Path, death: Death, seconds_each: float) -> None:
    """Forty steps are planned, of a second each; the clock stands still but for them."""
    batches = MortalBatches(poisoned=[(1, 3)], death=death, seconds=seconds_each)
    time.monotonic = lambda: batches.clock[0]
    train_toy(folder, batches, 40, TimeBudget(42.0, 6, Calibration(1.0, 0.0, 9)))


def live(folder: Path, at: int, seconds_each: float = 0.0, replanned: tuple[Leg, ...] = (), steps: int = 24) -> int:
    """Train in a fork; answers the moments it had, or -1 when it was killed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        death = Death(at)
        disk.os = MortalOs(death)
        mortal_journal(death)
        if seconds_each:
            train_hurried(folder, death, seconds_each)
        else:
            train_toy(folder, MortalBatches(poisoned=[(1, 3)], death=death), steps, replanned=replanned)
        os.write(writer, str(death.n_moments).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return -1
    assert os.WEXITSTATUS(status) == 0
    return int(said)


def hurry(folder: Path, n_kills: int, seed: int) -> None:
    """Train with kills in folder/torn, at a speed that changes with each life, and once in folder/whole."""
    torch.set_num_threads(1)
    train_toy(folder / "warm", ToyBatches(), 6)
    chance = random.Random(seed)
    n_moments = live(folder / "measured", 0, 1.0)
    # Nobody is slower than was planned for, or a life might reach the end.
    lives = [(chance.randint(1, n_moments // n_kills), chance.choice((0.3, 0.6, 1.0))) for _ in range(n_kills)]
    n_killed = sum(live(folder / "torn", *life) == -1 for life in lives)
    live(folder / "torn", 0, 0.8)
    legs = changes_of(folder / "torn")
    live(folder / "whole", 0, replanned=legs, steps=40)
    print(json.dumps({"killed": n_killed, "changes": len(legs)}))


def main(folder: Path, n_kills: int, seed: int) -> None:
    """Train once in folder/whole, and with kills in folder/torn."""
    torch.set_num_threads(1)
    train_toy(folder / "warm", ToyBatches(), 6)  # what the forks need once, they need not do each for itself
    chance = random.Random(seed)
    n_moments = live(folder / "whole", 0)
    # The lives together have no more moments than one whole training, so none of them reaches the end.
    n_killed = sum(live(folder / "torn", chance.randint(1, n_moments // n_kills)) == -1 for _ in range(n_kills))
    live(folder / "torn", 0)
    print(json.dumps({"moments": n_moments, "killed": n_killed}))


if __name__ == "__main__":
    (hurry if sys.argv[4:] == ["hurried"] else main)(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
