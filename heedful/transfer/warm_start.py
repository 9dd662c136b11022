"""The weights of trained models in a new one: tensors that fit, token vectors by the names of tokens, the rest new.

An encoder alone fills the encoder of an encoder-decoder, a decoder alone the decoder; what neither has, above all the
attention from one to the other, begins with chance: Rothe et al. 2020, arXiv:1907.12461, section 3.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor

from heedful.architecture import Architecture, Described, Tie
from heedful.data.codec import Codec
from heedful.errors import OptionError
from heedful.interface import Model
from heedful.transfer.vocabulary import Kept, moved

# What one stack may have otherwise than the other.
_OF_A_STACK = frozenset((
    "vocab_size", "n_encoder_layers", "n_decoder_layers", "encoder_positions", "decoder_positions", "dropout", "tie",
    "max_len", "n_kinds", "output", "pooler",
))  # fmt: skip
_TABLE = re.compile(r"(?:(?:encoder|decoder)\.embedding\.)?tokens\.weight|output\.(?:weight|bias)")
_STACKS = ("encoder", "decoder")
# Where chance begins is told by parts of so many names.
_DEPTH = 4


@dataclass(frozen=True)
class Parent:
    """A trained model.

    Args:
        name: of its run.
        shape: its architecture.
        codec: its tokenizer.
        tensors: its weights by name.
    """

    name: str
    shape: Described
    codec: Codec
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class WarmStart:
    """What became of the weights.

    Args:
        parents: names of the runs.
        n_weights: of the new model.
        n_kept: of these, those that are another's, token vectors of composed tokens included.
        new: parts of the model that begin with chance, with the number of their weights.
        left: parts of the parents that the model has no place for, with the number of their weights.
        vocabulary: what became of the token vectors; None where the vocabulary is the parent's.
    """

    parents: Sequence[str]
    n_weights: int
    n_kept: int
    new: Mapping[str, int]
    left: Mapping[str, int]
    vocabulary: Kept | None = None

    def describe(self) -> list[str]:
        """A sentence each: what was kept, what is new, what was left, and what became of the token vectors."""
        said = [f"{self.n_kept:,} of {self.n_weights:,} weights are those of {' and '.join(self.parents)}"]
        if self.new:
            said.append(f"new, from chance: {_listed(self.new)}")
        if self.left:
            said.append(f"left behind: {_listed(self.left)}")
        said.append("its vocabulary is kept" if self.vocabulary is None else self.vocabulary.describe())
        return said

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        kept = values["vocabulary"]
        return cls(**{**values, "vocabulary": None if kept is None else Kept.from_json(kept)})


def whole_shape(parents: Sequence[Parent]) -> Described:
    """The shape of a model that reads and writes, made of one trained model, or of an encoder and a decoder.

    Args:
        parents: one or two.
    Raises:
        OptionError: they do not make one.
    """
    if len(parents) == 1:
        return _completed(parents[0].shape)
    if len(parents) != 2:
        raise OptionError(f"--init names one run, or an encoder and a decoder: got {len(parents)}")
    first, second = parents
    shapes = [parent.shape for parent in parents]
    halves = [shape for shape in shapes if isinstance(shape, Architecture) and _is_half(shape)]
    if len(halves) != 2 or bool(halves[0].n_encoder_layers) == bool(halves[1].n_encoder_layers):
        raise OptionError(
            f"--init names one run, or an encoder and a decoder: got {first.name}, {_form(shapes[0])}, and "
            f"{second.name}, {_form(shapes[1])}"
        )
    reads, writes = sorted(halves, key=lambda shape: not shape.n_encoder_layers)
    for item in fields(Architecture):
        both = [getattr(shape, item.name) for shape in halves]
        if item.name not in _OF_A_STACK and both[0] != both[1]:
            raise OptionError(
                f"--init: both halves of a model need the same {item.name}: {first.name} has {both[0]!r} and "
                f"{second.name} {both[1]!r}; give runs of one shape"
            )
    return replace(
        reads,
        n_decoder_layers=writes.n_decoder_layers,
        decoder_positions=writes.decoder_positions,
        max_len=min(reads.max_len, writes.max_len),
        tie="output" if writes.tie in ("all", "output") else "none",
        output="linear",
        pooler=False,
    )


def warm_start(model: Model, parents: Sequence[Parent], codec: Codec) -> tuple[dict[str, Tensor], WarmStart]:
    """The tensors that a new model takes from trained ones.

    Args:
        model: new, of the shape that `whole_shape` gives with another vocabulary perhaps; it is left as it is.
        parents: trained.
        codec: tokenizer of the new model.
    Returns:
        the tensors by the names of its parameters, and what became of the weights.
    """
    taken: dict[str, Tensor] = {}
    new: dict[str, int] = {}
    used: set[tuple[str, str]] = set()
    vocabularies: list[Kept] = []
    wanted = dict(model.named_parameters())
    for name, parameter in wanted.items():
        found = next(((parent, key) for key in _names(name) for parent in parents if key in parent.tensors), None)
        tensor, kept = (None, None) if found is None else _taken(name, *found, codec)
        if found is None or tensor is None or tensor.shape[1:] != parameter.shape[1:]:
            part = _part(name)
            new[part] = new.get(part, 0) + parameter.numel()
            continue
        used.add((found[0].name, found[1]))
        # A table of learned positions may be longer than the window of both.
        taken[name] = tensor[: parameter.shape[0]].float().clone()
        assert taken[name].shape == parameter.shape, f"{name} of {found[0].name} has another shape"
        vocabularies += [kept] if kept is not None else []
    left: dict[str, int] = {}
    for parent in parents:
        for key, tensor in parent.tensors.items():
            if (parent.name, key) not in used:
                left[_part(key)] = left.get(_part(key), 0) + tensor.numel()
    n_weights = sum(parameter.numel() for parameter in wanted.values())
    names = [parent.name for parent in parents]
    kept = vocabularies[0] if vocabularies else None
    return taken, WarmStart(names, n_weights, n_weights - sum(new.values()), new, left, kept)


def _taken(name: str, parent: Parent, key: str, codec: Codec) -> tuple[Tensor, Kept | None]:
    """A tensor of a parent, its rows in the order of the new vocabulary where they are those of tokens."""
    tensor = parent.tensors[key]
    if _TABLE.fullmatch(name) is None:
        return tensor, None
    table = tensor[: parent.codec.vocab_size].float()
    if parent.codec.to_json() == codec.to_json():
        return table, None
    made, kept = moved(table.reshape(len(table), -1), parent.codec, codec)
    return made.reshape(-1, *table.shape[1:]), kept


def _names(name: str) -> list[str]:
    """Under which names a parent may have a parameter: the tokens of one stack serve the other that has none."""
    stack, _, rest = name.partition(".")
    if stack in _STACKS and rest == "embedding.tokens.weight":
        return [name, f"{_STACKS[1 - _STACKS.index(stack)]}.{rest}"]
    # Where logits are made with a matrix of their own, and the parent's were made with its tokens.
    return [name, *(f"{stack}.embedding.tokens.weight" for stack in _STACKS)] if name == "output.weight" else [name]


def _part(name: str) -> str:
    """A part of a model: "decoder.blocks.*.cross" of all that is below it."""
    return ".".join("*" if step.isdigit() else step for step in name.split(".")[:-1][:_DEPTH])


def _listed(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{part} ({count:,})" for part, count in parts.items())


def _is_half(shape: Architecture) -> bool:
    return not (shape.n_encoder_layers and shape.n_decoder_layers)


def _form(shape: Described) -> str:
    if not isinstance(shape, Architecture):
        return "no Transformer"
    stacks = {"encoder": shape.n_encoder_layers, "decoder": shape.n_decoder_layers}
    return "a model with " + " and ".join(f"{n} {stack} layers" for stack, n in stacks.items() if n)


def _completed(shape: Described) -> Described:
    """The same with the half that it lacks, as deep as the one that it has."""
    if not isinstance(shape, Architecture) or not _is_half(shape):
        return shape
    if shape.n_encoder_layers:
        layers, positions = shape.n_encoder_layers, shape.encoder_positions
        return replace(
            shape, n_decoder_layers=layers, decoder_positions=positions, tie="all", output="linear", pooler=False
        )
    tie: Tie = "all" if shape.tie in ("all", "output") else "input"
    layers, positions = shape.n_decoder_layers, shape.decoder_positions
    return replace(shape, n_encoder_layers=layers, encoder_positions=positions, tie=tie, output="linear")


def put_into(model: Model, tensors: Mapping[str, Tensor]) -> None:
    """Let a model begin with tensors of other ones.

    Args:
        model: changed in place.
        tensors: by the names of its parameters; what is not named stays as it is.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in tensors:
                parameter.copy_(tensors[name])
