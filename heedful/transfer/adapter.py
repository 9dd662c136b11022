"""LoRA corrections as a file of their own, in the layout that peft writes and reads, under a family's names.

Hu et al. 2021, arXiv:2106.09685.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.errors import OptionError, RunError
from heedful.model.transformer import Transformer
from heedful.run.disk import make_folder, read_json, write_json
from heedful.run.weights import load_tensors, save_tensors
from heedful.transfer.families.layout import SAME
from heedful.transfer.families.table import LAYOUTS
from heedful.transfer.lora import corrections

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# What stands before the name of a module, and behind it.
_FRONT, _DOWN, _UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
# What would make it more than two thin matrices beside a weight, and the values that do not.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "bias": ("none", None),
    "use_dora": (False, None),
    "alpha_pattern": ({}, None),
    "lora_bias": (False, None),
    "layer_replication": (None,),
    "alora_invocation_tokens": (None,),
    # Other first values are taken out of the weights of the model itself before anything is learned (PiSSA, OLoRA).
    "init_lora_weights": (True, False, None, "gaussian", "eva"),
}


def save_adapter(model: Transformer, folder: Path, base: str) -> None:
    """Write the corrections alone: adapter_config.json and adapter_model.safetensors.

    A model that some family has goes under its names, as those of transformers' AutoModel; another under our own.

    Args:
        model: with corrections.
        folder: created when missing.
        base: the model that they correct, as a name or a path.
    Raises:
        RunError: the file system refused.
    """
    layers = dict(corrections(model))
    assert layers, "a model without corrections has no adapter"
    theirs = _names_there(model.architecture)
    named = theirs if layers.keys() <= theirs.keys() else {}
    tensors: dict[str, Tensor] = {}
    for name, layer in layers.items():
        modules = named.get(name, [name])
        # Rows of ours that are modules of their own there: they read the same and write each its own.
        for module, up in zip(modules, layer.up.detach().chunk(len(modules)), strict=True):
            tensors[f"{_FRONT}{module}{_DOWN}"] = layer.down.detach().clone()
            tensors[f"{_FRONT}{module}{_UP}"] = up.clone()
    first = next(iter(layers.values()))
    rank = len(first.down)
    make_folder(folder)
    save_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
    modules = sorted(name.removeprefix(_FRONT).removesuffix(_UP) for name in tensors if name.endswith(_UP))
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": first.scale * rank,
        # Whole names: the last part of one may be that of another that has no correction.
        "target_modules": modules,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "task_type": None,
    }
    write_json(folder / CONFIG, config)


def adapter_files(folder: Path) -> list[Path]:
    """Those that an adapter consists of."""
    return [folder / CONFIG, folder / WEIGHTS]


def with_adapter(tensors: Mapping[str, Tensor], folder: Path) -> tuple[dict[str, Tensor], list[str]]:
    """The weights of a model with somebody's corrections added, and whole weights of the adapter in their place.

    Args:
        tensors: by the names of their family.
        folder: what peft wrote.
    Returns:
        The weights; and the names of the adapter's tensors that the model has no place for: a head of its own.
    Raises:
        RunError: the folder is none that peft wrote, is damaged, or corrects a weight that the model has not.
        OptionError: the corrections are of another kind.
    """
    config = _read_config(folder)
    found, given = dict(tensors), load_tensors(folder / WEIGHTS)
    names = [name.removesuffix(_DOWN) for name in given if name.endswith(_DOWN)]
    if not names:
        raise RunError(f"{folder / WEIGHTS} holds no corrections: expected names that end in {_DOWN}")
    for name in names:
        place = _place(name.removeprefix(_FRONT) + ".weight", found, folder)
        added, weight = _correction(name, given, config, folder), found[place]
        _check_shape(place, weight, added)
        found[place] = (weight.double() + added).to(weight.dtype if weight.is_floating_point() else torch.float32)
    beyond = []
    for name in sorted(set(given) - {name + end for name in names for end in (_DOWN, _UP)}):
        if ".lora_" in name or "trainable_tokens" in name:
            raise OptionError(
                f"{folder / WEIGHTS} has {name}: expected two matrices for each weight, {_DOWN} and {_UP}; merge it "
                "with peft"
            )
        # Learned whole beside the corrections: words that were added, or a head.
        places = _places(name.removeprefix(_FRONT), found)
        for place in places:
            _check_shape(place, found[place], given[name])
            found[place] = given[name]
        beyond += [] if places else [name]
    return found, beyond


def _correction(name: str, given: Mapping[str, Tensor], config: Mapping[str, Any], folder: Path) -> Tensor:
    """What is added to the weight of a module."""
    down, up = given[name + _DOWN], given.get(name + _UP)
    if up is None or down.ndim != 2 or up.ndim != 2 or up.shape[1] != len(down) or not len(down):
        raise RunError(
            f"{folder / WEIGHTS} is damaged: {name} lacks its two matrices, (R, I) and (O, R); copy it again"
        )
    rank = len(down)
    added = config["lora_alpha"] / (rank**0.5 if config.get("use_rslora") else rank) * (up.double() @ down.double())
    if not added.isfinite().all():
        raise RunError(f"{folder} corrects {name} by NaN or infinite numbers: it is damaged; copy it again")
    # A product that keeps its matrix as (in, out).
    return added.mT if config.get("fan_in_fan_out") else added


def _check_shape(place: str, weight: Tensor, given: Tensor) -> None:
    if given.shape != weight.shape:
        raise RunError(
            f"the adapter corrects {place} by {tuple(given.shape)}, and the model has {tuple(weight.shape)}: take the "
            "model that the adapter was made for"
        )


def _read_config(folder: Path) -> Mapping[str, Any]:
    for path in adapter_files(folder):
        if not path.is_file():
            raise RunError(f"{folder} has no {path.name}: expected a folder that peft wrote, {CONFIG} and {WEIGHTS}")
    config = read_json(folder / CONFIG)
    if not isinstance(config, dict) or not isinstance(config.get("lora_alpha"), int | float):
        raise RunError(f"{folder / CONFIG} is damaged: expected keys and values, lora_alpha among them")
    for key, plain in _PLAIN.items():
        if config.get(key) not in plain:
            raise OptionError(f"{folder / CONFIG} has {key} {config[key]!r}: expected {plain[0]!r}; merge it with peft")
    return config


def _place(name: str, tensors: Mapping[str, Tensor], folder: Path) -> str:
    """The one weight of that name."""
    found = _places(name, tensors)
    if len(found) != 1:
        what = "no weight" if not found else f"{len(found)} weights"
        raise RunError(
            f"{folder} corrects {name}, and the model has {what} of that name: take the model it was made for"
        )
    return found[0]


def _places(name: str, tensors: Mapping[str, Tensor]) -> list[str]:
    """The weights of that name; one of the two may have a prefix before it."""
    return [each for each in tensors if each == name or each.endswith(f".{name}") or name.endswith(f".{each}")]


def _names_there(shape: Architecture) -> dict[str, list[str]]:
    """Of our modules, those that are their rows in a family that has such a model; none where none has."""
    layouts = (each for each in LAYOUTS.values() if each.order is None and not each.refusal(shape))
    pairs = next((each.body(shape) for each in layouts), [])
    return {pair.ours: pair.theirs.split(" + ") for pair in pairs if pair.change is SAME and " + " not in pair.ours}
