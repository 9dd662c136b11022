"""What training minimises: an objective takes a model and a batch and returns sums and counts."""

from dataclasses import dataclass

from torch import Tensor

from heedful.data.batch import Batch
from heedful.data.tokenizer import PAD
from heedful.interface import Loss, Model
from heedful.training.losses import smoothed_cross_entropy


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
        hidden, labels = _real_rows(model.decode(batch.target, memory), batch.labels)
        total, likelihood = smoothed_cross_entropy(model.logits(hidden), labels, self.smoothing, PAD)
        count = (batch.labels != PAD).sum()
        return Loss(total, count, {"nll": (likelihood, count)})


def _real_rows(hidden: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Positions that have a label, flat: the output layer is a third of the work, so padding stays out of it.

    Not on a GPU, where counting them would make the host wait.
    """
    if labels.is_cuda:
        return hidden.flatten(0, 1), labels.flatten()
    real = labels != PAD
    return hidden[real], labels[real]
