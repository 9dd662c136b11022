"""What classification minimises: the loss of labels, of sets of labels, of numbers and of tags."""

from dataclasses import dataclass

import torch
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


def kl_divergence(found: Tensor, wanted: Tensor, dim: int = -1) -> Tensor:
    """How many nats more it takes to tell what is wanted in the words of what was found.

    Args:
        found: log-probabilities.
        wanted: as many; minus infinity where both are.
        dim: along which they add up to one.
    """
    return (wanted.exp() * (wanted - found).masked_fill(wanted == -torch.inf, 0)).sum(dim)


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
        return self.of(model.score(batch.source), batch)

    def of(self, scores: Tensor, batch: LabelBatch) -> Loss:
        """The same of what the head said.

        Args:
            scores: (B, Y), or (B, S, Y) of tags.
            batch: that was read.
        """
        return Loss(*loss_of(scores, batch.labels, self.kind))

    def counted(self, batch: LabelBatch) -> Tensor:
        """How much each row of a batch counts, (B,): 1, or as many as it has words to be tagged."""
        if self.kind == "tags":
            return (batch.labels != IGNORED).sum(1)
        return batch.labels.new_ones(len(batch.labels), dtype=torch.long)

    def divergence(self, scores: Tensor, wanted: Tensor, batch: LabelBatch, temperature: float = 1.0) -> Tensor:
        """How far what is told is from what a teacher tells, counted as the labels are: nats, or squares of a number.

        Args:
            scores: (B, Y), or (B, S, Y) of tags.
            wanted: as many, of the teacher.
            batch: that both read.
            temperature: softens both; a number has nothing to be softened.
        Returns:
            (B,) in float32.
        """
        if self.kind == "number":
            return (scores[:, 0].float() - wanted[:, 0].float()).square() / 2
        found, taught = scores.float() / temperature, wanted.float() / temperature
        if self.kind == "many":
            # Each label by itself is told or not.
            found, taught = (torch.stack([each, -each], -1) for each in (found, taught))
            return kl_divergence(functional.logsigmoid(found), functional.logsigmoid(taught)).mean(-1)
        apart = kl_divergence(found.log_softmax(-1), taught.log_softmax(-1))
        return apart if self.kind == "one" else apart.masked_fill(batch.labels == IGNORED, 0).sum(1)
