import errno

import pytest
import safetensors.torch
import torch

from heedful.errors import RunError
from heedful.run import disk
from heedful.run.weights import load_tensors, save_tensors, tensor_bytes
from tests.run.faults import Disk

DTYPES = (
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32,
    torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64,
)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip_of_every_dtype(tmp_path, dtype):
    tensors = {
        "scalar": torch.ones((), dtype=dtype),
        "empty": torch.ones((0, 3), dtype=dtype),
        "matrix": torch.arange(12).reshape(3, 4).to(dtype),
    }
    save_tensors(tmp_path / "t", tensors)
    loaded = load_tensors(tmp_path / "t")
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == dtype
        assert loaded[name].shape == tensor.shape
        assert torch.equal(loaded[name], tensor)


def test_the_bytes_are_those_of_the_safetensors_library():
    tensors = {"b": torch.randn(3, 5), "a": torch.arange(7), "c": torch.randn(2).bfloat16(), "d": torch.tensor(True)}
    ours = b"".join(tensor_bytes(tensors, {"format": "pt"}))
    theirs = safetensors.torch.save(tensors, {"format": "pt"})
    assert ours == theirs


def test_views_and_shared_memory_are_written_by_value(tmp_path):
    matrix = torch.arange(12.0).reshape(3, 4)
    tensors = {"all": matrix, "part": matrix[1:, ::2], "turned": matrix.T, "grad": matrix.clone().requires_grad_()}
    save_tensors(tmp_path / "t", tensors)
    loaded = load_tensors(tmp_path / "t")
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())


def test_bits_survive_also_those_of_nan_and_subnormal_numbers(tmp_path):
    bits = torch.tensor([0x7FC00001, 0x00000001, -1, -(2**31)], dtype=torch.int32)
    save_tensors(tmp_path / "t", {"x": bits.view(torch.float32)})
    assert torch.equal(load_tensors(tmp_path / "t")["x"].view(torch.int32), bits)


def test_loaded_tensors_outlive_their_file_and_may_be_changed(tmp_path):
    save_tensors(tmp_path / "t", {"x": torch.zeros(1000)})
    loaded = load_tensors(tmp_path / "t")
    loaded["x"] += 1
    assert load_tensors(tmp_path / "t")["x"].sum() == 0
    (tmp_path / "t").unlink()
    assert loaded["x"].sum() == 1000


def test_expected_names_shapes_dtypes_and_finite_values(tmp_path):
    model = torch.nn.Linear(3, 2)
    save_tensors(tmp_path / "t", model.state_dict())
    load_tensors(tmp_path / "t", expected=model.state_dict())
    for wanted, complaint in [
        ({"weight": torch.zeros(2, 3)}, "has an unexpected tensor 'bias'"),
        ({**model.state_dict(), "weights": torch.zeros(1)}, "has no tensor 'weights'; did you mean 'weight'"),
        (
            {**model.state_dict(), "bias": torch.zeros(3)},
            r"bias must be torch.float32 \(3,\): got torch.float32 \(2,\)",
        ),
        ({**model.state_dict(), "bias": torch.zeros(2).half()}, "bias must be torch.float16"),
    ]:
        with pytest.raises(RunError, match=complaint):
            load_tensors(tmp_path / "t", expected=wanted)
    with torch.no_grad():
        model.bias[1] = torch.nan
    save_tensors(tmp_path / "t", model.state_dict())
    with pytest.raises(RunError, match="bias has values that are not finite"):
        load_tensors(tmp_path / "t", expected=model.state_dict())


def test_damage_and_absence_are_named(tmp_path):
    with pytest.raises(RunError, match=r"cannot read .*/t: No such file"):
        load_tensors(tmp_path / "t")
    save_tensors(tmp_path / "t", {"x": torch.zeros(100)})
    content = (tmp_path / "t").read_bytes()
    for size in (0, 5, 8, 30, len(content) - 1):
        (tmp_path / "t").write_bytes(content[:size])
        with pytest.raises(RunError, match="t is damaged"):
            load_tensors(tmp_path / "t")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    save_tensors(tmp_path / "t", {"x": torch.zeros(3)})
    monkeypatch.setattr(disk, "os", Disk(2, "forever", errno.ENOSPC))
    with pytest.raises(RunError, match="No space left on device; free some space"):
        save_tensors(tmp_path / "t", {"x": torch.ones(3)})
    assert load_tensors(tmp_path / "t")["x"].sum() == 0


def test_no_name_for_a_dtype_is_our_mistake():
    with pytest.raises(AssertionError, match="complex64"):
        list(tensor_bytes({"x": torch.zeros(2, dtype=torch.complex64)}))
