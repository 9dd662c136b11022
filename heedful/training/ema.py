"""A running average of the weights: what is evaluated, and what training leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of a model's parameters, in their own dtype.

    The decay grows with the number of updates, min(decay, (1 + n) / (10 + n)), so that an early average does not
    remember the first random weights.

    Args:
        model: averaged from here on; tied parameters count once.
        decay: in [0, 1), the share of the old average that stays in each update.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.n_updates = 0
        self._parameters = dict(model.named_parameters())
        self.values = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the model's weights of now."""
        self.n_updates += 1
        decay = min(self.decay, (1 + self.n_updates) / (10 + self.n_updates))
        torch._foreach_lerp_(list(self.values.values()), list(self._parameters.values()), 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside the block the model has the average as its weights; after it its own, bit by bit."""
        parameters = [parameter.data for parameter in self._parameters.values()]
        own = [parameter.clone() for parameter in parameters]
        try:
            # Copied, not exchanged: the weights of an RNN on a GPU are one piece of memory and must stay it.
            torch._foreach_copy_(parameters, list(self.values.values()))
            yield
        finally:
            torch._foreach_copy_(parameters, own)

    @torch.no_grad()
    def load(self, values: dict[str, Tensor], n_updates: int) -> None:
        """Go on from an average that was saved."""
        for name, mine in self.values.items():
            mine.copy_(values[name])
        self.n_updates = n_updates
