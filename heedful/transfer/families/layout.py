"""What a family's table says: which of its names stands for which of ours, in its configuration and in its weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.errors import OptionError, suggest
from heedful.transfer.tokenizer_files import Frame

Tensors = Mapping[str, Tensor]
Values = Mapping[str, Any]

# What their configurations call an activation, and how we would write it: the first of its names.
ACTIVATIONS = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "silu": "silu",
    "swish": "silu",
    "relu2": "relu2",
}
GATES = {"silu": "swiglu", "swish": "swiglu", "gelu_new": "geglu_tanh", "gelu_pytorch_tanh": "geglu_tanh"}


@dataclass(frozen=True)
class Change:
    """How the numbers of a weight there become ours, and back.

    Args:
        read: of theirs.
        written: of ours.
    """

    read: Callable[[Tensor], Tensor]
    written: Callable[[Tensor], Tensor]


def _turned(weight: Tensor) -> Tensor:
    return weight.mT if weight.ndim == 2 else weight


SAME = Change(lambda weight: weight, lambda weight: weight)
# A product that keeps its matrix as (in, out).
TURNED = Change(_turned, _turned)
# A vector that is kept as a matrix of one row.
ROW = Change(lambda weight: weight[0], lambda weight: weight[None])


def behind(n_rows: int) -> Change:
    """A table whose first rows are never read."""
    return Change(
        lambda weight: weight[n_rows:], lambda weight: torch.cat((weight.new_zeros(n_rows, weight.shape[1]), weight))
    )


def times(factor: float) -> Change:
    """Numbers that are multiplied by a constant there, outside of any weight."""
    return Change(lambda weight: weight * factor, lambda weight: weight / factor)


@dataclass(frozen=True)
class Pair:
    """The same numbers, there and here.

    Args:
        theirs: a module or a tensor; several, joined by " + ", are our rows one after the other.
        ours: the same.
        change: of their numbers.
    """

    theirs: str
    ours: str
    change: Change = SAME


def each_layer(stack: str, there: str, n_layers: int, names: Mapping[str, str], change: Change = SAME) -> list[Pair]:
    """The pairs of all layers of a stack.

    Args:
        stack: "encoder" or "decoder".
        there: what stands before the number of a layer.
        n_layers: how many there are.
        names: theirs -> ours, inside of a layer.
        change: of all of them.
    """

    def inside(front: str, names: str) -> str:
        return " + ".join(f"{front}.{name}" for name in names.split(" + "))

    return [
        Pair(inside(f"{there}.{number}", theirs), inside(f"{stack}.blocks.{number}", ours), change)
        for number in range(n_layers)
        for theirs, ours in names.items()
    ]


@dataclass(frozen=True)
class Layout:
    """A family: `architecture` and `described` go between its configuration and ours by these values.

    Args:
        model_type: its name in config.json.
        task: what an imported model is for.
        sizes: of our values, the key there; several keys, with spaces between, must agree.
        values: of our other values, those that the family knows: one alone is meant where nothing else is said; none at
            all stands for any.
        defaults: what a key means that is left out there.
        needed: keys there, and the values of them that can be expressed here.
        read: what `sizes` cannot say of ours, from config.json and the weights.
        written: what `sizes` cannot say of theirs, from our values.
        body: pairs whose names there have `prefix` before them, unless a file holds nothing else.
        head: pairs whose names never have it.
        prefix: of the body.
        frame: special tokens around a text, where no file says them.
        classes: of transformers, for a model without a head and for one with it.
        copies: names there of what may stand there under another of these names too.
        unused: ends of names there that are no weights.
        older: ends of names there, as they were once called, and as they are now.
        order: for a d_model, where our axes stand there; None: where they stand here.
    """

    model_type: str
    task: str
    sizes: Mapping[str, str]
    values: Mapping[str, Sequence[Any]]
    read: Callable[[Values, Tensors], dict[str, Any]]
    written: Callable[[Architecture], dict[str, Any]]
    body: Callable[[Architecture], list[Pair]]
    head: Callable[[Architecture], list[Pair]]
    classes: tuple[str, str]
    frame: Frame
    prefix: str = ""
    defaults: Values = field(default_factory=dict)
    needed: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    copies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unused: Sequence[str] = ()
    older: Mapping[str, str] = field(default_factory=dict)
    order: Callable[[int], list[int]] | None = None

    def architecture(self, config: Values, tensors: Tensors) -> Architecture:
        """Ours for theirs.

        Args:
            config: their config.json.
            tensors: by their names, without `prefix` where the body has it.
        Raises:
            OptionError: a key is missing, or has a value that cannot be expressed here.
        """
        said = {**self.defaults, **{key: value for key, value in config.items() if value is not None}}
        for key, known in self.needed.items():
            if key in said and said[key] not in known:
                raise OptionError(
                    f"config.json says {key}={said[key]!r}, which cannot be expressed here: expected "
                    f"{' or '.join(map(repr, known))}; choose a model that has it so"
                )
        given = {name: known[0] for name, known in self.values.items() if len(known) == 1}
        for name, keys in self.sizes.items():
            given[name] = _agreed(said, keys.split())
        return Architecture.from_json(given | self.read(said, tensors))

    def refusal(self, shape: Architecture) -> str:
        """Why an architecture is none of this family; "" where it is one."""
        beyond = [
            f"{name}={found!r} (it has {' and '.join(map(repr, known))})"
            for name, known in self.values.items()
            if known and (found := getattr(shape, name)) not in known
        ]
        if (shape.n_encoder_layers > 0, shape.n_decoder_layers > 0) != self.form:
            reads = {(True, False): "an encoder alone", (False, True): "a decoder alone", (True, True): "both stacks"}
            beyond.append(f"n_encoder_layers={shape.n_encoder_layers}, n_decoder_layers={shape.n_decoder_layers} "
                          f"(it has {reads[self.form]})")  # fmt: skip
        return ", ".join(beyond)

    @property
    def form(self) -> tuple[bool, bool]:
        """Whether it has an encoder, and a decoder."""
        return self.values.get("n_encoder_layers") != (0,), self.values.get("n_decoder_layers") != (0,)

    def described(self, shape: Architecture, tokens: Mapping[str, int]) -> dict[str, Any]:
        """Theirs for ours: config.json.

        Args:
            shape: that `refusal` has nothing against.
            tokens: ids of special tokens by their keys there, such as "pad_token_id".
        Raises:
            OptionError: the family has other ids.
        """
        for key, token in tokens.items():
            if token not in self.needed.get(key, (token,)):
                raise OptionError(
                    f"a {self.model_type} has {key}={self.needed[key][0]}, and the tokenizer has {token}: write it as "
                    "another family"
                )
        assert not self.refusal(shape), self.refusal(shape)
        sizes = {key: getattr(shape, name) for name, keys in self.sizes.items() for key in keys.split()}
        named = {"model_type": self.model_type, "architectures": [self.classes[self.has_head(shape)]]}
        return {**named, "dtype": "float32", **sizes, **self.written(shape), **tokens}

    def has_head(self, shape: Architecture) -> bool:
        """Whether a model of this shape has more than the body."""
        return bool(self.head(shape))


def _agreed(said: Values, keys: Sequence[str]) -> Any:
    """The value of keys that must be equal; only the first must be there."""
    if keys[0] not in said:
        raise OptionError(f"config.json needs the key {keys[0]!r}; restore the file from where the model is from")
    given = {key: said[key] for key in keys if key in said}
    if any(value != said[keys[0]] for value in given.values()):
        different = ", ".join(f"{key}={value!r}" for key, value in given.items())
        raise OptionError(f"config.json says {different}: one value is expected here; choose a model with equal stacks")
    return said[keys[0]]


def activation(name: Any, names: Mapping[str, str] = ACTIVATIONS) -> str:
    """Ours for theirs.

    Raises:
        OptionError: there is none.
    """
    if name not in names:
        raise OptionError(f"the activation {name!r} cannot be expressed here{suggest(str(name), names)}")
    return names[name]


def activation_there(name: str, names: Mapping[str, str] = ACTIVATIONS) -> str:
    """Theirs for ours."""
    return next(theirs for theirs, ours in names.items() if ours == name)
