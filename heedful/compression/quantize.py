"""int8: a finished model rewritten so that its matrices are whole numbers of 8 bits, multiplied as such."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import type_before_parametrizations

from heedful.errors import OptionError, suggest

Net = TypeVar("Net", bound=nn.Module)

# What the matrices of a compressed file can be.
DTYPES = ("int8", "bfloat16")
# The numbers are symmetric about 0: -128 is not used.
LARGEST = 127


class _Quantized(nn.Module):
    """A matrix of int8 with a float32 scale for each row.

    Both are parameters without gradients, so that files, copies and tied tables treat them as they treat all weights.
    """

    def __init__(self, weight: nn.Parameter, scale: nn.Parameter, like: Tensor) -> None:
        super().__init__()
        self.weight, self.scale = weight, scale
        # Empty: it goes along when a model changes its dtype, and knows what the others compute in.
        self.register_buffer("like", like.new_empty(0), persistent=False)
        self.like: Tensor

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        # A scale in bfloat16 would be wrong by 2^-9 of its size; another device is all that may come.
        exact = {name: parameter.data for name, parameter in self.named_parameters()}
        super()._apply(fn, recurse)
        for name, parameter in self.named_parameters():
            parameter.data = exact[name].to(self.like.device)
        return self


class QuantizedLinear(_Quantized):
    """y = x W' + b in whole numbers: a scale for each output, and for each row of the activations as they come.

    Args:
        weight: (out, in) int8.
        scale: (out,) float32; row i of the matrix is scale[i] * weight[i].
        bias: (out,) float32, or None.
        like: a tensor of the device and dtype that the model computes in.
    Source:
        Jacob et al. 2018, arXiv:1712.05877, section 2.1, symmetric; scales per row: Dettmers et al. 2022,
        arXiv:2208.07339, section 3.1.
    """

    def __init__(self, weight: nn.Parameter, scale: nn.Parameter, bias: nn.Parameter | None, like: Tensor) -> None:
        super().__init__(weight, scale, like)
        self.bias = bias
        self.out_features, self.in_features = weight.shape

    def forward(self, x: Tensor) -> Tensor:
        """Multiply. A row with NaN or Inf gives a row that is not finite, never a wrong number.

        Args:
            x: (..., in).
        Returns:
            (..., out) in the dtype of `x`.
        """
        values, step = quantized(x.reshape(-1, self.in_features).float())
        sums = integer_product(values, self.weight) * step[:, None]
        y = sums.mul_(self.scale) if self.bias is None else torch.addcmul(self.bias, sums, self.scale)
        return y.to(x.dtype).view(*x.shape[:-1], self.out_features)

    def extra_repr(self) -> str:
        """The widths."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class QuantizedEmbedding(_Quantized):
    """A table of int8 whose rows have a scale each; may share both with a `QuantizedLinear`.

    Args:
        weight: (V, D) int8.
        scale: (V,) float32.
        like: a tensor of the device and dtype that the model computes in.
    """

    def forward(self, ids: Tensor) -> Tensor:
        """Look up.

        Args:
            ids: (...,) int64.
        Returns:
            (..., D) in the dtype that the model computes in.
        """
        return (self.weight[ids] * self.scale[ids].unsqueeze(-1)).to(self.like.dtype)

    def extra_repr(self) -> str:
        """The size."""
        return ", ".join(map(str, self.weight.shape))


