"""One training step as one `forward` of one module, its randomness, and its gradient summed over micro-batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from heedful.errors import OptionError
from heedful.interface import Loss, Model, Objective
from heedful.training.masters import computing_in
from heedful.training.optimizer import normalise_gradients

# A batch cut into more parts than this cannot be saved by halving it again.
MOST_PARTS = 1024


class Rows(Protocol):
    """What the loop asks of a batch; `heedful.data.batch.Batch` is one."""

    @property
    def n_tokens(self) -> int:
        """Tokens read and written, without padding."""
        ...

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        ...

    def split(self, n: int) -> Sequence[Self]:
        """The rows in n parts, or in fewer when there are fewer rows."""
        ...


class Batches(Protocol):
    """The order of the data: a pure function of the epoch and the place in it, so that a resumed run needs integers."""

    def n_batches(self, epoch: int) -> int:
        """Batches in this epoch, which counts from 0."""
        ...

    def batch(self, epoch: int, index: int) -> Rows:
        """Batch `index` of this epoch."""
        ...


class Step(nn.Module):
    """A training step: what DDP wraps. The masters keep their dtype; the model may compute in another.

    Args:
        model: in float32, or float64 in tests.
        objective: what is minimised.
        compute: dtype of the copies of the weights that meet the data; gradients arrive in the masters' dtype.
    """

    def __init__(self, model: Model, objective: Objective, compute: torch.dtype) -> None:
        super().__init__()
        self.model = model
        self.compute = compute
        self._objective = objective

    def forward(self, batch: Rows) -> Loss:
        """The loss of a batch."""
        return self._objective(self.model, batch)


@dataclass(frozen=True)
class Sums:
    """The figures of a step, on the host.

    Args:
        total: summed loss.
        count: what it was summed over.
        norm: global norm of the mean gradient.
        figures: other sums with their counts.
    """

    total: float
    count: float
    norm: float
    figures: dict[str, tuple[float, float]]

    @property
    def loss(self) -> float:
        """The mean; NaN when nothing was counted."""
        return self.total / self.count if self.count else float("nan")


def step_seed(seed: int, step: int) -> int:
    """A seed for everything random in a step: neighbouring steps and seeds share nothing.

    Source:
        The finaliser of SplitMix64, Steele et al. 2014, doi:10.1145/2660193.2660195.
    """
    mask = (1 << 64) - 1
    z = (seed * 0xD1342543DE82EF95 + (step + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) >> 1


def gradient(
    step: Step, batches: Sequence[Rows], n_parts: int, clip: float | None, seed: int, device: torch.device
) -> tuple[Sums, int]:
    """Leave the mean gradient of an update in the parameters, its norm bounded; halve micro-batches that are too big.

    Args:
        step: its parameters lose any gradient that they had.
        batches: of one update.
        n_parts: micro-batches to each batch, to begin with.
        clip: largest global norm; None leaves it as it is.
        seed: of everything random in it.
        device: where the model is.
    Returns:
        The figures, and the number of parts that memory sufficed for.
    Raises:
        OptionError: memory does not suffice for a single row.
    """
    while True:
        torch.manual_seed(seed)
        try:
            loss = accumulate(step, batches, n_parts, device)
        except torch.OutOfMemoryError as error:
            if n_parts >= MOST_PARTS:
                message = "the memory does not suffice for one sentence pair; set fewer tokens to a batch"
                raise OptionError(message) from error
            n_parts *= 2
        else:
            return to_host(loss, normalise_gradients(step.parameters(), loss.count, clip)), n_parts
        step.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()


def accumulate(step: Step, batches: Sequence[Rows], n_parts: int, device: torch.device) -> Loss:
    """Add up losses, counts and gradients of all micro-batches; nothing is divided yet.

    Args:
        step: its parameters receive the summed gradients, in place of any that they had.
        batches: of one update.
        n_parts: micro-batches to each batch.
        device: where the model is.
    Returns:
        The sums, without gradient.
    """
    step.zero_grad(set_to_none=True)
    parts = []
    with computing_in(step.compute, step):
        for batch in batches:
            for rows in batch.split(n_parts) if n_parts > 1 else [batch]:
                loss = step(rows.to(device))
                loss.total.backward()
                parts.append(Loss(loss.total.detach(), loss.count, loss.figures))
    return add_losses(parts)


def add_losses(parts: Sequence[Loss]) -> Loss:
    """The sum of losses, their counts and their figures, in float64."""
    figures = {
        name: (_sum([part.figures[name][0] for part in parts]), _sum([part.figures[name][1] for part in parts]))
        for name in parts[0].figures
    }
    return Loss(_sum([part.total for part in parts]), _sum([part.count for part in parts]), figures)


def to_host(loss: Loss, norm: Tensor) -> Sums:
    """All figures of a step in one transfer: the only time that a step waits for a device.

    Args:
        loss: sums.
        norm: ().
    """
    names = list(loss.figures)
    pairs = [figure for name in names for figure in loss.figures[name]]
    total, count, length, *rest = torch.stack([loss.total, loss.count, norm.double(), *pairs]).tolist()
    return Sums(total, count, length, {name: (rest[2 * i], rest[2 * i + 1]) for i, name in enumerate(names)})


def _sum(values: Sequence[Tensor]) -> Tensor:
    return torch.stack([value.double() for value in values]).sum()
