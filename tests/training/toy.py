"""A Transformer of a few thousand weights, data made from integers, and an objective that can be poisoned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.data.batch import Batch, collate
from heedful.interface import Loss, Model
from heedful.model.transformer import Transformer
from heedful.run.checkpoint import latest_checkpoint
from heedful.training.objectives import TeacherForcing
from heedful.training.options import TrainingOptions
from heedful.training.progress import Evaluation, Sample
from heedful.training.schedule import Trapezoid

VOCAB = 16
POISON = 7
HUGE = 8
FIRST = 9


def toy_model(dropout: float = 0.1, dtype: torch.dtype = torch.float32) -> Model:
    torch.manual_seed(1)
    shape = Architecture(
        VOCAB, d_model=8, n_encoder_layers=1, n_decoder_layers=1, n_heads=2, d_ff=16, dropout=dropout, max_len=32
    )
    return Transformer(shape).to(dtype)


@dataclass(frozen=True)
class ToyBatches:
    """Copy the source; a few rows to a batch; poison in the places asked for."""

    n: int = 6
    rows: int = 4
    poisoned: Sequence[tuple[int, int]] = ()
    huge: Sequence[tuple[int, int]] = ()

    def n_batches(self, epoch: int) -> int:
        return self.n

    def batch(self, epoch: int, index: int) -> Batch:
        random = np.random.default_rng((epoch, index))
        ids = [random.integers(FIRST, VOCAB, random.integers(2, 8)).tolist() for _ in range(self.rows)]
        sources = [row.copy() for row in ids]
        if (epoch, index) in self.poisoned:
            sources[0][0] = POISON
        if (epoch, index) in self.huge:
            sources[0][0] = HUGE
        return collate(sources, ids)


@dataclass(frozen=True)
class ToyObjective:
    """Teacher forcing; poison makes the loss NaN, and HUGE a spike."""

    def __call__(self, model: Model, batch: Batch) -> Loss:
        loss = TeacherForcing()(model, batch)
        total = torch.where((batch.source.values == POISON).any(), torch.nan, loss.total)
        return Loss(torch.where((batch.source.values == HUGE).any(), 1e4 * total, total), loss.count, loss.figures)


def toy_options(**changes: object) -> TrainingOptions:
    plain = {
        "steps": 20,
        "learning_rate": 1e-2,
        "schedule": Trapezoid(0.2, 0.4),
        "average": 0.9,
        "log_every": 3,
        "save_every": 4,
        "save_every_seconds": 0.0,
        "evaluate_every": 5,
    }
    return TrainingOptions(**{**plain, **changes})


@torch.no_grad()
def toy_evaluate(model: Model) -> Evaluation:
    """Minus the loss on a batch never trained on."""
    assert not model.training
    loss = TeacherForcing()(model, ToyBatches().batch(1000, 0))
    score = -float(loss.total / loss.count)
    return Evaluation(score, {"nll": -score, "decoding_seconds": 0.1}, [Sample("a b", "b a", "b b")])


def weights(model: Model) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Bit by bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def timeless(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Rows of a journal without their timings."""
    ends = ("_seconds", "_per_second")
    return [{name: value for name, value in row.items() if not name.endswith(ends)} for row in rows]


def last_state(folder: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Tensors and values of the newest checkpoint, without timings."""
    found = latest_checkpoint(folder)
    assert found is not None
    state = found.values["state"]
    state["counters"].pop("seconds")
    state["window"].pop("seconds")
    return found.tensors, state