def quantized(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as whole numbers of 8 bits, the largest of each 127, and what 1 is worth in each.

    Args:
        rows: (B, D) float32.
    Returns:
        int8 (B, D), and float32 (B,): 0 of a row of zeros, NaN or Inf of one that holds such.
    """
    step = rows.abs().amax(dim=1) / LARGEST
    divisor = torch.where(step > 0, step, 1.0)[:, None]
    return (rows / divisor).round_().clamp_(-LARGEST, LARGEST).to(torch.int8), step


def integer_product(rows: Tensor, weight: Tensor) -> Tensor:
    """Exact sums of products of whole numbers.

    Args:
        rows: (B, D) int8.
        weight: (F, D) int8.
    Returns:
        (B, F) int32; on a GPU float32, rounded from exact sums.
    """
    if rows.device.type == "cpu":
        return torch._int_mm(rows, weight.t())
    # On a GPU that call takes few shapes; sums of whole numbers below 2^53 are exact in float64.
    return (rows.double() @ weight.double().t()).float()


def quantizable(model: nn.Module) -> list[str]:
    """The names of the layers that `quantize` can replace: plain linear layers, normed ones too, and embeddings."""
    return [name for name, module in model.named_modules() if _kind(module) is not None]


@torch.no_grad()
def quantize(model: Net, chosen: Callable[[str], bool] | None = None) -> Net:
    """A model whose linear layers and embeddings are int8. Weights that are made of others (normed, say) are settled.

    Args:
        model: keeps its modules; both share all weights that are left as they are.
        chosen: says of a layer's name whether it is to be replaced; None replaces all that can be. Layers that share
            one matrix go together: they are replaced when all of them are chosen.
    """
    names = quantizable(model)
    taken = {name for name in names if chosen is None or chosen(name)}
    taken -= {name for tie in _ties(model) if not taken.issuperset(tie) for name in tie}
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    twin = copy.deepcopy(model, shared)
    made: dict[int, tuple[nn.Parameter, nn.Parameter]] = {}
    for name in [name for name in names if name in taken]:
        parent, _, last = name.rpartition(".")
        setattr(twin.get_submodule(parent), last, _replacement(twin.get_submodule(name), made))
    return twin


def rebuilt(model: Net, compression: Mapping[str, Any]) -> Net:
    """A model in the form that a compressed run describes, ready for its weights.

    Args:
        model: as it was before, of any weights.
        compression: of config.json: its "dtype", and the layers "kept" of an int8 one.
    Raises:
        OptionError: a dtype that is not one of `DTYPES`, or layers that the model has not.
    """
    dtype, kept = compression["dtype"], set(compression["kept"])
    check_dtype(dtype)
    if unknown := kept.difference(quantizable(model)):
        raise OptionError(f"the model has no layer {min(unknown)!r} to keep")
    return model if dtype != "int8" else quantize(model, lambda name: name not in kept)


def check_dtype(name: str) -> None:
    """Refuse what no file can be compressed to.

    Raises:
        OptionError: names the nearest.
    """
    if name not in DTYPES:
        raise OptionError(f"dtype {name!r} is not known{suggest(name, DTYPES)}")


def groups(model: nn.Module) -> dict[str, list[str]]:
    """The layers that can be replaced, by the module that they are parts of; those that share a matrix in one group.

    Args:
        model: as it was trained.
    """
    found: dict[str, list[str]] = {}
    ties = {name: tie for tie in _ties(model) for name in tie}
    for name in quantizable(model):
        tie = ties.get(name)
        group = name.rpartition(".")[0] or name if tie is None else tie[0]
        found.setdefault(group, []).append(name)
    return found


def stored(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as a compressed file holds them: matrices that are not int8 in bfloat16, vectors as they are.

    Args:
        tensors: by name.
    """
    return {
        name: tensor.bfloat16() if tensor.is_floating_point() and tensor.ndim > 1 else tensor
        for name, tensor in tensors.items()
    }


def n_stored_bytes(model: nn.Module) -> int:
    """Size of the weights in a compressed file, its header left out."""
    return sum(each.numel() * each.element_size() for each in stored(dict(model.named_parameters())).values())


def _kind(module: nn.Module) -> type[nn.Module] | None:
    kind = type_before_parametrizations(module)
    return kind if kind in (nn.Linear, nn.Embedding) else None


def _ties(model: nn.Module) -> list[Sequence[str]]:
    """The names of the layers that share a matrix, of each matrix that several share."""
    sharing: dict[int, list[str]] = {}
    for name in quantizable(model):
        own = _own_weight(model.get_submodule(name))
        if own is not None:
            sharing.setdefault(id(own), []).append(name)
    return [names for names in sharing.values() if len(names) > 1]


def _own_weight(layer: nn.Module) -> nn.Parameter | None:
    """The matrix that a layer keeps itself; None of one that makes it anew at every call, which is nobody else's."""
    return dict(layer.named_parameters(recurse=False)).get("weight")


def _replacement(layer: nn.Module, made: dict[int, tuple[nn.Parameter, nn.Parameter]]) -> nn.Module:
    """An int8 layer; one whose matrix was met before shares what was made of it."""
    assert isinstance(layer, nn.Linear | nn.Embedding)
    own, weight = _own_weight(layer), layer.weight.detach()
    known = None if own is None else made.get(id(own))
    if known is None:
        values, scale = quantized(weight.float())
        known = nn.Parameter(values, requires_grad=False), nn.Parameter(scale, requires_grad=False)
    if own is not None:
        made[id(own)] = known
    if isinstance(layer, nn.Embedding):
        return QuantizedEmbedding(*known, weight).train(layer.training)
    bias = None if layer.bias is None else nn.Parameter(layer.bias.detach().float(), requires_grad=False)
    return QuantizedLinear(*known, bias, weight).train(layer.training)
