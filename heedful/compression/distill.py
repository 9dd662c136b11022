"""Learning from a teacher's whole distribution of the next token, and not from the one token of the text alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from heedful.data.batch import Batch
from heedful.data.tokenizer import PAD
from heedful.errors import OptionError
from heedful.interface import Loss, Model
from heedful.training.losses import CHUNK_ELEMENTS, CHUNK_ELEMENTS_ON_GPU
from heedful.training.objectives import rows_that_count

# Answers with the teacher's logits for some of the rows.
Teach = Callable[[slice], Tensor]


@dataclass(frozen=True)
class Mixture:
    """How much of what is minimised comes from the teacher.

    Args:
        share: of the teacher's divergence; the rest is the loss of the labels. In [0, 1].
        temperature: both distributions are softened by it; above 0.
        smoothing: of the labels, in [0, 1).

    Raises:
        OptionError: one of them is not in its range.
    """

    share: float = 0.5
    temperature: float = 1.0
    smoothing: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise OptionError(f"the teacher's share is in [0, 1]: got {self.share}; 0.5 listens to both alike")
        if not 0 < self.temperature < float("inf"):
            raise OptionError(f"temperature must be above 0: got {self.temperature}; 1 leaves the teacher as it is")
        if not 0 <= self.smoothing < 1:
            raise OptionError(f"smoothing is a share in [0, 1): got {self.smoothing}")


@dataclass(frozen=True)
class WordLevel:
    """At every position of the target, be as uncertain as the teacher, and mind the label too.

    Args:
        teacher: of the same vocabulary, in evaluation mode, on the student's device, of any family; it learns nothing.
        mixture: of what the teacher says and what the text says.
    Source:
        Hinton et al. 2015, arXiv:1503.02531, section 2; Kim and Rush 2016, arXiv:1606.07947, section 3.1.
    """

    teacher: Model
    mixture: Mixture = Mixture()

    def __call__(self, model: Model, batch: Batch) -> Loss:
        """The loss of a batch; figures, both in nats a token: "nll" of the labels, "kl" from the softened teacher."""
        hidden, labels = rows_that_count(model.decode(batch.target, model.encode(batch.source)), batch.labels)
        with torch.no_grad():
            read = self.teacher.decode(batch.target, self.teacher.encode(batch.source))
            known, _ = rows_that_count(read, batch.labels)
        total, likelihood, divergence = distilled_cross_entropy(
            model.logits(hidden), labels, lambda rows: self.teacher.logits(known[rows]), self.mixture, PAD
        )
        count = (batch.labels != PAD).sum()
        return Loss(total, count, {"nll": (likelihood, count), "kl": (divergence, count)})


class _DistilledCrossEntropy(torch.autograd.Function):
    """Forward leaves the gradient where the logits were, as the loss of the labels alone does.

    With q_t = softmax(z / t), p the teacher's at the same temperature and a its share, the loss of a row is
    (1 - a) times its smoothed loss + a t^2 KL(p || q_t), and the gradient of the second part a t (q_t - p).
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, labels: Tensor, teach: Teach, mixture: Mixture, ignore: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        n_rows, n_classes = logits.shape
        share, warmth, smoothing = mixture.share, mixture.temperature, mixture.smoothing
        gradient = logits.detach()
        inside = torch.float64 if logits.dtype == torch.float64 else torch.float32
        sums = torch.zeros(3, dtype=inside, device=logits.device)
        most = CHUNK_ELEMENTS_ON_GPU if logits.is_cuda else CHUNK_ELEMENTS
        chunk = max(1, most // n_classes)
        for first in range(0, n_rows, chunk):
            rows = slice(first, first + chunk)
            z, counted = gradient[rows].to(inside), labels[rows] != ignore
            label = torch.where(counted, labels[rows], 0)[:, None]
            lse = z.logsumexp(-1)
            likelihood = lse - z.gather(1, label)[:, 0]
            of_label = (1 - smoothing) * likelihood + smoothing * (lse - z.mean(-1))
            slope = (1 - share) * ((z - lse[:, None]).exp() - smoothing / n_classes)
            slope.scatter_add_(1, label, slope.new_full(label.shape, (share - 1) * (1 - smoothing)))
            taught = torch.log_softmax(teach(rows).to(inside) / warmth, -1)
            learned = torch.log_softmax(z / warmth, -1)
            wanted = taught.exp()
            divergence = (wanted * (taught - learned)).sum(-1)
            slope += share * warmth * (learned.exp() - wanted)
            of_both = (1 - share) * of_label + share * warmth**2 * divergence
            found = torch.stack([of_both, likelihood, divergence])
            sums += torch.where(counted, found, 0).sum(-1)
            gradient[rows] = slope.masked_fill_(~counted[:, None], 0)
        ctx.save_for_backward(gradient)
        total, likelihood, divergence = sums.unbind()
        ctx.mark_non_differentiable(likelihood, divergence)
        # Copies: what is differentiable may not share its memory with what is not.
        return total.clone(), likelihood.clone(), divergence.clone()

    @staticmethod
    def backward(ctx: Any, scale: Tensor, *_: Tensor) -> tuple[Tensor, None, None, None, None]:
        (gradient,) = ctx.saved_tensors
        scaled = gradient if not scale.is_cuda and scale == 1 else gradient.mul_(scale)
        return scaled, None, None, None, None


def distilled_cross_entropy(
    logits: Tensor, labels: Tensor, teach: Teach, mixture: Mixture, ignore: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The labels' loss mixed with the divergence from a teacher, summed over rows. **The logits are overwritten.**

    The teacher's logits are asked for a few rows at a time, and never kept: its (N, V) would be as large as the
    student's.

    Args:
        logits: (N, V), of any floating dtype; the arithmetic is float32.
        labels: (N,) int64.
        teach: gives the teacher's logits of the rows of a slice, without gradient.
        mixture: of both.
        ignore: rows with this label do not count.
    Returns:
        () the loss in nats, with gradient; () the negative log-likelihood of the labels and () the divergence
        KL(teacher || student) at the temperature, both in nats, without.
    Source:
        Hinton et al. 2015, arXiv:1503.02531, section 2: the square of the temperature keeps both parts in proportion.
    """
    return _DistilledCrossEntropy.apply(logits, labels, teach, mixture, ignore)
