"""LoRA: a layer stays as it is and learns a small correction, the product of two thin matrices, beside it.

Hu et al. 2021, arXiv:2106.09685.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from heedful.errors import OptionError

# Whether a layer of this name gets a correction.
Wanted = Callable[[str], bool]


class Corrected(nn.Module):
    """A linear layer that no longer learns, and what is added to it: alpha / rank * up(down(x)).

    Args:
        linear: is kept as it is.
        rank: R, width between the two matrices.
        alpha: weight of the correction, in units of the rank.
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.down = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        # Zero: at first nothing is corrected.
        self.up = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply.

        Args:
            x: (..., I).
        Returns:
            (..., O).
        """
        added = nn.functional.linear(nn.functional.linear(x, self.down), self.up)
        return self.linear(x) + self.scale * added

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with its correction added to its weights."""
        self.linear.weight += self.scale * (self.up @ self.down)
        return self.linear.requires_grad_(True)


def attach(model: nn.Module, wanted: Wanted, rank: int, alpha: float) -> list[str]:
    """Give layers a correction, and let nothing else below them learn.

    Args:
        model: changed in place; all its weights stand still from now on, but for the corrections.
        wanted: is asked for each linear layer by its name.
        rank: of the corrections.
        alpha: their weight.
    Returns:
        The names of the layers.
    Raises:
        OptionError: no layer is wanted, or the rank is below 1.
    """
    if rank < 1:
        raise OptionError(f"the rank of a correction must be 1 or more: got {rank}; try 8")
    model.requires_grad_(False)
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear) and wanted(name)]
    if not names:
        raise OptionError("no layer of the model is named for a correction: check the names")
    for name in names:
        linear = model.get_submodule(name)
        assert isinstance(linear, nn.Linear)
        _put(model, name, Corrected(linear, rank, alpha))
    return names


def merge(model: nn.Module) -> None:
    """Add every correction to its layer: the model is what it was before `attach`, with other weights.

    Args:
        model: changed in place.
    """
    for name, layer in list(corrections(model)):
        _put(model, name, layer.merged())
    model.requires_grad_(True)


def corrections(model: nn.Module) -> Iterator[tuple[str, Corrected]]:
    """Every corrected layer with its name."""
    return ((name, module) for name, module in model.named_modules() if isinstance(module, Corrected))


def _put(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, module)
