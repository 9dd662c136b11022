"""What classification minimises: the loss of labels, of sets of labels, of numbers and of tags."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from heedful.data.label_batch import IGNORED, LabelBatch
from heedful.data.labelled import Kind
from heedful.interface import Loss, Model
from heedful.model.heads import Headed


def loss_of(scores: Tensor, labels: Tensor, kind: Kind) -> tuple[Tensor, Tensor]:
    """The summed loss, and how much it was summed over, in float32.

    One label: cross-entropy. Many: that of each label by itself, averaged over the labels. A number: half the square of
    what is missed, in deviations of the training numbers. Tags: cross-entropy of each.

    Args:
        scores: (B, Y), or (B, S, Y) of tags.
        labels: as `LabelBatch` has them.
        kind: what is told of a text.
    Returns:
        () nats, or squares; and () int64.
    """
    scores = scores.float()
    if kind == "tags":
        counted = labels != IGNORED
        return functional.cross_entropy(
            scores.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        ), counted.sum()
    if kind == "many":
        each = functional.binary_cross_entropy_with_logits(scores, labels.float(), reduction="sum")
        return each / scores.shape[1], labels.new_tensor(len(labels)).long()
    if kind == "number":
        return (scores[:, 0] - labels.float()).square().sum() / 2, labels.new_tensor(len(labels)).long()
    return functional.cross_entropy(scores, labels, reduction="sum"), labels.new_tensor(len(labels))


@dataclass(frozen=True)
class Labelling:
    """Tell what is true of a text.

    Args:
        kind: what is told.
    """

    kind: Kind

    def __call__(self, model: Model, batch: LabelBatch) -> Loss:
        """The loss of a batch."""
        assert isinstance(model, Headed), "a head tells"
        return Loss(*loss_of(model.score(batch.source), batch.labels, self.kind))
