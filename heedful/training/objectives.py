"""What training minimises: an objective takes a model and a batch and returns sums and counts."""

from dataclasses import dataclass

from torch import Tensor

from heedful.data.batch import Batch
from heedful.data.tokenizer import PAD
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


def rows_that_count(hidden: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Positions that have a label, flat: the output layer is a third of the work, so padding stays out of it.

    But for as much as makes their number a multiple of `ROWS`, where there is so much. On a GPU all of it stays:
    counting would make the host wait.

    Args:
        hidden: (B, T, D).
        labels: (B, T) int64.
    Returns:
        (N, D) and (N,) int64.
    """
    hidden, labels = hidden.flatten(0, 1), labels.flatten()
    if labels.is_cuda:
        return hidden, labels
    real = labels != PAD
    n_rows = -(-int(real.sum()) // ROWS) * ROWS
    order = real.argsort(descending=True, stable=True)[:n_rows]
    return hidden.index_select(0, order), labels[order]
