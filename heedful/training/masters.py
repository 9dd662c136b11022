"""Weights that stay in full precision while copies of them meet the data."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def computing_in(dtype: torch.dtype, module: nn.Module) -> Iterator[None]:
    """Inside the block every parameter is a copy in `dtype`, made once; gradients flow on to the masters.

    A parameter or module that stands in several places has one copy in all of them: what is tied stays tied, which
    `torch.func.functional_call` does not manage for shared modules, nor for the flat list of weights of an RNN.

    Args:
        dtype: parameters that have it already are left alone.
        module: is as before after the block.
    """
    copies: dict[Tensor, Tensor] = {}
    swapped: list[tuple[nn.Module, str, nn.Parameter]] = []
    for place in module.modules():
        for name, master in place._parameters.items():
            if master is not None and master.is_floating_point() and master.dtype != dtype:
                if master not in copies:
                    copies[master] = master.to(dtype)
                swapped.append((place, name, master))
    try:
        for place, name, master in swapped:
            _put(place, name, copies[master])
        yield
    finally:
        for place, name, master in swapped:
            _put(place, name, master)


def _put(place: nn.Module, name: str, tensor: Tensor) -> None:
    # Not setattr: a module refuses a tensor that is no nn.Parameter in the place of one.
    place._parameters[name] = tensor  # type: ignore[assignment]
    if isinstance(place, nn.RNNBase):
        place._flat_weights[place._flat_weights_names.index(name)] = tensor
