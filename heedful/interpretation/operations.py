"""What must wait for what: the longest chain of matrix products in a computation, and how far an encoder sees.

The two figures that table 1 of arXiv:1706.03762 compares the layers by, counted in a model that runs, not derived.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from heedful.interface import Model, Source

_PRODUCTS = frozenset({"mm", "addmm", "bmm", "baddbmm", "convolution", "_scaled_dot_product_flash_attention_for_cpu"})


def sequential_products(compute: Callable[[], Any]) -> int:
    """Matrix products in the longest chain of which each needs the result of the one before.

    However many processors there are, a computation takes the time of its longest chain.

    Args:
        compute: runs on the CPU in float64, in which torch computes recurrent layers step by step and not in one
            operator that hides its steps.
    """
    with torch.no_grad(), _Depths() as depths:
        compute()
    return depths.deepest


class _Depths(TorchDispatchMode):
    """For each tensor, how many products in a row made it."""

    def __init__(self) -> None:
        super().__init__()
        self.deepest = 0
        # By storage, which views share. They are kept alive: a freed one's address would be given to another.
        self._depths: dict[int, int] = {}
        self._kept: list[Any] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        depth = max((self._depths.get(key, 0) for key, _ in _storages((args, kwargs))), default=0)
        depth += func.overloadpacket.__name__ in _PRODUCTS
        for key, storage in _storages(result):
            self._depths[key] = max(depth, self._depths.get(key, 0))
            self._kept.append(storage)
        self.deepest = max(self.deepest, depth)
        return result


def _storages(values: Any) -> Iterator[tuple[int, Any]]:
    for value in tree_leaves(values):
        if isinstance(value, Tensor):
            storage = value.untyped_storage()
            yield storage._cdata, storage


def encoder_reach(model: Model, n_tokens: int) -> int:
    """How many tokens away a token can be and still change what the encoder makes of another.

    Args:
        model: in evaluation mode.
        n_tokens: of the sentence that is looked at; n_tokens - 1 means all of it.
    """
    device = next(model.parameters()).device
    values = torch.zeros(1, n_tokens, dtype=torch.int64, device=device)
    everything = torch.ones_like(values, dtype=torch.bool)
    embedded: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        embedded.append(output.detach().requires_grad_())
        return embedded[-1]

    # The first table that looks tokens up, in every family, is that of the source.
    table = next(module for module in model.modules() if isinstance(module, nn.Embedding))
    handle = table.register_forward_hook(keep)
    try:
        middle = n_tokens // 2
        reached = 0
        for position in (0, middle, n_tokens - 1):
            embedded.clear()
            memory = model.encode(Source(values, everything))
            # Not the plain sum, which a layer norm makes constant.
            looked_at = memory.values[0, position] * torch.arange(memory.values.shape[-1], device=device)
            (found,) = torch.autograd.grad(looked_at.sum(), embedded[0])
            seen = found[0].abs().amax(-1).nonzero().flatten()
            reached = max(reached, int((seen - position).abs().max()))
    finally:
        handle.remove()
    return reached
