import errno
import os
import random
import shutil
import signal
import time
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from heedful.errors import RunError
from heedful.run import disk
from heedful.run.checkpoint import latest_checkpoint, save_checkpoint
from heedful.run.directory import checkpoint_folders
from tests.run.faults import Crash, Disk


def state(step, size=50):
    generator = torch.Generator().manual_seed(step)
    return {"w": torch.randn(size, generator=generator), "rng": generator.get_state()}, {
        "step": step,
        "loss": 1 / (step + 3),
        "best": float("inf"),
        "position": [step, None, True, "词"],
    }


def checkpoint_steps(folder):
    return [step for step, _, _ in checkpoint_folders(folder)]


def save(folder, step, keep=2, size=50):
    return save_checkpoint(folder, step, *state(step, size), keep=keep)


def check(checkpoint, size=50):
    tensors, values = state(checkpoint.step, size)
    assert checkpoint.values == values
    assert checkpoint.tensors.keys() == tensors.keys()
    assert all(torch.equal(checkpoint.tensors[name], tensor) for name, tensor in tensors.items())


def test_saved_and_loaded_are_equal_to_the_bit(tmp_path):
    assert latest_checkpoint(tmp_path / "training") is None
    path = save(tmp_path / "training", 7)
    assert path == tmp_path / "training" / "checkpoint-00000007"
    checkpoint = latest_checkpoint(tmp_path / "training")
    assert (checkpoint.step, checkpoint.path, checkpoint.skipped) == (7, path, ())
    check(checkpoint)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_newest_few_are_kept(tmp_path, keep):
    for step in (5, 10, 100, 1000, 123456789):
        save(tmp_path, step, keep)
    assert checkpoint_steps(tmp_path) == [123456789, 1000, 100, 10, 5][:keep]
    assert len(list(tmp_path.iterdir())) == keep


def test_saving_a_step_again_replaces_it_without_a_moment_without(tmp_path):
    save(tmp_path, 5)
    save(tmp_path, 10)
    tensors, values = state(10)
    save_checkpoint(tmp_path, 10, tensors, {**values, "again": 1})
    assert latest_checkpoint(tmp_path).values["again"] == 1
    save_checkpoint(tmp_path, 10, tensors, {**values, "again": 2})
    assert latest_checkpoint(tmp_path).values["again"] == 2
    assert checkpoint_steps(tmp_path) == [10, 5]


def test_after_a_rollback_the_checkpoint_saved_last_is_the_truth(tmp_path):
    save(tmp_path, 10)
    save(tmp_path, 20)
    save(tmp_path, 15)
    assert checkpoint_steps(tmp_path) == [15, 10]


def damage(path, random_state):
    content = bytearray(path.read_bytes())
    content[random_state.randrange(len(content))] ^= 1 << random_state.randrange(8)
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["tensors.safetensors", "values.json", "manifest.json"])
def test_damage_falls_back_to_the_one_before_with_a_word(tmp_path, name):
    save(tmp_path, 1)
    newest = save(tmp_path, 2)
    damage(newest / name, random.Random(1))
    checkpoint = latest_checkpoint(tmp_path)
    check(checkpoint)
    assert checkpoint.step == 1
    assert len(checkpoint.skipped) == 1
    assert checkpoint.skipped[0].startswith(f"passed over checkpoint-00000002: {newest / name} is damaged")
    save(tmp_path, 2)
    assert checkpoint_steps(tmp_path) == [2, 1]
    assert latest_checkpoint(tmp_path).step == 2


def test_when_all_are_damaged_each_is_named(tmp_path):
    for step in (1, 2):
        (save(tmp_path, step) / "values.json").unlink()
    with pytest.raises(RunError, match=r"no checkpoint in .* is whole; .*00000002: .*values.json is missing.*00000001"):
        latest_checkpoint(tmp_path)


def test_a_renamed_checkpoint_is_noticed(tmp_path):
    save(tmp_path, 1).rename(tmp_path / "checkpoint-00000009")
    with pytest.raises(RunError, match="holds step 1: the folder was renamed"):
        latest_checkpoint(tmp_path)


