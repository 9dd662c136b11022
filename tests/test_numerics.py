import json
import os
import subprocess
import sys
import time

import pytest
import torch
from torch.nn import functional

from heedful import numerics
from heedful.errors import OptionError
from heedful.numerics import Numerics, applied, choose, onednn_float32_is_true, plain_attention_wins

HERE = Numerics("cpu", "float32", "default", 1)


def settings():
    return torch.get_num_threads(), torch.backends.mkldnn.matmul.fp32_precision, torch.get_float32_matmul_precision()


@pytest.mark.parametrize("matmul", ["default", "onednn"])
@pytest.mark.parametrize("threads", [1, 2])
def test_settings_hold_inside_and_are_restored(matmul, threads):
    before = settings()
    with applied(Numerics("cpu", "float32", matmul, threads)):
        assert torch.get_num_threads() == threads
        assert torch.backends.mkldnn.matmul.fp32_precision == ("bf16" if matmul == "onednn" else before[1])
    assert settings() == before
    with pytest.raises(KeyError), applied(Numerics("cpu", "float32", matmul, threads)):
        raise KeyError
    assert settings() == before


@pytest.mark.parametrize(("said", "engine"), [(None, "native"), ("", "native"), ("torch", "torch")])
def test_the_engine_can_be_forbidden(monkeypatch, said, engine):
    monkeypatch.setattr(numerics, "cpu_runs_engine", lambda: True)
    monkeypatch.setattr(numerics, "compiler", lambda: "c++")
    monkeypatch.delenv("HEEDFUL_ENGINE", raising=False)
    if said is not None:
        monkeypatch.setenv("HEEDFUL_ENGINE", said)
    assert choose("cpu").engine == engine


def test_an_engine_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("HEEDFUL_ENGINE", "Torch")
    with pytest.raises(OptionError, match="HEEDFUL_ENGINE is 'native' or 'torch': got 'Torch'"):
        choose("cpu")


def test_a_gpus_record_leaves_the_threads_alone():
    with applied(Numerics("cuda", "bfloat16", "default", 5)):
        assert torch.get_num_threads() == 1


def test_the_choice_is_made_without_a_clock(monkeypatch):
    def clock(*_):
        raise AssertionError("decided by timing")

    for name in ("time", "perf_counter", "perf_counter_ns", "monotonic", "process_time", "time_ns"):
        monkeypatch.setattr(time, name, clock)
    before = settings()
    assert choose("cpu") == choose("cpu")
    assert settings() == before


@pytest.mark.parametrize("bits", [True, False])
@pytest.mark.parametrize("true", [True, False])
def test_the_choice_follows_what_the_cpu_can_do(monkeypatch, bits, true):
    monkeypatch.setattr(numerics, "cpu_multiplies_bfloat16", lambda: bits)
    monkeypatch.setattr(numerics, "onednn_float32_is_true", lambda: true)
    found = choose("cpu")
    assert (found.compute, found.matmul) == ("bfloat16" if bits else "float32", "onednn" if true else "default")
    assert found.dtype == (torch.bfloat16 if bits else torch.float32)


def test_the_numeric_check_catches_rounding(monkeypatch):
    """A CPU whose matrix unit rounds to bfloat16, faked: the check must refuse it."""

    def rounding(x, weight, bias=None):
        return (x.bfloat16() @ weight.bfloat16().T).float()

    monkeypatch.setattr(functional, "linear", rounding)
    assert not onednn_float32_is_true()


def test_the_numeric_check_passes_true_float32(monkeypatch):
    monkeypatch.setattr(functional, "linear", lambda x, weight: (x.double() @ weight.double().T).float())
    assert onednn_float32_is_true() == torch.backends.mkldnn.is_available()
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not onednn_float32_is_true()


def test_onednn_where_chosen_is_as_exact_as_float32():
    if not onednn_float32_is_true():
        pytest.skip("oneDNN rounds float32 products on this CPU")
    x, weight = torch.randn(2, 64, 256)
    with applied(Numerics("cpu", "float32", "onednn", 1)):
        found = functional.linear(x, weight)
    torch.testing.assert_close(found.double(), x.double() @ weight.double().T, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"bf16": True}, True), ({"avx512_f": True}, False)],
)
def test_bfloat16_instructions(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert numerics.cpu_multiplies_bfloat16() == expected


def test_bfloat16_instructions_before_torch_2_13(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert numerics.cpu_multiplies_bfloat16()


def test_cores_are_those_of_this_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert numerics.available_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert numerics.available_cores() == 1


@pytest.mark.parametrize(
    ("asked", "threads"), [("", 3), ("2", 2), ("64", 3), ("0", 3), ("2,1", 3), ("many", 3), (None, 3)]
)
def test_fewer_threads_may_be_asked_for(monkeypatch, asked, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if asked is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert numerics.usable_threads() == threads
    assert choose("cpu").threads == threads


def test_devices():
    with pytest.raises(OptionError, match="device is 'cpu' or 'cuda': got 'tpu'"):
        choose("tpu")
    if not torch.cuda.is_available():
        assert choose().device == "cpu"
        with pytest.raises(OptionError, match="torch sees no GPU"):
            choose("cuda")


def test_json():
    assert Numerics.from_json(json.loads(json.dumps(HERE.to_json()))) == HERE
    with pytest.raises(OptionError, match="unknown key 'thread' in the numerics; did you mean 'threads'"):
        Numerics.from_json(HERE.to_json() | {"thread": 1})
    with pytest.raises(OptionError, match="compute='bfloat' is not known; did you mean 'bfloat16'"):
        Numerics.from_json(HERE.to_json() | {"compute": "bfloat"})
    if not torch.cuda.is_available():
        with pytest.raises(OptionError, match="there is none here"):
            Numerics.from_json(HERE.to_json() | {"device": "cuda"})


@pytest.mark.parametrize(
    ("dtype", "length", "device", "plain"),
    [
        (torch.float32, 32, "cpu", True),
        (torch.float32, 1024, "cpu", False),
        (torch.bfloat16, 1024, "cpu", True),
        (torch.bfloat16, 2048, "cpu", False),
        (torch.float32, 8, "meta", False),
    ],
)
def test_which_attention(dtype, length, device, plain):
    assert plain_attention_wins(torch.empty(1, 1, length, 1, dtype=dtype, device=device)) == plain


def test_importing_heedful_changes_no_setting_of_torch():
    code = """
import pkgutil, importlib, importlib.util, torch
def state():
    backends = torch.backends
    return (torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(), torch.initial_seed(),
            torch.get_rng_state().sum().item(), torch.get_float32_matmul_precision(), torch.get_default_device(),
            backends.mkldnn.matmul.fp32_precision, backends.mkldnn.enabled, backends.cudnn.benchmark,
            torch.are_deterministic_algorithms_enabled())
before = state()
import heedful
names = [f"heedful.{name}" for name in ("model", "baselines", "training", "decoding")]
names = [name for name in names if importlib.util.find_spec(name)]
for package in map(importlib.import_module, [*names, "heedful.numerics", "heedful.interface"]):
    for item in pkgutil.iter_modules(getattr(package, "__path__", [])):
        importlib.import_module(f"{package.__name__}.{item.name}")
assert state() == before, (before, state())
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert answer.returncode == 0, answer.stderr
