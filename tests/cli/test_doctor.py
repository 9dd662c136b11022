"""The doctor names facts that can be checked another way, and speaks up only when something should be done."""

import json
import os
import shutil
from collections import namedtuple
from importlib import metadata
from types import SimpleNamespace

import pytest
import torch

from heedful import numerics
from heedful.cli import doctor
from heedful.model.native import library
from heedful.numerics import Numerics


def test_json_is_one_object_with_every_line(capsys):
    doctor.doctor(as_json=True)
    found = json.loads(capsys.readouterr().out)
    names = {finding.name for finding in doctor.survey()}
    assert set(found) == names
    assert {"python", "torch", "cores", "memory", "gpu", "compute", "disk", "terminal", "packages"} <= names
    assert found["torch"]["value"] == torch.__version__
    assert found["compute"]["value"] == numerics.choose().compute
    assert all(line["advice"] and set(line) == {"name", "value", "advice", "good"} for line in found.values())


def test_lines_are_marked_and_summed_up(capsys):
    doctor.show(
        [doctor.Finding("disk", "3 GiB [x]", "enough"), doctor.Finding("memory", "1 GiB", "close [y]", good=False)]
    )
    out = capsys.readouterr().out
    assert "✓  disk    3 GiB [x]  enough" in out
    assert "!  memory  1 GiB      close [y]" in out
    assert "Worth a look: memory." in out
    doctor.show([doctor.Finding("disk", "3 GiB", "enough")])
    assert "Nothing is missing." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "value", "advice", "good"),
    [
        (None, "4", "training uses one for each core", True),
        ("3", "3", "OMP_NUM_THREADS=3 asks for it: without it training uses all 4", True),
        ("4", "4", "one for each core, as OMP_NUM_THREADS asks too", True),
        ("7", "4", "one for each core: OMP_NUM_THREADS=7 asks for more than there are", True),
        ("abc", "4", "OMP_NUM_THREADS=abc is no number of threads, and one for each core is taken: unset it", False),
        ("0", "4", "OMP_NUM_THREADS=0 is no number of threads, and one for each core is taken: unset it", False),
    ],
)
def test_one_line_says_how_many_threads_and_why(monkeypatch, asked, value, advice, good):
    monkeypatch.setattr(numerics, "available_cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS")
    if asked is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    policy = Numerics("cpu", "float32", "default", numerics.usable_threads())
    monkeypatch.setattr(numerics, "choose", lambda: policy)
    found = {item.name: item for item in [doctor.cores(), *doctor.numerics()]}
    assert found["threads"] == doctor.Finding("threads", value, advice, good)
    assert "OMP" not in found["cores"].advice


def test_fewer_cores_than_there_are(monkeypatch):
    monkeypatch.setattr(numerics, "available_cores", lambda: 2)
    monkeypatch.setattr(doctor.os, "cpu_count", lambda: 8)
    assert doctor.cores().value.startswith("2 of 8, ")
    monkeypatch.setattr(doctor.os, "cpu_count", lambda: 2)
    assert doctor.cores().value.startswith("2, ")


@pytest.mark.parametrize(
    ("driver", "available", "cuda", "good"),
    [
        (None, False, None, True),
        (None, False, "12.6", False),
        ("nvidia-smi", False, None, False),
        ("nvidia-smi", True, "12.6", True),
    ],
)
def test_the_build_of_torch_fits_the_machine(monkeypatch, driver, available, cuda, good):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    assert doctor.torch_build().good is good


def test_a_gpu_is_named_with_its_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert doctor.gpu().value == "none"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    properties = SimpleNamespace(name="H200", total_memory=139 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    assert doctor.gpu().value == "H200, 139 GiB and 2 more"


@pytest.mark.parametrize("policy", [
    numerics.Numerics("cpu", "bfloat16", "onednn", 2),
    numerics.Numerics("cpu", "float32", "default", 4),
    numerics.Numerics("cuda", "bfloat16", "default", 1),
])  # fmt: skip
def test_the_policy_is_said_as_it_is(monkeypatch, policy):
    monkeypatch.setattr(numerics, "choose", lambda: policy)
    found = {finding.name: finding.value for finding in doctor.numerics()}
    assert found["compute"] == policy.compute
    assert found.get("threads") == (str(policy.threads) if policy.device == "cpu" else None)
    assert found.get("float32 products") == (
        {"onednn": "oneDNN"}.get(policy.matmul, policy.matmul) if policy.device == "cpu" else None
    )


def test_a_damaged_engine_is_not_said_to_be_there(monkeypatch, tmp_path):
    from heedful.model.native.library import kept_at

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept_at().parent.mkdir()
    kept_at().write_text("damaged")
    found = doctor.decoder("native")
    assert (found.value, found.good) == ("PyTorch", False)
    assert f"{kept_at()} is damaged: remove it" in found.advice


def test_the_decoder_and_why(monkeypatch, tmp_path):
    def fails():
        raise library.BuildError("g++ failed: no such thing")

    monkeypatch.setattr(library, "load", fails)
    found = doctor.decoder("native")
    assert (found.value, found.good) == ("PyTorch", False)
    assert "g++ failed: no such thing" in found.advice
    monkeypatch.setattr(library, "load", lambda: "an engine")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = doctor.decoder("native")
    assert (found.value, found.good) == ("native", True)
    assert str(tmp_path) in found.advice
    for can_run, path, word in ((False, None, "AVX-512"), (True, None, "compiler"), (True, "g++", "HEEDFUL_ENGINE")):
        monkeypatch.setattr(numerics, "cpu_runs_engine", lambda can_run=can_run: can_run)
        monkeypatch.setattr(numerics, "compiler", lambda path=path: path)
        found = doctor.decoder("torch")
        assert (found.value, found.good) == ("PyTorch", True)
        assert word in found.advice


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "writable", "good"), [(2**40, True, True), (2**20, True, False), (2**40, False, False)]
)
def test_disk(monkeypatch, tmp_path, free, writable, good):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**41, 2**41 - free, free))
    monkeypatch.setattr(os, "access", lambda folder, mode: writable)
    assert doctor.disk(tmp_path).good is good


@pytest.mark.parametrize(("encoding", "good"), [("utf-8", True), ("UTF8", True), ("ascii", False), ("latin-1", False)])
def test_terminal(encoding, good):
    assert doctor.terminal(encoding).good is good


def test_requirements_are_read_with_their_extras():
    lines = ["torch<2.14,>=2.11", "numpy", "pytest>=8; extra == 'test'", 'pillow ; extra == "vision"']
    assert list(doctor.requirements(lines)) == [
        ("torch", None),
        ("numpy", None),
        ("pytest", "test"),
        ("pillow", "vision"),
    ]


def test_what_is_missing_is_named(monkeypatch):
    lines = [
        "torch",
        "no-such-package",
        "pytest; extra == 'test'",
        "no-such-pillow; extra == 'vision'",
        "absent; extra == 'dev'",
    ]
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    base, extra = doctor.packages()
    assert (base.value, base.good) == ("no-such-package missing", False)
    assert (extra.name, extra.value, extra.good) == ("extra vision", "without no-such-pillow", True)
    assert "heedful[vision]" in extra.advice
    monkeypatch.setattr(metadata, "requires", lambda name: ["torch"])
    assert [finding.value for finding in doctor.packages()] == ["all"]


def test_a_package_that_is_not_installed_is_said(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert [finding.good for finding in doctor.packages()] == [False]
