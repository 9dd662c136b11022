"""Damaged run directories, many and of every kind: each gives a RunError that names a file, none loads in silence."""

import random
import shutil

import pytest
import torch

from heedful.errors import RunError
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.weights import load_tensors, save_tensors
from tests.run.sample import finished_run

FILES = (
    "config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "scores.json", "README.md",
    "report.html", "manifest.json",
)  # fmt: skip


def flip(path, chance, run, tensors):
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(path, chance, run, tensors):
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])


def zero(path, chance, run, tensors):
    content = bytearray(path.read_bytes())
    # Zeros over zeros would be no damage.
    start = chance.choice([index for index, byte in enumerate(content) if byte])
    end = min(len(content), start + chance.choice([1, 64, 4096]))
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


def head(path, chance, run, tensors):
    content = bytearray(path.read_bytes())
    old = content[: min(8, len(content))]
    while content[: len(old)] == old:
        content[: len(old)] = chance.randbytes(len(old))
    path.write_bytes(content)


def grow(path, chance, run, tensors):
    path.write_bytes(path.read_bytes() + chance.randbytes(chance.choice([1, 100])))


def swap(path, chance, run, tensors):
    other = run.path / chance.choice([name for name in FILES if name != path.name])
    ours, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(ours)


def lose(path, chance, run, tensors):
    path.unlink()
    if chance.random() < 0.3:
        path.mkdir()


def other_manifest(path, chance, run, tensors):
    """A valid manifest over other contents, or over too few files."""
    original = path.read_bytes() if path != run.manifest else run.config.read_bytes()
    target = path if path != run.manifest else run.config
    if chance.random() < 0.5 and target in (run.config, run.weights):
        target.unlink()
    else:
        target.write_bytes(original + b" ")
    write_manifest(run.path)
    target.write_bytes(original)


def honest_but_wrong(path, chance, run, tensors):
    """Weights that the manifest confirms and that no model of this configuration has."""
    name = chance.choice(sorted(tensors))
    changed = {key: value.clone() for key, value in tensors.items()}
    kind = chance.choice(["nan", "shape", "dtype", "missing", "unexpected"])
    if kind == "nan":
        changed[name].view(-1)[0] = chance.choice([float("nan"), float("inf")])
    elif kind == "shape":
        changed[name] = torch.cat([changed[name], changed[name]])
    elif kind == "dtype":
        changed[name] = changed[name].to(chance.choice([torch.float16, torch.float64, torch.int32]))
    elif kind == "missing":
        del changed[name]
    else:
        changed[name + ".extra"] = changed[name]
    save_tensors(run.weights, changed)
    write_manifest(run.path)


KINDS = (flip, truncate, zero, head, grow, swap, lose, other_manifest, honest_but_wrong)


def contents(folder):
    return [(folder / name).read_bytes() if (folder / name).is_file() else None for name in FILES]


def load(run, tensors):
    check_manifest(run.path, required=(run.config.name, run.weights.name))
    return load_tensors(run.weights, expected=tensors)


@pytest.mark.parametrize("n_damages", [54, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_damage_is_a_named_error(tmp_path, n_damages):
    run, tensors = finished_run(tmp_path / "run")
    loaded = load(run, tensors)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())
    shutil.copytree(run.path, tmp_path / "whole")
    chance = random.Random(n_damages)
    for index in range(n_damages):
        shutil.rmtree(run.path)
        shutil.copytree(tmp_path / "whole", run.path)
        kind = KINDS[index % len(KINDS)]
        path = run.path / FILES[index // len(KINDS) % len(FILES)]
        kind(path, chance, run, tensors)
        assert contents(run.path) != contents(tmp_path / "whole"), (kind.__name__, path.name)
        with pytest.raises(RunError) as caught:
            load(run, tensors)
        said = str(caught.value)
        assert "\n" not in said, (kind.__name__, path.name)
        assert str(run.path) in said, (kind.__name__, path.name)
        assert any(name in said for name in FILES), (kind.__name__, path.name, said)
        assert ";" in said, (kind.__name__, path.name, said)
