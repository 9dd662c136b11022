"""What training minimises: an objective takes a model and a batch and returns sums and counts."""

from dataclasses import dataclass

import torch
from torch import Tensor

from heedful.data.batch import Batch
from heedful.data.tokenizer import PAD
from heedful.data.windows import Windows
from heedful.interface import Loss, Model
from heedful.training.losses import smoothed_cross_entropy

# A CPU prepares for each number of rows that is new to it, a tenth of a step for the output layer alone.
ROWS = 64


@dataclass(frozen=True)
class TeacherForcing:
    """Predict every next token of the target from the source and the true tokens before it, all at once.

    Args:
        smoothing: of the labels, section 5.4 of arXiv:1706.03762.
    """

    smoothing: float = 0.1

    def __call__(self, model: Model, batch: Batch) -> Loss:
        """The loss of a batch; figures: "nll", nats a token without smoothing."""
        memory = model.encode(batch.source)
        hidden, labels = rows_that_count(model.decode(batch.target, memory), batch.labels)
        total, likelihood = smoothed_cross_entropy(model.logits(hidden), labels, self.smoothing, PAD)
        count = (batch.labels != PAD).sum()
        return Loss(total, count, {"nll": (likelihood, count)})


@dataclass(frozen=True)
class NextToken:
    """Predict every next token of a text from those before it: a decoder alone."""

    def __call__(self, model: Model, batch: Windows) -> Loss:
        """The loss of a batch; figures: "nll", nats a token."""
        return _cross_entropy(model, model.decode(batch.inputs, None), batch)


@dataclass(frozen=True)
class MaskedToken:
    """Put back the words that were taken out of a text: an encoder alone."""

    def __call__(self, model: Model, batch: Windows) -> Loss:
        """The loss of a batch; figures: "nll", nats a token that was taken out."""
        return _cross_entropy(model, model.encode(batch.inputs).values, batch)


def _cross_entropy(model: Model, hidden: Tensor, batch: Windows) -> Loss:
    hidden, labels = rows_that_count(hidden, batch.labels, batch.n_labels)
    total, likelihood = smoothed_cross_entropy(model.logits(hidden), labels, 0.0, PAD)
    count = torch.tensor(batch.n_labels, device=labels.device)
    return Loss(total, count, {"nll": (likelihood, count)})


def rows_that_count(hidden: Tensor, labels: Tensor, n_labels: int | None = None) -> tuple[Tensor, Tensor]:
    """Positions that have a label, flat: the output layer is a third of the work, so padding stays out of it.

    But for as much as makes their number a multiple of `ROWS`, where there is so much. On a GPU all of it stays where
    nobody has counted: counting would make the host wait.

    Args:
        hidden: (B, T, D).
        labels: (B, T) int64.
        n_labels: how many are no padding, where the host knows it.
    Returns:
        (N, D) and (N,) int64.
    """
    hidden, labels = hidden.flatten(0, 1), labels.flatten()
    if n_labels == len(labels) or (n_labels is None and labels.is_cuda):
        return hidden, labels
    real = labels != PAD
    n_labels = int(real.sum()) if n_labels is None else n_labels
    n_rows = -(-n_labels // ROWS) * ROWS
    order = real.argsort(descending=True, stable=True)[:n_rows]
    return hidden.index_select(0, order), labels[order]
