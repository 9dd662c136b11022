"""Muon against singular values, and against itself one matrix at a time."""

import pytest
import torch
from torch import nn

from heedful.training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(3, 6, 6), (2, 8, 3), (1, 3, 8)])
def test_orthogonal_steps_keep_directions_and_lose_sizes(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape)
    left, sizes, right = torch.linalg.svd(matrices, full_matrices=False)
    # Well away from 0, so that five rounds suffice.
    matrices = left @ torch.diag_embed(sizes.clamp(min=0.3 * float(sizes.max()))) @ right
    found = orthogonalise(matrices).float()
    assert found.shape == matrices.shape
    inside = left.mT @ found @ right.mT
    reached = torch.diagonal(inside, dim1=1, dim2=2)
    assert bool((reached > 0.6).all()) and bool((reached < 1.3).all())
    assert float((inside - torch.diag_embed(reached)).abs().max()) < 0.05


def test_scale_of_the_gradient_does_not_matter() -> None:
    matrices = torch.randn(2, 5, 4)
    assert torch.allclose(orthogonalise(matrices).float(), orthogonalise(1000 * matrices).float(), atol=0.02)


def test_a_step_by_hand() -> None:
    weight = nn.Parameter(torch.eye(4))
    weight.grad = 3.0 * torch.eye(4)
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    moved = torch.diagonal(weight.detach())
    # Decayed by lr * decay first, then a step of about lr along the gradient's directions.
    assert bool(((0.95 - moved) > 0.06).all()) and bool(((0.95 - moved) < 0.13).all())
    assert float((weight.detach() - torch.diag(moved)).abs().max()) < 1e-3


def test_tall_matrices_take_longer_steps() -> None:
    tall, wide = nn.Parameter(torch.zeros(16, 4)), nn.Parameter(torch.zeros(4, 16))
    tall.grad, wide.grad = torch.randn(16, 4), torch.randn(4, 16)
    Muon([tall, wide], lr=1.0).step()
    sizes = [float(torch.linalg.svdvals(each.detach()).mean()) for each in (tall, wide)]
    assert sizes[0] == pytest.approx(2 * sizes[1], rel=0.25)


def test_momentum_remembers_and_together_is_alone() -> None:
    history = [[torch.randn(6, 4) for _ in range(3)] for _ in range(5)]
    together = [nn.Parameter(torch.zeros(6, 4)) for _ in range(3)]
    alone = [nn.Parameter(torch.zeros(6, 4)) for _ in range(3)]
    optimizers = [Muon(together, lr=0.1), *(Muon([each], lr=0.1) for each in alone)]
    for gradients in history:
        for left, right, gradient in zip(together, alone, gradients, strict=True):
            left.grad, right.grad = gradient.clone(), gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    for left, right in zip(together, alone, strict=True):
        assert torch.allclose(left, right, atol=2e-3)
    assert torch.allclose(optimizers[0].state[together[0]]["momentum"], alone_momentum(history, 0), atol=1e-6)


def alone_momentum(history: list[list[torch.Tensor]], index: int) -> torch.Tensor:
    running = torch.zeros(6, 4)
    for gradients in history:
        running = 0.95 * running + 0.05 * gradients[index]
    return running
