"""Files of weights: whole, in parts, of torch; and those that hold a program."""

import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from heedful.errors import RunError
from heedful.transfer.weight_files import read_tensors, weight_files

TENSORS = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}


def read(folder):
    return {name: tensor.tolist() for name, tensor in read_tensors(weight_files(folder)).items()}


def expected():
    return {name: tensor.tolist() for name, tensor in TENSORS.items()}


def test_one_file(tmp_path):
    torch.save(TENSORS, tmp_path / "pytorch_model.bin")
    assert read(tmp_path) == expected()
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    assert read(tmp_path) == {"a": [0.0]}


@pytest.mark.parametrize(("save", "name", "part"), [
    (save_file, "model.safetensors", "model-{}.safetensors"), (torch.save, "pytorch_model.bin", "pytorch_model-{}.bin")
])  # fmt: skip
def test_parts(save, name, part, tmp_path):
    for key, tensor in TENSORS.items():
        save({key: tensor}, tmp_path / part.format(key))
    index = {"metadata": {}, "weight_map": {key: part.format(key) for key in TENSORS}}
    (tmp_path / f"{name}.index.json").write_text(json.dumps(index))
    assert read(tmp_path) == expected()
    (tmp_path / part.format("b")).unlink()
    with pytest.raises(RunError, match=f"{part.format('b')} is missing, which {name}.index.json names"):
        weight_files(tmp_path)


@pytest.mark.parametrize("content", ["[]", '{"weight_map": {"a": 3}}', '{"weight_map": {"a": "../x.safetensors"}}'])
def test_an_index_that_is_none(content, tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text(content)
    (tmp_path.parent / "x.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"index.json|is missing"):
        weight_files(tmp_path)


def test_no_weights(tmp_path):
    with pytest.raises(RunError, match=r"holds no weights: expected model\.safetensors or pytorch_model"):
        weight_files(tmp_path)


class Program:
    """Writes a file when it is loaded by whoever trusts it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_program_is_never_run(tmp_path):
    trace = tmp_path / "was-run"
    torch.save({"a": torch.ones(1), "b": Program(str(trace))}, tmp_path / "pytorch_model.bin")
    with pytest.raises(RunError, match="holds more than tensors, or is damaged: nothing of it was run"):
        read(tmp_path)
    assert not trace.exists()


def test_what_is_not_a_table_of_tensors(tmp_path):
    torch.save({"a": torch.ones(1), "epoch": 3}, tmp_path / "pytorch_model.bin")
    with pytest.raises(RunError, match="holds more than tensors by name"):
        read(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps([1])[:-3])
    with pytest.raises(RunError, match="damaged"):
        read(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(RunError, match="damaged"):
        read(tmp_path)
