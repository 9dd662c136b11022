"""What a step and an evaluation take on this machine, measured without touching what will be trained."""

import copy
import math
import time
from dataclasses import dataclass

import torch

from heedful.interface import Model, Objective
from heedful.training.options import TrainingOptions
from heedful.training.progress import Evaluate
from heedful.training.state import State
from heedful.training.step import Batches, Step, gradient, step_seed

# Measured for about so long, within these numbers of places in the epoch; the first ones are not timed.
SECONDS = 4.0
FEWEST, MOST, UNTIMED = 6, 400, 2

# Places at multiples of this share of the epoch are spread evenly, however many there are.
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Calibration:
    """What this machine takes.

    Args:
        step_seconds: for one update, the mean over places spread over an epoch.
        evaluation_seconds: for one evaluation; 0 without any.
        n_timed: updates timed.
    """

    step_seconds: float
    evaluation_seconds: float
    n_timed: int


def calibrate(
    model: Model,
    objective: Objective,
    batches: Batches,
    options: TrainingOptions,
    *,
    compute: torch.dtype = torch.float32,
    evaluate: Evaluate | None = None,
    seconds: float = SECONDS,
) -> Calibration:
    """Time real steps, and one evaluation, on copies: neither the model nor any random state is touched.

    What a new shape of a batch costs is timed with it, although a run meets some shapes often; and the evaluation is
    that of an untrained model, which tends to write longer than a trained one: so there is more likely time to spare
    than time lacking.

    Args:
        model: to be trained.
        objective: what is minimised.
        batches: the data in order.
        options: of the run; its number of steps does not matter.
        compute: dtype of the forward and backward pass.
        evaluate: the evaluation of the run, or None.
        seconds: how long to measure, the evaluation not included.
    """
    state = State(copy.deepcopy(model), options)
    step = Step(state.model, objective, compute).train()
    devices = [state.device] if state.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        times = _time_steps(step, state, batches, options, seconds)
        evaluation_seconds = 0.0
        if evaluate is not None:
            begun = time.monotonic()
            with state.showing() as shown:
                evaluate(shown)
            evaluation_seconds = time.monotonic() - begun
    return Calibration(sum(times) / len(times), evaluation_seconds, len(times))


def _time_steps(step: Step, state: State, batches: Batches, options: TrainingOptions, seconds: float) -> list[float]:
    """Seconds of one update at places spread over the first epoch."""
    n_batches = batches.n_batches(0)
    end, times, n_parts = time.monotonic() + seconds, [], 1
    for number in range(MOST):
        if number >= FEWEST and time.monotonic() > end:
            break
        first = min(int(n_batches * (number * GOLDEN % 1.0)), max(0, n_batches - options.accumulation))
        places = range(first, min(n_batches, first + options.accumulation))
        begun = time.monotonic()
        rows = [batches.batch(0, index) for index in places]
        _, n_parts = gradient(step, rows, n_parts, options.clip, step_seed(options.seed, number), state.device)
        state.update(options.learning_rate * options.schedule.rate(number + 1, MOST))
        times.append(time.monotonic() - begun)
    return times[UNTIMED:]
