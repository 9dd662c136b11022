"""Watch values inside a model by naming their place, without a change to the model."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def captured(model: nn.Module, ending: str) -> Iterator[dict[str, list[Tensor]]]:
    """Keep all outputs of every module whose name ends so, for the length of the block.

    Args:
        model: any; nothing is captured where no name matches.
        ending: of the dotted name, such as "cross.weights".
    Yields:
        The outputs by module name, in the order in which the forward passes inside the block make them, without
        gradient. A family that goes from token to token makes one for each.
    """
    found: dict[str, list[Tensor]] = defaultdict(list)

    def keep(name: str) -> object:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            found[name].append(output.detach())

        return hook

    handles = [
        module.register_forward_hook(keep(name))
        for name, module in model.named_modules()
        if name == ending or name.endswith("." + ending)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
