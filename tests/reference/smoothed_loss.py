"""The label-smoothed loss of section 5.4 as its definition says it, in float64."""

import torch
from torch import Tensor


def smoothed_loss(logits: Tensor, labels: Tensor, smoothing: float, ignore: int) -> tuple[Tensor, Tensor]:
    """The cross-entropy against (1 - e) on the label and e over all classes; and that against the label alone."""
    total = likelihood = torch.zeros((), dtype=torch.float64)
    for row, label in zip(logits.double(), labels.tolist(), strict=True):
        if label == ignore:
            continue
        log_probability = torch.log_softmax(row, dim=0)
        wanted = torch.full_like(row, smoothing / len(row))
        wanted[label] += 1 - smoothing
        total = total - (wanted * log_probability).sum()
        likelihood = likelihood - log_probability[label]
    return total, likelihood
