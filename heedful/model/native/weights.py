"""A finished Transformer's weights, as the engine takes them over."""

import ctypes
from collections.abc import Sequence
from typing import Any, Self
from weakref import finalize

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture
from heedful.model.attention import Attention
from heedful.model.block import Block, Residual
from heedful.model.dropout import Dropout
from heedful.model.embeddings import Embedding
from heedful.model.feedforward import FeedForward
from heedful.model.native.library import Matrix, Shape
from heedful.model.positions import AddedPositions, RotaryPositions
from heedful.model.transformer import Stack, Transformer

# In the order of their codes in network.h and product.h.
ACTIVATIONS = ("relu", "gelu", "relu2", "swiglu", "silu", "gelu_tanh", "geglu_tanh")
KINDS = (torch.float32, torch.bfloat16, torch.int8)
# Vectors hold so many floats; every width is a multiple of it.
LANES = 16
# What a Transformer is made of, as the engine computes it. A module of any other class, one that was put there from
# outside too, may compute anything.
KNOWN = (
    *(Transformer, Stack, Block, Attention, Residual, FeedForward, Embedding, AddedPositions, RotaryPositions, Dropout),
    *(nn.ModuleList, nn.Identity, nn.Linear, nn.Embedding, nn.LayerNorm, nn.RMSNorm),
)


# What the engine computes, of the values that change no class of module.
COMPUTED = {
    "activation": ACTIVATIONS,
    "head_width": (None,),
    "scale_attention": (True,),
}


class Arrays:
    """The matrices and vectors of a model in the engine's order (`Reader` in engine.cpp).

    Args:
        model: `misfit` has nothing against it.
        writes: whether its decoder is taken too.
    """

    def __init__(self, model: Transformer, writes: bool = True) -> None:
        assert model.encoder is not None, "the engine reads"
        self.matrices: list[Matrix] = []
        self.vectors: list[int | None] = []
        # The engine copies matrices, which need live no longer than this; and goes on pointing at vectors, which are
        # kept by the id of what each is a copy of.
        self.lent: list[Tensor] = []
        self.kept: dict[int, Tensor] = {}
        self._stack(model.encoder)
        if not writes:
            return
        assert model.decoder is not None, "what writes has a decoder"
        self._stack(model.decoder)
        self._matrix([block.cross.key_value for block in model.decoder.blocks if block.cross is not None])
        self._matrix([model.output])

    def _stack(self, stack: Stack) -> None:
        tokens = stack.embedding.tokens
        self._vector(tokens.weight, _unit(tokens))
        kinds = stack.embedding.kinds
        self._vector(None if kinds is None else kinds.weight)
        for table in (stack.embedding.added.table, stack.rotary.cos, stack.rotary.sin):
            self._vector(table)
        self._norm(stack.embedding.norm)
        self._norm(stack.norm)
        for block in stack.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        own, cross = block.attention, block.cross
        self._matrix([own.query, own.key_value])
        self._matrix([own.output])
        self._norm(block.attention_residual.norm)
        if cross is not None and block.cross_residual is not None:
            self._matrix([cross.query])
            self._matrix([cross.output])
            self._norm(block.cross_residual.norm)
        self._matrix([block.feed_forward.widen])
        self._matrix([block.feed_forward.narrow])
        self._norm(block.feed_forward_residual.norm)

    def _norm(self, norm: nn.Module) -> None:
        for name in ("weight", "bias"):
            self._vector(getattr(norm, name, None))

    def _vector(self, tensor: Tensor | None, unit: Tensor | float = 1.0) -> None:
        if tensor is None:
            self.vectors.append(None)
            return
        if id(tensor) not in self.kept:
            # The product is a copy: a model that changes later on must not change a half of the engine's.
            self.kept[id(tensor)] = (tensor.detach().float() * unit).contiguous()
        self.vectors.append(self.kept[id(tensor)].data_ptr())

    def _matrix(self, layers: Sequence[nn.Module]) -> None:
        """Several layers that read the same rows, as one."""
        weights = [_weight(layer) for layer in layers]
        scale = None
        if all(weight.dtype == torch.int8 for weight in weights):
            scale = self._lend(torch.cat([_scale(layer) for layer in layers]))
        elif any(weight.dtype == torch.int8 for weight in weights):
            # What shares a product with weights that were kept is multiplied as they are.
            kept = next(weight.dtype for weight in weights if weight.dtype != torch.int8)
            weights = [_plain(layer).to(kept) for layer in layers]
        weight = self._lend(torch.cat(weights))
        biases = [getattr(layer, "bias", None) for layer in layers]
        bias = None
        if any(each is not None for each in biases):
            rows = [len(each) for each in map(_weight, layers)]
            parts = [
                torch.zeros(n) if each is None else each.detach().float() for each, n in zip(biases, rows, strict=True)
            ]
            bias = self._lend(torch.cat(parts))
        n, k = weight.shape
        pointers = (None if each is None else each.data_ptr() for each in (weight, scale, bias))
        self.matrices.append(Matrix(KINDS.index(weight.dtype), n, k, *pointers))

    def _lend(self, tensor: Tensor) -> Tensor:
        self.lent.append(tensor.contiguous())
        return self.lent[-1]


