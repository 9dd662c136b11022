"""Tensors in a file: the safetensors format, written in a stream and on the disk when the call returns."""

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from heedful.errors import RunError, suggest
from heedful.run.disk import naming, write_atomic

_CODES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.uint16: "U16",
    torch.uint32: "U32",
    torch.uint64: "U64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
}


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors as a safetensors file, whole or not at all. Tensors that share memory are written twice.

    Args:
        path: in an existing folder; an older file is replaced.
        tensors: of any shape, on any device.
        metadata: free strings for the header, as {"format": "pt"}.
    Raises:
        RunError: the file system refused; an older file is untouched.
    """
    write_atomic(path, tensor_bytes(tensors, metadata))


def tensor_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> Iterator[memoryview]:
    """The pieces of a safetensors file; one tensor at a time is copied to the host, so memory is not doubled.

    Args:
        tensors: of any shape, on any device.
        metadata: free strings for the header.
    """
    # Widest elements first, as safetensors does it: every tensor is then aligned to its own element size.
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in names:
        tensor = tensors[name]
        assert tensor.dtype in _CODES, f"safetensors has no name for {tensor.dtype} of {name}"
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _CODES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield memoryview(struct.pack("<Q", len(text)) + text)
    for name in names:
        flat = tensors[name].detach().cpu().contiguous().reshape(-1)
        yield flat.view(torch.uint8).numpy().data


def load_tensors(path: Path, expected: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
    """Read a safetensors file to the host.

    Args:
        path: the file.
        expected: tensors of the names, shapes and dtypes that must come (a model's `state_dict`); then every value
            must be finite too.
    Raises:
        RunError: the file is missing, damaged, or does not fit `expected`; the message names the tensor.
    """
    with naming(path, "read"):
        path.open("rb").close()
        try:
            tensors = load_file(path)
        except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise RunError(f"{path} is damaged: {error}; copy it again from where it was whole") from error
    if expected is not None:
        _compare(path, tensors, expected)
    return tensors


def _compare(path: Path, tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    advice = "the weights are not those of this config.json; copy both from the same run"
    for name, wanted in expected.items():
        if name not in tensors:
            raise RunError(f"{path} has no tensor {name!r}{suggest(name, tensors) if tensors else ''}; {advice}")
        found = tensors[name]
        if found.shape != wanted.shape or found.dtype != wanted.dtype:
            raise RunError(
                f"{path}: {name} must be {wanted.dtype} {tuple(wanted.shape)}: "
                f"got {found.dtype} {tuple(found.shape)}; {advice}"
            )
        if found.is_floating_point() and not torch.isfinite(found).all():
            raise RunError(f"{path}: {name} has values that are not finite; train again from an earlier checkpoint")
    for name in tensors:
        if name not in expected:
            raise RunError(f"{path} has an unexpected tensor {name!r}; {advice}")
