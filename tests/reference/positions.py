"""Positions, number by number."""

import math

import torch
from torch import Tensor


def sinusoid(position: int, dimension: int, d_model: int) -> float:
    """PE(pos, 2i) = sin(pos / 10000^(2i/d_model)) and PE(pos, 2i+1) = cos(pos / 10000^(2i/d_model)), section 3.5."""
    i = dimension // 2
    angle = position / 10000 ** (2 * i / d_model)
    return math.sin(angle) if dimension % 2 == 0 else math.cos(angle)


def turn(vector: Tensor, position: int) -> Tensor:
    """A vector (K) with its halves as the parts of K/2 complex numbers, each turned by position / 10000^(2i/K)."""
    half = len(vector) // 2
    numbers = torch.complex(vector[:half], vector[half:])
    turned = [numbers[i] * complex(math.cos(a), math.sin(a)) for i in range(half) for a in [angle(position, i, half)]]
    return torch.cat((torch.stack(turned).real, torch.stack(turned).imag))


def angle(position: int, i: int, half: int) -> float:
    return position / 10000 ** (2 * i / (2 * half))
