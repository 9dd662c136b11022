"""The model families by name: how to build one, and its weights as a file holds them."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.errors import OptionError, RunError, suggest
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.tasks.defaults import Shape, Size, architecture_for, attending_rnn_for, conv_for, rnn_for

Net = TypeVar("Net", bound=Model)


@dataclass(frozen=True)
class Family:
    """A kind of model.

    Args:
        read: makes its architecture from JSON values.
        build: makes a model with random weights from its architecture.
        shape_for: its architecture for a row of the table of defaults and a vocabulary.
    """

    read: Callable[[dict[str, Any]], Any]
    build: Callable[[Any], Model]
    shape_for: Callable[[Size, int], Shape]


FAMILIES: Mapping[str, Family] = {
    "transformer": Family(Architecture.from_json, Transformer, architecture_for),
    "rnn": Family(RNNArchitecture.from_json, RNN, rnn_for),
    "rnn-attention": Family(RNNArchitecture.from_json, RNN, attending_rnn_for),
    "conv": Family(ConvArchitecture.from_json, ConvS2S, conv_for),
}


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        OptionError: there is none.
    """
    if name not in FAMILIES:
        raise OptionError(f"model {name!r} is not known{suggest(name, FAMILIES)}")
    return FAMILIES[name]


def weights_of(model: Model) -> dict[str, Tensor]:
    """The parameters by name; a tied one stands once, under its first name."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


@torch.no_grad()
def load_weights(model: Model, tensors: Mapping[str, Tensor], origin: str) -> None:
    """Put the tensors of a file into a model.

    Args:
        model: changed in place.
        tensors: by the names of `weights_of`.
        origin: the file, for messages.
    Raises:
        RunError: a tensor is missing, left over, of another shape, or holds NaN or Inf.
    """
    wanted = dict(model.named_parameters())
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing or extra:
        what = f"{len(missing)} missing {missing[:3]}, {len(extra)} left over {extra[:3]}"
        raise RunError(f"{origin} does not fit its config.json: {what}; restore both files from the same run")
    for name, parameter in wanted.items():
        found = tensors[name]
        if found.shape != parameter.shape or found.is_floating_point() != parameter.is_floating_point():
            raise RunError(
                f"{origin}: {name} should be {tuple(parameter.shape)} {parameter.dtype}, and is {tuple(found.shape)} "
                f"{found.dtype}; restore config.json and model.safetensors from the same run"
            )
        if not torch.isfinite(found).all():
            raise RunError(f"{origin}: {name} holds NaN or infinite numbers; this model cannot be used, train it again")
        parameter.copy_(found)


def compression_of(run: RunDirectory) -> Mapping[str, Any] | None:
    """What config.json says of how a run was compressed: its "dtype", the layers "kept", and what it was "made_of".

    Args:
        run: may be damaged, or none.
    Returns:
        None of one that was trained as it is.
    """
    config = read_json(run.config) if run.config.is_file() else {}
    found = config.get("compression") if isinstance(config, dict) else None
    return found if isinstance(found, dict) else None


def n_parameters(model: Model) -> int:
    """How many numbers were learned; tied ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def snapshot(model: Net, numerics: Numerics) -> Net:
    """A copy of a model in training, in the dtype of use; the model is left as it is."""
    return copy.deepcopy(model).to(device=numerics.device, dtype=numerics.dtype).eval()
