"""Muon: momentum whose matrices are made orthogonal before they are taken as a step.

A layer's gradient has a few strong directions and many weak ones; made orthogonal, all count alike, and rare words are
learned in far fewer steps (docs/experiments.md).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from heedful.numerics import cpu_multiplies_bfloat16

# Of the quintic x -> ax + bx^3 + cx^5, steep at 0: after five rounds every singular value lies near 1.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """For the matrices inside the layers; embeddings and vectors are AdamW's.

    Args:
        params: matrices (rows, columns). Those of one shape are worked on together.
        lr: the step, as the root of the largest singular value of a square matrix.
        momentum: decay of the running gradient.
        weight_decay: decoupled.
    Source:
        Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; arXiv:2502.16982.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step along the gradients that are there."""
        assert closure is None, "a closure is not called"
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for parameters in alike.values():
                self._step(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _step(self, parameters: list[Tensor], lr: float, momentum: float, weight_decay: float) -> None:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        running = [self._momentum(parameter) for parameter in parameters]
        torch._foreach_lerp_(running, gradients, 1 - momentum)
        # One step ahead of the momentum (Nesterov).
        ahead = torch._foreach_lerp(gradients, running, momentum)
        steps = orthogonalise(torch.stack(list(ahead)))
        rows, columns = parameters[0].shape
        if weight_decay:
            torch._foreach_mul_(parameters, 1 - lr * weight_decay)
        length = lr * max(1.0, rows / columns) ** 0.5
        torch._foreach_add_(parameters, list(steps.to(parameters[0].dtype)), alpha=-length)

    def _momentum(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        running: Tensor = state["momentum"]
        return running


def orthogonalise(matrices: Tensor) -> Tensor:
    """Singular values of about 1 (between 0.7 and 1.2) in the place of the true ones, by Newton and Schulz's iteration.

    Args:
        matrices: (N, R, C).
    Returns:
        (N, R, C), in bfloat16 where the machine multiplies that.
    """
    low = matrices.is_cuda or cpu_multiplies_bfloat16()
    x = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    x = x.to(torch.bfloat16 if low else torch.float32)
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
