"""Label-smoothed cross-entropy that makes its gradient in the buffer of the logits."""

from typing import Any

import torch
from torch import Tensor

# Logits worked on at a time: their float32 copies stay in the processor's cache (65 rows x 8,000 x 4 bytes = 2 MB).
CHUNK_ELEMENTS = 1 << 19
# On a GPU few kernels matter, and memory: two copies of 256 MB.
CHUNK_ELEMENTS_ON_GPU = 1 << 26


class _SmoothedCrossEntropy(torch.autograd.Function):
    """Forward leaves the gradient where the logits were; backward only scales it.

    With q = softmax(z), e the smoothing and y the label, the loss of a row is
    lse(z) - (1 - e) z_y - e mean(z), and its gradient q - (1 - e) [y] - e / V.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, smoothing: float, ignore: int) -> tuple[Tensor, Tensor]:
        n_rows, n_classes = logits.shape
        gradient = logits.detach()
        counted = labels != ignore
        # float32 inside, whatever comes in, except for float64, in which gradients are checked.
        inside = torch.float64 if logits.dtype == torch.float64 else torch.float32
        total = torch.zeros((), dtype=inside, device=logits.device)
        likelihood = torch.zeros((), dtype=inside, device=logits.device)
        most = CHUNK_ELEMENTS_ON_GPU if logits.is_cuda else CHUNK_ELEMENTS
        chunk = max(1, min(n_rows, most // n_classes))
        scores, shares = (logits.new_empty(chunk, n_classes, dtype=inside) for _ in range(2))
        for first in range(0, n_rows, chunk):
            part, count = gradient[first : first + chunk], counted[first : first + chunk]
            z, q = scores[: len(part)].copy_(part), shares[: len(part)]
            label = torch.where(count, labels[first : first + chunk], 0)[:, None]
            mean = z.mean(-1) if smoothing else 0.0
            chosen = z.gather(1, label)[:, 0]
            torch.softmax(z, -1, out=q)
            # The largest share, exp(top - lse), is 1 / V at least: its logarithm is as exact as lse itself.
            lse = z.amax(-1) - q.amax(-1).log()
            total += torch.where(count, lse - (1 - smoothing) * chosen - smoothing * mean, 0).sum()
            likelihood += torch.where(count, lse - chosen, 0).sum()
            q.scatter_add_(1, label, q.new_full(label.shape, smoothing - 1))
            torch.sub(q, smoothing / n_classes, out=part)
            # A GPU is not waited for.
            if part.is_cuda or not bool(count.all()):
                part.masked_fill_(~count[:, None], 0)
        ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(likelihood)
        return total, likelihood

    @staticmethod
    def backward(ctx: Any, scale: Tensor, _: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        # In place: nobody else holds the buffer, and a second backward through it is refused by autograd.
        # Sums are what training adds up, so that the scale is 1 as a rule. A GPU is not waited for.
        scaled = gradient if not scale.is_cuda and scale == 1 else gradient.mul_(scale)
        return scaled, None, None, None


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float, ignore: int) -> tuple[Tensor, Tensor]:
    """The label-smoothed loss of section 5.4, summed over rows. **The logits are overwritten.**

    Args:
        logits: (N, V), of any floating dtype; the arithmetic is float32.
        labels: (N,) int64.
        smoothing: share of the probability spread evenly over all V classes, in [0, 1).
        ignore: rows with this label do not count.
    Returns:
        () the loss in nats, with gradient; () the negative log-likelihood in nats, without.
    Source:
        arXiv:1512.00567, section 7; arXiv:1706.03762, section 5.4.
    """
    return _SmoothedCrossEntropy.apply(logits, labels, smoothing, ignore)
