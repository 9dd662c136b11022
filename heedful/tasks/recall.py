"""Copy and recall: what a family remembers of random symbols, which no knowledge of a language helps to guess.

A small model of the family learns for a few hundred updates to write the symbols that it reads. Whatever stands between
its reader and its writer must hold them all, and it must have learned to find each of them there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from heedful.data.batch import Batch, collate
from heedful.data.tokenizer import PAD
from heedful.interface import Model
from heedful.numerics import applied
from heedful.tasks.defaults import Size, options_for
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.models import family
from heedful.tasks.setup import Setup
from heedful.training.objectives import TeacherForcing
from heedful.training.state import State
from heedful.training.step import Step, gradient, step_seed

# Ids below the symbols are special ones.
SYMBOLS = np.arange(16, 64)
SHORTEST, LONGEST = 2, 20
# The same for every family: a small model, and updates of so many rows.
SIZE = Size(float("inf"), len(SYMBOLS) + 16, 64, 2, 2, 0.0, 5e-3, 4096, 1, smoothing=0.0)
STEPS, ROWS, ASKED = 400, 32, 200
SEED = 1
LENGTHS, PLACES = (4, 8, 12, 16, 20), (1, 3, 6, 9, 12, 15, 18, 20)


@dataclass(frozen=True)
class Recall:
    """How much is remembered.

    Args:
        lengths: of sequences.
        copied: share of their symbols that are right, each asked for with all before it given.
        places: in sequences of the longest length, from 1.
        recalled: share of the symbols there that are right.
    """

    lengths: tuple[int, ...]
    copied: tuple[float, ...]
    places: tuple[int, ...]
    recalled: tuple[float, ...]


def measure_recall(setup: Setup, steps: int = STEPS, *, tell: Tell = unwatched) -> Recall:
    """Train a small model of a run's family, and ask it.

    Args:
        setup: names the family and how to compute.
        steps: updates.
        tell: is told how many of them are done.
    """
    kind, options = family(setup.model), options_for(SIZE, steps, SEED)
    with torch.random.fork_rng(devices=[]), applied(setup.numerics):
        torch.manual_seed(SEED)
        model = kind.build(kind.shape_for(SIZE, SIZE.vocab_size)).to(setup.numerics.device)
        state = State(model, options)
        step = Step(model, TeacherForcing(smoothing=0.0), setup.numerics.dtype).train()
        for number in range(steps):
            tell("remembering random symbols", number, steps)
            random = np.random.default_rng((SEED, number))
            lengths = random.integers(SHORTEST, LONGEST + 1, ROWS).tolist()
            gradient(step, [_copies(random, lengths)], 1, options.clip, step_seed(SEED, number), state.device)
            state.update(options.learning_rate * options.schedule.rate(number + 1, steps))
        # Behind all those of the lessons.
        random = np.random.default_rng((SEED, steps))
        with state.showing() as shown:
            right = {length: _right(shown, _copies(random, [length] * ASKED)) for length in LENGTHS}
    copied = tuple(float(each.mean()) for each in right.values())
    return Recall(LENGTHS, copied, PLACES, tuple(float(right[LONGEST][place - 1]) for place in PLACES))


def _copies(random: np.random.Generator, lengths: Sequence[int]) -> Batch:
    """Random sequences of these lengths, whose translations they are themselves."""
    rows = [random.choice(SYMBOLS, length).tolist() for length in lengths]
    return collate(rows, rows)


@torch.no_grad()
def _right(model: Model, batch: Batch) -> Tensor:
    """For each place, the share of the rows in which its symbol is the likeliest; the true ones before it are given.

    Args:
        model: in evaluation mode.
        batch: of rows of one length.
    Returns:
        (T,) float32 on the host.
    """
    batch = batch.to(next(model.parameters()).device)
    length = int((batch.labels[0] != PAD).sum()) - 1
    likeliest = model.logits(model.decode(batch.target, model.encode(batch.source))).argmax(-1)
    # Behind the symbols are the end and padding, which are no memory.
    return (likeliest == batch.labels)[:, :length].float().mean(0).cpu()
