"""Doing without parts of a finished Transformer: what heads and layers are worth, and the model without some layers.

Heads are weighed and not removed: `docs/decisions/0011-heads-are-weighed-not-pruned.md`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn

from heedful.data.batch import Batch
from heedful.errors import OptionError, suggest
from heedful.interface import Objective
from heedful.model.attention import Attention
from heedful.model.transformer import Transformer

_BLOCK = re.compile(r"(encoder|decoder)\.blocks\.(\d+)\.(.+)")


def layers_of(model: Transformer) -> list[str]:
    """The names of its layers: "encoder.0", "encoder.1", ..., "decoder.0", ..."""
    shape = model.architecture
    counts = {"encoder": shape.n_encoder_layers, "decoder": shape.n_decoder_layers}
    return [f"{stack}.{index}" for stack, count in counts.items() for index in range(count)]


def drop_layers(model: Transformer, names: Collection[str]) -> Transformer:
    """A smaller model without some layers; all else is as it was.

    Args:
        model: is left as it is.
        names: of layers, as `layers_of` gives them.
    Raises:
        OptionError: there is no such layer, or none would be left of encoder or decoder.
    """
    known = layers_of(model)
    for name in names:
        if name not in known:
            raise OptionError(f"there is no layer {name!r}{suggest(name, known)}")
    left = [name for name in known if name not in names]
    place = {name: index for stack in ("encoder", "decoder") for index, name in enumerate(_of(stack, left))}
    for stack in ("encoder", "decoder"):
        if _of(stack, known) and not _of(stack, left):
            raise OptionError(f"the {stack} needs a layer: got all {len(_of(stack, known))} to drop; keep one of them")
    n_encoder, n_decoder = (len(_of(stack, left)) for stack in ("encoder", "decoder"))
    with torch.random.fork_rng(devices=[]):
        smaller = Transformer(replace(model.architecture, n_encoder_layers=n_encoder, n_decoder_layers=n_decoder))
    tensors: dict[str, Tensor] = {}
    for key, tensor in model.state_dict().items():
        found = _BLOCK.fullmatch(key)
        if found is None:
            tensors[key] = tensor
        elif (name := f"{found[1]}.{found[2]}") in place:
            tensors[f"{found[1]}.blocks.{place[name]}.{found[3]}"] = tensor
    some = model.output.weight
    smaller = smaller.to(device=some.device, dtype=some.dtype).train(model.training)
    smaller.load_state_dict(tensors)
    return smaller


def layer_importance(model: Transformer, objective: Objective, batches: Sequence[Batch]) -> dict[str, float]:
    """What each layer is worth: by how much the loss of a token rises without it, nats.

    Args:
        model: finished; in evaluation mode.
        objective: whose loss it is.
        batches: text that the model has not learned from, on its device.
    Returns:
        By layer; those that cannot be missed, the last of their stack, are left out.
    """
    whole = _loss(model, objective, batches)
    names = layers_of(model)
    several = [name for name in names if len(_of(name.partition(".")[0], names)) > 1]
    return {name: _loss(drop_layers(model, [name]), objective, batches) - whole for name in several}


def least_layers(model: Transformer, objective: Objective, batches: Sequence[Batch], n: int) -> list[str]:
    """The layers to drop first, one by one: after each the others are weighed anew, since they stand in for it.

    Args:
        model: as for `layer_importance`.
        objective: as for `layer_importance`.
        batches: as for `layer_importance`.
        n: how many.
    Returns:
        Their names in `model`, the least first.
    Raises:
        OptionError: so many cannot be dropped.
    """
    names = layers_of(model)
    most = len(names) - len({name.partition(".")[0] for name in names})
    if not 0 <= n <= most:
        raise OptionError(f"of {len(names)} layers 0 to {most} can be dropped: got {n}; each stack needs one")
    dropped: list[str] = []
    for _ in range(n):
        left = [name for name in names if name not in dropped]
        place = dict(zip(layers_of(drop_layers(model, dropped)), left, strict=True))
        worth = layer_importance(drop_layers(model, dropped), objective, batches)
        dropped.append(place[min(worth, key=worth.__getitem__)])
    return dropped


def head_importance(model: Transformer, objective: Objective, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """What each head is worth: how steeply the loss of a sentence changes with a gate on what the head says.

    Args:
        model: finished; in evaluation mode.
        objective: whose loss it is, summed over the tokens of a sentence.
        batches: text that the model has not learned from, on its device.
    Returns:
        By the name of its attention, for each of its heads the mean over the sentences, nats. To compare heads of
        different layers, divide each by its norm.
    Source:
        Michel et al. 2019, arXiv:1905.10650, section 4.1, equation (2).
    """
    found: dict[str, Tensor] = {}
    n_sentences = 0
    for batch in batches:
        with _gates(model) as gates, torch.enable_grad():
            loss = objective(model, batch)
            slopes = torch.autograd.grad(loss.total, list(gates.values()))
        for name, slope in zip(gates, slopes, strict=True):
            worth = slope.abs().sum(0).flatten().float()
            found[name] = found[name] + worth if name in found else worth
        n_sentences += len(batch.labels)
    return {name: worth / n_sentences for name, worth in found.items()}


@contextmanager
def _gates(model: Transformer) -> Iterator[dict[str, Tensor]]:
    """A gate of one on every head for every sentence, by the name of its attention, once a forward pass was made."""
    gates: dict[str, Tensor] = {}
    n_heads = model.architecture.n_heads

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor]]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
            said = inputs[0].unflatten(-1, (n_heads, -1))
            gates[name] = said.new_ones(len(said), 1, n_heads, 1, requires_grad=True)
            return ((said * gates[name]).flatten(2),)

        return hook

    handles = [
        module.output.register_forward_pre_hook(watch(name))
        for name, module in model.named_modules()
        if isinstance(module, Attention)
    ]
    try:
        yield gates
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def _loss(model: Transformer, objective: Objective, batches: Iterable[Batch]) -> float:
    losses = [objective(model, batch) for batch in batches]
    return float(sum(loss.total for loss in losses)) / float(sum(loss.count for loss in losses))


def _of(stack: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.partition(".")[0] == stack]
