"""A finished model rewritten for reading only: weights lie in the order in which the machine multiplies by them."""

import copy
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations

from heedful.numerics import onednn_multiplies

Net = TypeVar("Net", bound=nn.Module)

# oneDNN chooses the order for about so many rows at a time.
ROWS = 256


class PackedLinear(nn.Module):
    """An `nn.Linear` that no longer learns; its answers to contiguous rows are the same bits.

    (But for float32 products of fewer than 16^3 multiplications, which PyTorch gives to another library.)

    `nn.Linear` brings its weight into that order anew at every call: a tenth of the time for 256 rows, half of it
    for one.

    Args:
        linear: is not changed.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        # Not a buffer: its layout is opaque, and it stays in the dtype and on the device it was made for.
        self.packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach().contiguous(), ROWS)
        self.bias = None if linear.bias is None else linear.bias.detach()
        self.in_features, self.out_features = linear.in_features, linear.out_features

    def forward(self, x: Tensor) -> Tensor:
        """Multiply.

        Args:
            x: (..., in).
        Returns:
            (..., out).
        """
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")
        return product

    def extra_repr(self) -> str:
        """The widths."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def pack(model: Net) -> Net:
    """The model with packed weights, for decoding; where nothing is to be done, the model itself.

    A weight that is made of others (normed, say) is made once and for all, be it packed or not.

    Args:
        model: keeps its modules; both share all weights that are left as they are.
    """
    linears = [module for module in model.modules() if type_before_parametrizations(module) is nn.Linear]
    # Of a model that is int8 in part the others are packed all the same.
    weights = [next(linear.parameters()) for linear in linears]
    packs = bool(weights) and onednn_multiplies(weights[0]) and _packing_is_exact(weights[0].dtype)
    if not packs and not any(map(is_parametrized, linears)):
        return model
    # Modules are copied, tensors are not.
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    twin = copy.deepcopy(model, shared)
    for module in list(twin.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and type_before_parametrizations(child) is nn.Linear:
                if packs:
                    setattr(module, name, PackedLinear(child))
                elif is_parametrized(child):
                    setattr(module, name, _settled(child))
    return twin


def _settled(linear: nn.Linear) -> nn.Linear:
    """A plain layer with the weight that another makes anew at every call."""
    plain = nn.Linear(linear.in_features, linear.out_features, bias=False, device="meta")
    plain.weight = nn.Parameter(linear.weight.detach(), requires_grad=False)
    plain.bias = linear.bias
    return plain.train(linear.training)


@cache
def _packing_is_exact(dtype: torch.dtype) -> bool:
    """Whether a packed product is bit for bit the one without: a torch may lack it, or differ."""
    if not hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        return False
    # On "meta" nothing is drawn at random for the weight that is then replaced.
    linear = nn.Linear(64, 96, bias=False, device="meta")
    linear.weight = nn.Parameter(torch.linspace(-1, 1, 96 * 64).sin().view(96, 64).to(dtype))
    packed = PackedLinear(linear)
    inputs = [torch.linspace(-3, 3, rows * 64).cos().view(rows, 64).to(dtype) for rows in (1, 64)]
    return all(torch.equal(packed(x), linear(x)) for x in inputs)
