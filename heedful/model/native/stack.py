"""A finished model whose encoder is the engine's: texts are read one behind the other, without padding between them."""

import copy
import ctypes
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from heedful.errors import ShapeError
from heedful.model.native import library
from heedful.model.native.weights import Copied, misfit
from heedful.model.transformer import Transformer

Net = TypeVar("Net", bound=nn.Module)


class NativeStack(nn.Module):
    """Stands in for a `Stack` that reads. May be asked by several threads at once.

    Args:
        model: whose encoder is copied; `misfit` has nothing against it.
        engine: the library.
    Raises:
        MemoryError: there is no room for the copy.
    """

    def __init__(self, model: Transformer, engine: Any) -> None:
        super().__init__()
        assert model.encoder is not None, "nothing else fits"
        self._copied = Copied(model, engine, writes=False)
        shape = model.architecture
        self._width, self._vocab_size, self._n_kinds = shape.d_model, shape.vocab_size, shape.n_kinds
        # What the encoder computes in need not be what its weights are kept in.
        self._dtype = model.encoder.embedding.tokens(torch.zeros(0, dtype=torch.long)).dtype

    def forward(self, values: Tensor, positions: Tensor, mask: Tensor, kinds: Tensor | None = None) -> Tensor:
        """Read.

        Args:
            values: (B, S) int64 ids.
            positions: (1, S), counted from 0.
            mask: (B, 1, 1, S) bool, the tokens of a row first.
            kinds: (B, S) int64 types of the tokens, or None.
        Returns:
            (B, S, D), zeros behind the tokens of a row.
        Raises:
            ShapeError: a token or a type that the model does not know.
            MemoryError: there is no room for so many texts.
        """
        assert not values.is_floating_point() and mask.shape[2] == 1, "ids of texts by themselves"
        kept = mask[:, 0, 0]
        assert bool((kept[:, 1:] <= kept[:, :-1]).all()), "the tokens of a row come first"
        if kinds is not None and not self._n_kinds:
            raise ShapeError("this model tells no types of tokens apart (n_kinds=0): leave kinds out")
        tokens = _picked(values, kept, self._vocab_size, "tokens", "; is the tokenizer another model's?")
        types = None if kinds is None else _picked(kinds, kept, self._n_kinds, "types of tokens", "")
        n, room = values.shape
        offset = torch.zeros(n + 1, dtype=torch.long)
        offset[1:] = kept.sum(1).cumsum(0)
        hidden = torch.zeros(n, room, self._width)
        given = (None if each is None else each.data_ptr() for each in (tokens, types, offset))
        texts = library.Texts(n, *given)
        if self._copied.engine.heedful_read(self._copied.handle, ctypes.byref(texts), room, hidden.data_ptr()):
            raise MemoryError("no memory to read so many texts at once")
        return hidden.to(self._dtype)


def with_native_encoder(model: Net) -> Net | None:
    """The same model with the encoder of the Transformer in it as the engine has it; all else of it is shared.

    Args:
        model: a finished Transformer, or one that has something on top; is left as it is.
    Returns:
        None where there is no engine, or it cannot take that encoder over.
    """
    found = [module for module in model.modules() if isinstance(module, Transformer)]
    if len(found) != 1 or misfit(found[0], writes=False):
        return None
    engine = library.library()
    if engine is None:
        return None
    # Modules are copied, tensors are not; and for the encoder there is something else.
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, {**shared, id(found[0].encoder): NativeStack(found[0], engine)})


def _picked(values: Tensor, kept: Tensor, n: int, what: str, hint: str) -> Tensor:
    """Those that are kept, one row behind the other, as the engine takes them: each names a row of a table of n."""
    found = values[kept].to(torch.int32)
    if len(found) and not (int(found.min()) >= 0 and int(found.max()) < n):
        wrong = int(found.min()) if found.min() < 0 else int(found.max())
        raise ShapeError(f"the model knows the {what} from 0 to {n - 1:,}: got {wrong}{hint}")
    return found
