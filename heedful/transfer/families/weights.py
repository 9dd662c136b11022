"""Weights under a family's names, brought under ours, and back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.errors import RunError
from heedful.model.transformer import Transformer
from heedful.transfer.families.layout import Layout, Pair, Tensors, Values

# Weights of ours that have an axis of d_model, by the ends of their names.
_READS = ("attention.query.weight", "key_value.weight", "cross.query.weight", "widen.weight", "tokens.weight")
_WRITES = ("attention.output.weight", "cross.output.weight", "narrow.weight")
_VECTORS = ("attention.output.bias", "cross.output.bias", "narrow.bias", "norm.weight", "norm.bias")


@dataclass(frozen=True)
class Names:
    """A pair with `weight` or `bias` behind its names: tensors there and here.

    Args:
        theirs: cut from one tensor or several.
        ours: the same rows, in the same order.
        pair: that it is of.
    """

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    pair: Pair


@torch.no_grad()
def read_model(layout: Layout, config: Values, tensors: Tensors) -> tuple[Transformer, list[str]]:
    """A model with the weights of a file.

    Args:
        layout: of the family.
        config: its config.json.
        tensors: by the names in the file.
    Returns:
        The model, in float64 where they are float64 and in float32 otherwise; and the names of tensors that are
        outside of it and have no place here: another task's head.
    Raises:
        OptionError: the configuration cannot be expressed here.
        RunError: a tensor is missing, or has another shape; or one inside of the model has no place here.
    """
    given, outside = _bare(layout, tensors)
    shape = layout.architecture(config, given)
    if (n_layers := shape.n_encoder_layers + shape.n_decoder_layers) > max(1, len(given)):
        raise RunError(
            f"config.json describes {n_layers:,} layers and the weights are {len(given):,} tensors, fewer than that: "
            "take both files from the same model"
        )
    with torch.device("meta"):
        wanted = {name: parameter.shape for name, parameter in Transformer(shape).named_parameters()}
    pairs = list(_names(layout, shape, wanted))
    used = {name for names in pairs for name in names.theirs}
    left = [name for name in given if name not in used and not _is_copy(layout, name, given)]
    _require(layout, [name for name in used if name not in given], [name for name in left if name not in outside])
    dtype = torch.float64 if any(tensor.dtype == torch.float64 for tensor in given.values()) else torch.float32
    found: dict[str, Tensor] = {}
    for names in pairs:
        found |= _cut(names, {name: given[name].to(dtype) for name in names.theirs}, wanted)
    assert found.keys() == wanted.keys(), sorted(found.keys() ^ wanted.keys())
    if layout.order is not None:
        found = _reordered(found, torch.tensor(layout.order(shape.d_model)).argsort())
    model = Transformer(shape).to(dtype).eval()
    for name, parameter in model.named_parameters():
        parameter.copy_(found[name])
    return model, left


@torch.no_grad()
def written_weights(layout: Layout, model: Transformer) -> dict[str, Tensor]:
    """The weights of a model under their names there; what is shared stands once.

    Args:
        layout: `Layout.refusal` has nothing against the model's architecture.
        model: is left as it is.
    """
    shape = model.architecture
    ours = {name: parameter.detach() for name, parameter in model.named_parameters()}
    if layout.order is not None:
        ours = _reordered(ours, torch.tensor(layout.order(shape.d_model)))
    head = {name for pair in layout.head(shape) for name in pair.theirs.split(" + ")}
    found = {}
    for names in _names(layout, shape, ours):
        rows = torch.cat([ours[name] for name in names.ours])
        in_head = any(part in head for part in names.pair.theirs.split(" + "))
        for name, part in zip(names.theirs, rows.chunk(len(names.theirs)), strict=True):
            full = name if in_head or not layout.has_head(shape) else layout.prefix + name
            found[full] = names.pair.change.written(part).contiguous()
    return found


def _names(layout: Layout, shape: Architecture, ours: Mapping[str, object]) -> Iterator[Names]:
    """The pairs of all tensors that a model has."""
    for pair in (*layout.body(shape), *layout.head(shape)):
        here, there = pair.ours.split(" + "), pair.theirs.split(" + ")
        if here[0] in ours:
            yield Names(tuple(there), tuple(here), pair)
        for kind in ("weight", "bias"):
            if f"{here[0]}.{kind}" in ours:
                yield Names(tuple(f"{name}.{kind}" for name in there), tuple(f"{name}.{kind}" for name in here), pair)


def _bare(layout: Layout, tensors: Tensors) -> tuple[dict[str, Tensor], set[str]]:
    """The tensors without the body's prefix, and the names of those that are outside of the body."""
    given = {name: tensor for name, tensor in tensors.items() if not name.endswith(tuple(layout.unused))}
    for old, new in layout.older.items():
        given = {name.removesuffix(old) + new if name.endswith(old) else name: tensor for name, tensor in given.items()}
    if not layout.prefix or not any(name.startswith(layout.prefix) for name in given):
        return given, set()
    outside = {name for name in given if not name.startswith(layout.prefix)}
    return {name.removeprefix(layout.prefix): tensor for name, tensor in given.items()}, outside


