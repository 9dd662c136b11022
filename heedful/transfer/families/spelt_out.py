"""A model without what saves weights, for families that do not know it; every answer stays what it is."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.model.transformer import Transformer
from heedful.transfer.families.layout import Layout

# Values of ours that can be spelt out, and as what.
PLAIN = {"n_kv_heads": None, "bias": True}


def plain_shape(shape: Architecture, layout: Layout) -> Architecture:
    """The architecture with every value spelt out that the family does not know.

    Args:
        shape: of a model.
        layout: of the family.
    """
    unknown: dict[str, Any] = {
        name: value
        for name, value in PLAIN.items()
        if layout.values[name] and getattr(shape, name) not in layout.values[name]
    }
    return replace(shape, **unknown)


@torch.no_grad()
def spelt_out(model: Transformer, layout: Layout) -> Transformer:
    """The model in that architecture: heads that share keys get the same ones each, missing biases are 0.

    Args:
        model: is left as it is, and returned where there is nothing to do.
        layout: of the family.
    """
    shape = plain_shape(model.architecture, layout)
    if shape == model.architecture:
        return model
    ours = dict(model.named_parameters())
    made = Transformer(shape).to(next(model.parameters()).dtype).eval()
    for name, parameter in made.named_parameters():
        weight = ours.get(name)
        if weight is None:
            parameter.zero_()
        else:
            parameter.copy_(weight if weight.shape == parameter.shape else _each(weight, model.architecture))
    return made


def _each(weight: Tensor, shape: Architecture) -> Tensor:
    """Keys and values for each query head instead of each group of them: (2*G*K, ...) -> (2*H*K, ...)."""
    groups = shape.n_kv_heads or shape.n_heads
    heads = weight.unflatten(0, (2, groups, shape.d_head))
    return heads.repeat_interleave(shape.n_heads // groups, dim=1).flatten(0, 2)
