"""The tensors of a model folder as the Hugging Face hub has it: in one file or several, of safetensors or of torch."""

import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from heedful.errors import RunError
from heedful.run.disk import naming, read_json
from heedful.run.weights import load_tensors

# In the order in which they are looked for: whole, then in parts that an index names.
FILES = ("model.safetensors", "pytorch_model.bin")
_INDEX = ".index.json"


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a model's weights.

    Args:
        folder: with a config.json.
    Raises:
        RunError: there are none, an index is damaged, or a file that it names is missing.
    """
    for name in FILES:
        if (folder / name).is_file():
            return [folder / name]
        if (folder / (name + _INDEX)).is_file():
            return _parts(folder / (name + _INDEX))
    raise RunError(
        f"{folder} holds no weights: expected {' or '.join(FILES)}, or an index of their parts; files of TensorFlow, "
        "Flax and ONNX are not read"
    )


def read_tensors(files: list[Path]) -> dict[str, Tensor]:
    """All tensors by name, as they are in the files.

    Args:
        files: from `weight_files`.
    Raises:
        RunError: a file is damaged, or holds more than tensors: nothing else is ever loaded.
    """
    found: dict[str, Tensor] = {}
    for path in files:
        found |= load_tensors(path) if path.suffix == ".safetensors" else _torch_tensors(path)
    return found


def _parts(index: Path) -> list[Path]:
    values = read_json(index)
    names = values.get("weight_map") if isinstance(values, dict) else None
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise RunError(f"{index} is damaged: expected a weight_map of names; fetch it again")
    parts = [index.parent / name for name in sorted(set(names.values()))]
    for path in parts:
        if path.parent != index.parent or not path.is_file():
            raise RunError(
                f"{path} is missing, which {index.name} names: the folder was fetched in part; fetch the rest"
            )
    return parts


def _torch_tensors(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file of torch's own kind, which may hold a program: it is never run."""
    with naming(path, "read"), warnings.catch_warnings():
        # What is odd about a file is either refused below, or of no concern.
        warnings.simplefilter("ignore")
        path.open("rb").close()
        try:
            found = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise RunError(
                f"{path} holds more than tensors, or is damaged: nothing of it was run; ask whoever made it for a "
                "model.safetensors"
            ) from error
        except (RuntimeError, EOFError, ValueError, KeyError, zipfile.BadZipFile, json.JSONDecodeError) as error:
            raise RunError(f"{path} is damaged: torch cannot read it; fetch it again") from error
    if not isinstance(found, dict) or not all(isinstance(each, Tensor) for each in found.values()):
        raise RunError(f"{path} holds more than tensors by name: ask whoever made it for a model.safetensors")
    return {str(name): tensor for name, tensor in found.items()}