def _is_copy(layout: Layout, name: str, given: Tensors) -> bool:
    """Whether a tensor stands there under another name too.

    Raises:
        RunError: it does, and is not the same.
    """
    originals = [original for original in layout.copies.get(name, ()) if original in given]
    if originals and not torch.equal(given[name], given[originals[0]]):
        raise RunError(
            f"{name} is not {originals[0]}, though they are one by config.json (tie_word_embeddings): take both files "
            "from the same model"
        )
    return bool(originals)


def _require(layout: Layout, missing: Sequence[str], strange: Sequence[str]) -> None:
    """See that every tensor has its place, and every place its tensor.

    Raises:
        RunError: not so; the message names the first few.
    """
    said = [
        f"{len(names)} {what} ({', '.join(sorted(names)[:3])}{', ...' if len(names) > 3 else ''})"
        for what, names in (("missing", missing), ("that have no place", strange))
        if names
    ]
    if said:
        raise RunError(
            f"the weights are not those of the {layout.model_type} that config.json describes: tensors "
            f"{' and '.join(said)}; take both files from the same model"
        )


def _cut(names: Names, given: Tensors, wanted: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    """Rows as ours has them.

    Raises:
        RunError: they have another shape, or a number is not finite.
    """
    parts = [names.pair.change.read(tensor) for tensor in given.values()]
    fits = len({part.shape[1:] for part in parts}) == 1
    sizes = [wanted[name][0] for name in names.ours]
    fits = fits and sum(map(len, parts)) == sum(sizes)
    if not fits or any(wanted[name][1:] != parts[0].shape[1:] for name in names.ours):
        theirs = " and ".join(f"{name} of {tuple(tensor.shape)}" for name, tensor in given.items())
        ours = " and ".join(f"{name} of {tuple(wanted[name])}" for name in names.ours)
        raise RunError(f"the file has {theirs}, and by config.json it is to make {ours}; take both from the same model")
    for name, tensor in given.items():
        if not torch.isfinite(tensor).all():
            raise RunError(f"{name} holds NaN or infinite numbers: the file is damaged; fetch it again")
    return dict(zip(names.ours, torch.cat(parts).split(sizes), strict=True))


def _reordered(tensors: Tensors, order: Tensor) -> dict[str, Tensor]:
    """Weights whose axes of d_model are put in another order; every logit stays what it is."""
    return {
        name: tensor if (axis := _axis(name)) is None else tensor.index_select(axis, order)
        for name, tensor in tensors.items()
    }


def _axis(name: str) -> int | None:
    """Which axis of a weight of ours is d_model; None of one that has none."""
    if name == "output.weight" or name.endswith(_READS):
        return 1
    return 0 if name.endswith((*_WRITES, *_VECTORS)) else None
