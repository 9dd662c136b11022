"""One training of a bench, from its beginning to its end, in a folder that is gone afterwards."""

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from heedful.data.sampler import BatchPlan
from heedful.interface import Model
from heedful.numerics import applied
from heedful.tasks.defaults import options_for
from heedful.tasks.setup import Setup
from heedful.training.loop import Diverged, Watchers, train
from heedful.training.pace import now_and_then
from heedful.training.progress import Progress, Silent


@dataclass(frozen=True)
class Course:
    """How a training went.

    Args:
        steps: updates taken.
        seconds: that they took.
        diverged: whether it was given up after its last step, because losses or gradients were no numbers or spikes,
            ten times in a row.
    """

    steps: int
    seconds: float
    diverged: bool = False


class Bystander(Silent):
    """Says on standard error, every ten seconds, how far a training is; and remembers it.

    Args:
        name: of the training.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.reached, self.seconds = 0, 0.0
        self._tell = now_and_then(lambda said: print(said, file=sys.stderr, flush=True))

    def step(self, progress: Progress) -> None:
        """A step is done."""
        self.reached, self.seconds = progress.step, self.seconds + progress.step_seconds
        self._tell(self.name, progress.step, progress.steps)


def run_course(name: str, setup: Setup, model: Model, plan: BatchPlan, steps: int, seed: int) -> Course:
    """Train for so many updates, with the options that `heedful train` has; the last weights, averaged, are kept.

    Nothing is evaluated on the way and none is chosen as the best: every row of a bench has the same number of updates
    behind it.

    Args:
        name: for those who wait.
        setup: what is trained.
        model: of that setup; has the weights that were kept afterwards.
        plan: the batches.
        steps: updates.
        seed: of what is dropped.
    Raises:
        Interrupted: SIGINT or SIGTERM came.
    """
    # One checkpoint a quarter of an hour: nobody goes on with them.
    options = replace(options_for(setup.size, steps, seed), keep="last", save_every_seconds=900.0)
    bystander = Bystander(name)
    with tempfile.TemporaryDirectory(prefix="heedful-bench-") as folder, applied(setup.numerics):
        try:
            result = train(
                model,
                setup.objective,
                plan,
                options,
                folder=Path(folder),
                watchers=Watchers(bystander),
                compute=setup.numerics.dtype,
            )
        except Diverged:
            return Course(bystander.reached, bystander.seconds, diverged=True)
    return Course(result.step, result.seconds)