def test_leftovers_and_strange_names_are_ignored_and_leftovers_cleared(tmp_path):
    shutil.copytree(save(tmp_path, 1), tmp_path / ".checkpoint-00000009.1-a.tmp")
    (tmp_path / "checkpoint-9").mkdir()
    (tmp_path / "checkpoint-00000010").write_text("a file")
    assert latest_checkpoint(tmp_path).step == 1
    save(tmp_path, 2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "checkpoint-00000001", "checkpoint-00000002", "checkpoint-00000010", "checkpoint-9",
    ]  # fmt: skip


@pytest.mark.parametrize("values", [{1: 2}, {"a": {2: 3}}, {"a": torch.zeros(1)}, {"a": [object()]}])
def test_values_that_json_would_change_are_our_mistake(tmp_path, values):
    with pytest.raises(AssertionError, match=r"must be strings|no plain value"):
        save_checkpoint(tmp_path, 1, {}, values)


def calls_of_a_save(tmp_path, monkeypatch):
    folder = tmp_path / "count"
    for step in (1, 2):
        save(folder, step)
    counter = Disk()
    monkeypatch.setattr(disk, "os", counter)
    save(folder, 3)
    monkeypatch.setattr(disk, "os", os)
    return counter.n_calls


FAULTS = [
    ("error", errno.ENOSPC), ("error", errno.EIO), ("forever", errno.ENOSPC), ("forever", errno.EIO),
    ("before", 0), ("after", 0),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "code"), FAULTS)
def test_whatever_call_of_a_save_fails_a_whole_checkpoint_remains(tmp_path, monkeypatch, mode, code):
    monkeypatch.setenv("FAULTS_ROOT", str(tmp_path))
    n_calls = calls_of_a_save(tmp_path, monkeypatch)
    assert n_calls > 20
    template = tmp_path / "template"
    for step in (1, 2):
        save(template, step)
    for index in range(n_calls):
        folder = tmp_path / f"training-{index}"
        shutil.copytree(template, folder)
        monkeypatch.setattr(disk, "os", Disk(index, mode, code))
        expected = Crash if mode in ("before", "after") else RunError
        # "forever" spares removals: at the end of a save nothing is left for it to refuse.
        with suppress(expected) if mode == "forever" and index > n_calls - 8 else pytest.raises(expected):
            save(folder, 3)
        monkeypatch.setattr(disk, "os", os)
        checkpoint = latest_checkpoint(folder)
        assert checkpoint.step in (2, 3)
        assert checkpoint.skipped == ()
        check(checkpoint)
        save(folder, 4)
        assert latest_checkpoint(folder).step == 4
        assert len(list(folder.iterdir())) == 2
        shutil.rmtree(folder)


@pytest.mark.parametrize("keep", [1, 2])
def test_a_saved_checkpoint_survives_a_power_cut(tmp_path, monkeypatch, keep):
    monkeypatch.setenv("FAULTS_ROOT", str(tmp_path))
    save(tmp_path, 1, keep)
    replacement = Disk()
    monkeypatch.setattr(disk, "os", replacement)
    save(tmp_path, 2, keep)
    with pytest.raises(Crash):
        replacement.die()
    check(latest_checkpoint(tmp_path))
    assert latest_checkpoint(tmp_path).step == 2


def test_short_writes_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "os", Disk(-1, "short"))
    save(tmp_path, 3)
    check(latest_checkpoint(tmp_path))


def save_until_killed(folder, pipe):
    step = latest_checkpoint(folder).step if checkpoint_steps(folder) else 0
    while True:
        step += 1
        save(folder, step, size=20_000)
        os.write(pipe, step.to_bytes(8, "little"))


def kill_while_saving(folder: Path, seconds: float) -> int:
    """Fork a process that saves without pause; kill it some time after its first; the last step it called saved."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            save_until_killed(folder, writer)
        finally:
            os._exit(1)
    os.close(writer)
    first = os.read(reader, 8)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        said = first + pipe.read()
    return int.from_bytes(said[-8:], "little")


@pytest.mark.parametrize("n_kills", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_of_saving(tmp_path, n_kills):
    random_state = random.Random(n_kills)
    last = 0
    for _ in range(n_kills):
        last = max(last, kill_while_saving(tmp_path, random_state.uniform(0, 0.01)))
        checkpoint = latest_checkpoint(tmp_path)
        assert checkpoint.skipped == ()
        assert checkpoint.step >= last
        check(checkpoint, size=20_000)
        last = checkpoint.step
    assert last >= n_kills
