"""What extractive question answering minimises: the loss of where an answer begins and of where it ends."""

from dataclasses import dataclass

from torch import Tensor

from heedful.data.label_batch import IGNORED
from heedful.data.span_batch import SpanBatch
from heedful.interface import Loss, Model
from heedful.model.heads import Headed
from heedful.model.spans import log_probabilities


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
        return Loss(*span_loss(model.score(batch.source), batch.pointable, batch.spans))
