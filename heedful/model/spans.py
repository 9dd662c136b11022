"""The best stretches of a text, from scores of where an answer begins and where it ends."""

from typing import NamedTuple

import torch
from torch import Tensor


class Span(NamedTuple):
    """A stretch of positions.

    Args:
        first: position.
        last: position, at or behind `first`.
        score: sum of both of its scores.
    """

    first: int
    last: int
    score: float


def log_probabilities(scores: Tensor, pointable: Tensor) -> Tensor:
    """How likely an answer begins, and ends, at each position.

    Args:
        scores: (B, S, 2) of begin and end.
        pointable: (B, S) bool, True where an answer may stand; one in each row at least.
    Returns:
        (B, S, 2) in float32; minus infinity where none may stand.
    """
    return scores.float().masked_fill(~pointable[:, :, None], -torch.inf).log_softmax(1)


def best_spans(begin: Tensor, end: Tensor, longest: int, n: int) -> list[Span]:
    """The spans with the highest sum of the score of their first and of their last position.

    Args:
        begin: (S,) float32, of every position as a first one; minus infinity where it cannot be.
        end: (S,) of every position as a last one.
        longest: so many positions at most.
        n: how many spans, fewer where there are no more.
    Returns:
        The best first; of equal ones the earliest.
    Source:
        Devlin et al. 2018, arXiv:1810.04805, section 4.2.
    """
    width = min(longest, len(begin))
    later = torch.cat([end, end.new_full((width - 1,), -torch.inf)]).unfold(0, width, 1)
    sums = (begin[:, None] + later).flatten()
    order = sums.argsort(descending=True, stable=True)[:n]
    return [
        Span(place // width, place // width + place % width, float(sums[place]))
        for place in order.tolist()
        if sums[place] > -torch.inf
    ]
