"""Runs of the toy: whole, crashed, killed; and whether two of them came to the same."""

import json
import subprocess
import sys
from pathlib import Path

from heedful.run.checkpoint import latest_checkpoint
from heedful.training.log import Journal
from heedful.training.loop import Watchers, train
from heedful.training.progress import Silent
from tests.training.toy import (
    ToyBatches,
    ToyObjective,
    last_state,
    same,
    timeless,
    toy_evaluate,
    toy_model,
    toy_options,
)


class Scripted(Silent):
    """Does something after a step, and remembers what it was told."""

    def __init__(self, at=None, act=None):
        self.at, self.act = at, act
        self.losses, self.events, self.closed, self.seen = [], [], 0, []

    def step(self, progress):
        self.losses.append(progress.loss)
        if progress.step == self.at:
            self.act()

    def event(self, step, message):
        self.events.append((step, message))

    def samples(self, samples):
        self.seen.append(samples)

    def close(self):
        self.closed += 1


class Crash(Exception):
    pass


def crash():
    raise Crash


def run(folder, *, batches=None, display=None, model=None, evaluate=toy_evaluate, glimpse=None, budget=None, **options):
    model = model or toy_model()
    watchers = Watchers(display or Silent(), evaluate, glimpse)
    result = train(
        model,
        ToyObjective(),
        batches or ToyBatches(),
        toy_options(**options),
        folder=folder,
        watchers=watchers,
        time_budget=budget,
    )
    return model, result


def trace(folder):
    """What must be equal between two runs: tensors, values and metrics, bit by bit, timings apart."""
    tensors, state = last_state(folder)
    best = latest_checkpoint(folder / "best")
    return tensors, state, timeless(Journal(folder / "metrics.jsonl").rows()), best.tensors if best else {}


def assert_alike(one: Path, other: Path) -> None:
    mine, others = trace(one), trace(other)
    assert same(mine[0], others[0])
    assert mine[1:3] == others[1:3]
    assert same(mine[3], others[3])


def killed(folder: Path, n_kills: int, seed: int, *how: str) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.training.mortal", str(folder), str(n_kills), str(seed), *how]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
