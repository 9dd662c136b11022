"""What training needs to go on exactly where it was: each checkpoint a folder that is complete or does not exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from heedful.errors import RunError
from heedful.run.directory import checkpoint_folders
from heedful.run.disk import atomic_folder, clear_leftovers, encode_json, make_folder, read_json, remove, write_file
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.weights import load_tensors, tensor_bytes

_TENSORS = "tensors.safetensors"
_VALUES = "values.json"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run after some step.

    Args:
        step: steps done.
        tensors: by name, of any shape, on the host.
        values: plain JSON values.
        path: its folder.
        skipped: what to tell the user: a message for each newer checkpoint that is damaged and was passed over.
    """

    step: int
    tensors: dict[str, Tensor]
    values: dict[str, Any]
    path: Path
    skipped: tuple[str, ...] = ()


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, Tensor], values: Mapping[str, Any], keep: int = 2
) -> Path:
    """Write a checkpoint, wait until it is on the disk, and only then remove those that are no longer needed.

    The checkpoint saved last is the truth: later steps (of a timeline that was rolled back) and older checkpoints of
    the same step are removed too.

    Args:
        folder: the run's `training/`; created when missing.
        step: steps done.
        tensors: of any shape, on any device.
        values: plain JSON values with string keys; floats keep every bit, infinities too.
        keep: how many steps to keep, this one included.
    Returns:
        The new folder.
    Raises:
        RunError: the file system refused; every older checkpoint that was there is still there.
    """
    assert keep >= 1, f"expected keep >= 1: got {keep}"
    assert step >= 0, f"expected step >= 0: got {step}"
    _check_plain(values, "values")
    make_folder(folder)
    clear_leftovers(folder)
    older = checkpoint_folders(folder)
    generation = 1 + max((other for number, other, _ in older if number == step), default=0)
    path = folder / (f"checkpoint-{step:08d}" + (f"-{generation}" if generation > 1 else ""))
    with atomic_folder(path) as part:
        write_file(part / _TENSORS, tensor_bytes(tensors))
        write_file(part / _VALUES, encode_json({"step": step, "values": values}))
        write_manifest(part)
    kept = {step}
    for number, _, old in older:
        if number < step and len(kept | {number}) <= keep and number not in kept:
            kept.add(number)
        else:
            remove(old)
    return path


def latest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; damaged ones are passed over and named in its `skipped`.

    Args:
        folder: the run's `training/`. Nothing in it is changed.
    Returns:
        None when there is no checkpoint at all.
    Raises:
        RunError: there are checkpoints, and every one is damaged.
    """
    skipped: list[str] = []
    for step, _, path in checkpoint_folders(folder):
        try:
            tensors, values = _load(path, step)
        except RunError as error:
            skipped.append(f"passed over {path.name}: {error}")
        else:
            return Checkpoint(step, tensors, values, path, tuple(skipped))
    if skipped:
        raise RunError(f"no checkpoint in {folder} is whole; train again with another --out; {'; '.join(skipped)}")
    return None


def _load(path: Path, step: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    check_manifest(path, required=(_TENSORS, _VALUES))
    record = read_json(path / _VALUES)
    if record["step"] != step:
        raise RunError(f"{path} holds step {record['step']}: the folder was renamed; give it its name back")
    return load_tensors(path / _TENSORS), record["values"]


def _check_plain(value: object, name: str) -> None:
    """JSON turns other keys into strings in silence; a resumed run would then differ."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            assert isinstance(key, str), f"the keys of {name} must be strings: got {key!r}"
            _check_plain(item, f"{name}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_plain(item, f"{name}[{index}]")
    else:
        assert value is None or isinstance(value, str | int | float), f"{name} is no plain value: {type(value)}"