class Copied:
    """A model's weights as the engine has them, for as long as this lives.

    Args:
        model: `misfit` has nothing against it.
        engine: the library.
        writes: whether its decoder is copied too.
    Raises:
        MemoryError: there is no room for the copy.
    """

    def __init__(self, model: Transformer, engine: Any, writes: bool) -> None:
        arrays, self.engine = Arrays(model, writes), engine
        self.handle = engine.heedful_open(
            ctypes.byref(shape_of(model, writes)),
            (Matrix * len(arrays.matrices))(*arrays.matrices),
            (ctypes.c_void_p * len(arrays.vectors))(*arrays.vectors),
        )
        if not self.handle:
            raise MemoryError("no memory for a second copy of the model's weights")
        finalize(self, engine.heedful_close, self.handle)
        # The engine points at these.
        self._vectors = arrays.kept

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself: nothing of it ever changes."""
        return self


def shape_of(model: Transformer, writes: bool = True) -> Shape:
    """The architecture in the engine's terms; without layers that write unless it is to write."""
    shape: Architecture = model.architecture
    assert model.encoder is not None, "the engine reads"
    norm = model.encoder.blocks[0].attention_residual.norm
    eps = norm.eps
    return Shape(
        vocab_size=shape.vocab_size,
        d_model=shape.d_model,
        heads=shape.n_heads,
        groups=shape.n_kv_heads or shape.n_heads,
        d_ff=shape.d_ff,
        encoder_layers=shape.n_encoder_layers,
        decoder_layers=shape.n_decoder_layers if writes else 0,
        max_len=shape.max_len,
        activation=ACTIVATIONS.index(shape.activation),
        rms=shape.norm == "rms",
        pre=shape.order == "pre",
        window=-1 if shape.window is None else shape.window,
        norm_eps=ctypes.c_float(eps).value if isinstance(eps, float) else 0.0,
        embedding_scale=model.encoder.embedding.scale,
    )


def misfit(model: nn.Module, writes: bool = True) -> str:
    """Why the engine cannot take a model over, or its encoder alone; "" where it can."""
    if type(model) is not Transformer:
        return f"it is {type(model).__name__}, no Transformer"
    shape = model.architecture
    if model.encoder is None or (writes and model.decoder is None):
        return "it has no encoder or no decoder"
    for name, computed in COMPUTED.items():
        if getattr(shape, name) not in computed:
            return f"{name}={getattr(shape, name)!r} is not written there"
    for name in ("d_model", "d_ff", "d_head"):
        if getattr(shape, name) % LANES:
            return f"{name}={getattr(shape, name)} is no multiple of {LANES}"
    taken = model if writes else model.encoder
    for name, module in taken.named_modules():
        if type(module) not in KNOWN and not _is_int8(module):
            return f"{name} is {type(module).__name__}"
        if module._forward_hooks or module._forward_pre_hooks:
            return f"{name or 'the model'} has a hook"
        if isinstance(module, nn.Linear) and module.weight.dtype not in KINDS:
            return f"{name} is {module.weight.dtype}"
    elsewhere = {parameter.device.type for parameter in taken.parameters()} - {"cpu"}
    return f"it is on {elsewhere.pop()}" if elsewhere else ""


def _is_int8(layer: nn.Module) -> bool:
    """A layer of whole numbers, known by its attributes: the class is heedful/compression's, above this folder."""
    weight = getattr(layer, "weight", None)
    return isinstance(weight, Tensor) and weight.dtype == torch.int8 and hasattr(layer, "scale")


def _weight(layer: nn.Module) -> Tensor:
    weight = layer.weight
    assert isinstance(weight, Tensor), "a layer that multiplies has a weight"
    return weight.detach()


def _scale(layer: nn.Module) -> Tensor:
    scale = layer.scale
    assert isinstance(scale, Tensor), "a weight of int8 has a scale for each row"
    return scale.detach().float()


def _plain(layer: nn.Module) -> Tensor:
    """A layer's weight in float32, whatever it is kept in."""
    return _weight(layer).float() * _unit(layer)


def _unit(layer: nn.Module) -> Tensor | float:
    """What 1 is worth in each row of a layer's weight."""
    return _scale(layer)[:, None] if _weight(layer).dtype == torch.int8 else 1.0
