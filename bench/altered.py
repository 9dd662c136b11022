"""Transformers with a part changed that no `Architecture` has as a value: a built model is rewritten from outside.

Each function changes a model in place, before training: the modules that a predicate names make room for others. All
other weights are as they were, so an altered model begins with those of the model that it is compared with.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from heedful.model.attention import Attention
from heedful.model.block import Residual
from heedful.model.transformer import Transformer


def rewrite(model: nn.Module, wanted: Callable[[nn.Module], bool], make: Callable[[nn.Module], nn.Module]) -> None:
    """Put another module in the place of each that is wanted.

    Args:
        model: changed in place.
        wanted: says which.
        make: of one of them what takes its place; it trains when that one did.
    """
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if wanted(child):
                setattr(module, name, make(child).train(child.training))


class Multiplied(nn.Module):
    """A factor on what comes: (..., D) -> (..., D)."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def without_scale(model: Transformer) -> None:
    """Attention without the 1/√d of section 3.2.1: queries are multiplied by √d first, so that the factor is undone."""
    for module in model.modules():
        if isinstance(module, Attention):
            module.query = nn.Sequential(module.query, Multiplied(math.sqrt(module.d_head)))


class Unconnected(nn.Module):
    """What a `Residual` is without its x + : the sublayer's output takes the place of its input.

    Args:
        residual: its norm, dropout and order are kept.
    """

    def __init__(self, residual: Residual) -> None:
        super().__init__()
        self.norm, self.dropout, self.pre = residual.norm, residual.dropout, residual.pre

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """As `Residual` does.

        Args:
            x: (B, T, D).
            sublayer: of one tensor (B, T, D) to the same shape.
        Returns:
            (B, T, D).
        """
        if self.pre:
            return self.dropout(sublayer(self.norm(x)))
        return self.norm(self.dropout(sublayer(x)))


def without_residuals(model: Transformer) -> None:
    """Layers without residual connections (section 3.1): each sublayer sees only what the one before it gave."""
    rewrite(model, lambda module: isinstance(module, Residual), Unconnected)


class BatchNorm(nn.Module):
    """Every feature normalised over batch and time; in evaluation by running means and variances of training.

    In float32 whatever is computed around it, for the running figures are sums over many batches. Padding counts like
    any other place: a module that stands where a layer norm stood is not told of it.

    Args:
        width: D.
        momentum: share of a batch in the running figures.
    Source:
        Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    def __init__(self, width: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))
        self.momentum = momentum

    def forward(self, x: Tensor) -> Tensor:
        """Normalise.

        Args:
            x: (B, T, D); at least two places while training.
        Returns:
            (B, T, D).
        """
        # Masters are float32, so that in training these are the running figures themselves, changed in place.
        mean, variance = self.mean.float(), self.variance.float()
        weight, bias = self.weight.float(), self.bias.float()
        rows = x.float().flatten(0, 1)
        found = functional.batch_norm(rows, mean, variance, weight, bias, self.training, self.momentum)
        return found.view(x.shape).to(x.dtype)


def with_batch_norm(model: Transformer) -> None:
    """Batch norm in place of layer norm (or RMS norm), everywhere."""
    width = model.architecture.d_model
    rewrite(model, lambda module: isinstance(module, nn.LayerNorm | nn.RMSNorm), lambda _: BatchNorm(width))
