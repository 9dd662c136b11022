"""What extractive question answering minimises: the loss of where an answer begins and of where it ends."""

from dataclasses import dataclass

from torch import Tensor

from heedful.data.label_batch import IGNORED
from heedful.data.span_batch import SpanBatch
from heedful.interface import Loss, Model
from heedful.model.heads import Headed
from heedful.model.spans import log_probabilities
from heedful.training.labelling import kl_divergence


def span_loss(scores: Tensor, pointable: Tensor, spans: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy of begin and end, the mean of both, summed over the rows, in float32.

    Where several people answered, each of their answers counts alike, and all of a row as one.

    Args:
        scores: (B, S, 2) of begin and end.
        pointable: (B, S) bool, True where an answer may stand.
        spans: (B, A, 2) int64, as `SpanBatch` has them.
    Returns:
        () nats, and () int64, the rows.
    Source:
        Devlin et al. 2018, arXiv:1810.04805, section 4.2.
    """
    counted = spans[:, :, 0] != IGNORED
    likely = log_probabilities(scores, pointable).gather(1, spans.clamp(min=0))
    both = likely.mean(2).masked_fill(~counted, 0.0).sum(1) / counted.sum(1)
    return -both.sum(), spans.new_tensor(len(spans))


@dataclass(frozen=True)
class Pointing:
    """Find where the answer stands."""

    def __call__(self, model: Model, batch: SpanBatch) -> Loss:
        """The loss of a batch."""
        assert isinstance(model, Headed), "a head points"
        return self.of(model.score(batch.source), batch)

    def of(self, scores: Tensor, batch: SpanBatch) -> Loss:
        """The same of what the head said.

        Args:
            scores: (B, S, 2) of begin and end.
            batch: that was read.
        """
        return Loss(*span_loss(scores, batch.pointable, batch.spans))

    def counted(self, batch: SpanBatch) -> Tensor:
        """How much each row of a batch counts, (B,): 1."""
        return batch.spans.new_ones(len(batch.spans))

    def divergence(self, scores: Tensor, wanted: Tensor, batch: SpanBatch, temperature: float = 1.0) -> Tensor:
        """How far it points from where a teacher points, the mean of begin and end, in nats.

        Args:
            scores: (B, S, 2).
            wanted: (B, S, 2) of the teacher.
            batch: that both read.
            temperature: softens both.
        Returns:
            (B,) in float32.
        """
        found, taught = (log_probabilities(each.float() / temperature, batch.pointable) for each in (scores, wanted))
        return kl_divergence(found, taught, 1).mean(1)
