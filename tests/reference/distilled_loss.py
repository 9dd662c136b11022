"""The loss of a distilled word as its definition says it, row by row in float64."""

import torch
from torch import Tensor

from tests.reference.smoothed_loss import smoothed_loss


def distilled_loss(
    logits: Tensor, labels: Tensor, taught: Tensor, share: float, temperature: float, smoothing: float, ignore: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The mixed loss, the likelihood of the labels, and the divergence of the softened distributions."""
    of_labels, likelihood = smoothed_loss(logits, labels, smoothing, ignore)
    divergence = torch.zeros((), dtype=torch.float64)
    for row, label, its in zip(logits.double(), labels.tolist(), taught.double(), strict=True):
        if label == ignore:
            continue
        learned, wanted = torch.softmax(row / temperature, 0), torch.softmax(its / temperature, 0)
        divergence = divergence + (wanted * (wanted / learned).log()).sum()
    return (1 - share) * of_labels + share * temperature**2 * divergence, likelihood, divergence
