import errno
import json
import os
import re
import signal
import socket
import warnings
from pathlib import Path

import pytest

from heedful.errors import RunError
from heedful.run import disk
from heedful.run.directory import RunDirectory
from heedful.run.manifest import write_manifest
from tests.run.faults import Disk


def finished(path):
    run = RunDirectory.create(path)
    run.config.write_text("{}")
    write_manifest(path)
    return run


def test_the_names_are_those_of_the_hub():
    run = RunDirectory(Path("x"))
    files = (
        run.config, run.weights, run.tokenizer, run.generation, run.scores, run.card, run.report, run.manifest,
        run.training, run.begun, run.metrics, run.events,
    )  # fmt: skip
    assert [str(file.relative_to("x")) for file in files] == [
        "config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "scores.json", "README.md",
        "report.html", "manifest.json", "training", "training/begun", "training/metrics.jsonl", "training/events.jsonl",
    ]  # fmt: skip


def test_create_makes_the_folder_and_accepts_an_empty_one(tmp_path):
    run = RunDirectory.create(tmp_path / "x")
    assert run.training.is_dir()
    assert RunDirectory.create(tmp_path / "x") == run
    with run.lock():
        (run.training / ".checkpoint-00000001.1-a.tmp").mkdir()
    assert RunDirectory.create(tmp_path / "x") == run


@pytest.mark.parametrize("name", ["notes.txt", "config.json", "training/metrics.jsonl", "training/checkpoint-00000001"])
def test_nothing_is_written_over(tmp_path, name):
    run = RunDirectory.create(tmp_path / "x")
    (run.path / name).write_text("precious")
    with pytest.raises(
        RunError, match="x is not empty: nothing is written over; go on with --resume or choose another"
    ):
        RunDirectory.create(tmp_path / "x")
    assert RunDirectory.create(tmp_path / "x", resume=True) == run
    assert (run.path / name).read_text() == "precious"


def test_create_refuses_what_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    RunDirectory.create(tmp_path / "german")
    for path, resume, complaint in [
        (tmp_path / "file", False, "file is a file, expected a folder; choose another --out"),
        (tmp_path / "none" / "runs" / "x", False, "none does not exist: create it first, or choose another --out"),
        (tmp_path / "empty", True, "nothing to resume in .*empty: .*; leave --resume out"),
        (tmp_path / "gremna", True, "nothing to resume in .*gremna: .*; did you mean '.*german'?"),
    ]:
        with pytest.raises(RunError, match=complaint):
            RunDirectory.create(path, resume)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["empty", "file", "german"]


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_disk_that_refuses_is_named(tmp_path, monkeypatch, code):
    monkeypatch.setattr(disk, "os", Disk(0, "error", code))
    with pytest.raises(RunError, match=rf"cannot write .*/x: {os.strerror(code)}; (choose a folder|free some space)"):
        RunDirectory.create(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_open_names_the_nearest_run(tmp_path):
    finished(tmp_path / "german-english")
    finished(tmp_path / "chinese")
    (tmp_path / "other").mkdir()
    assert RunDirectory.open(tmp_path / "chinese").path == tmp_path / "chinese"
    for name, hint in [
        ("german_english", "did you mean '.*/german-english'?"),
        ("chinse", "did you mean '.*/chinese'?"),
        ("zzz", "runs in .*: chinese, german-english"),
    ]:
        with pytest.raises(RunError, match=f"{name} does not exist; {hint}"):
            RunDirectory.open(tmp_path / name)
    run = tmp_path.with_name(tmp_path.name + "x") / "chinese"
    with pytest.raises(RunError, match=re.escape(f"does not exist; did you mean '{tmp_path / 'chinese'}'?")):
        RunDirectory.open(run)


def test_open_refuses_what_is_no_finished_run(tmp_path):
    RunDirectory.create(tmp_path / "begun")
    (tmp_path / "runs").mkdir()
    finished(tmp_path / "runs" / "a")
    (tmp_path / "file").write_text("")
    (tmp_path / "photos").mkdir()
    for size in ("1-2", "all"):
        (tmp_path / "curve" / size).mkdir(parents=True)
        finished(tmp_path / "curve" / size)
    for name, complaint in [
        ("begun", "begun is not finished: it has no manifest.json yet; go on with: heedful train .*begun --resume"),
        ("runs", "runs is no run directory: config.json is missing; did you mean '.*runs/a'?"),
        ("curve", "config.json is missing; did you mean '.*curve/all' or another run in it: 1-2?"),
        ("file", "file is a file, expected a run directory"),
        ("photos", "config.json is missing; expected a folder made by `heedful train`"),
    ]:
        with pytest.raises(RunError, match=complaint):
            RunDirectory.open(tmp_path / name)


def test_a_student_goes_on_with_its_teacher(tmp_path):
    run = RunDirectory.create(tmp_path / "a student")
    with pytest.raises(RunError, match=r"go on with: heedful train translation --out '.*/a student' --resume"):
        RunDirectory.open(run.path)
    run.distillation.parent.mkdir()
    disk.write_json(run.distillation, {"teacher": {"path": "/runs/a teacher"}})
    with pytest.raises(RunError, match=r"go on with: heedful distill '/runs/a teacher' --out '.*/a student' --resume"):
        RunDirectory.open(run.path)


def test_a_training_goes_on_with_the_verb_that_it_was_asked_for_with(tmp_path):
    run = RunDirectory.create(tmp_path / "s")
    disk.write_json(run.config, {"task": "classification"})
    assert run.going_on == f"heedful train classification --out {run.path} --resume"
    run.begun.mkdir()
    disk.write_json(run.begun / "request.json", {"task": "classification", "verb": ["distill", "/runs/a teacher"]})
    assert run.going_on == f"heedful distill '/runs/a teacher' --out {run.path} --resume"


def in_child(action):
    """Run in a forked process; returns its number and a pipe with what it says."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            action(lambda text: os.write(writer, text.encode()))
        finally:
            os._exit(0)
    os.close(writer)
    return child, reader


def test_a_second_trainer_is_told_who_the_first_is_until_that_dies(tmp_path):
    run = RunDirectory.create(tmp_path / "x")

    def hold(say):
        with run.lock():
            say("held")
            signal.pause()

    child, pipe = in_child(hold)
    assert os.read(pipe, 100) == b"held"
    assert run.is_busy()
    complaint = rf"x is in use: process {child} on {re.escape(socket.gethostname())} trains"
    with pytest.raises(RunError, match=complaint), run.lock():
        pytest.fail("two trainers in one directory")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(pipe)
    assert not run.is_busy()
    with run.lock():
        assert json.loads((run.training / "lock").read_text())["pid"] == os.getpid()


def test_the_lock_is_for_one_and_is_given_back(tmp_path):
    run = RunDirectory.create(tmp_path / "x")
    assert not run.is_busy()
    (run.path / ".model.safetensors.1-a.tmp").write_text("left by a killed one")
    with run.lock():
        assert run.is_busy()
        assert not (run.path / ".model.safetensors.1-a.tmp").exists()
        with pytest.raises(RunError, match="in use"), run.lock():
            pass
        assert run.is_busy()
    with pytest.raises(KeyError), run.lock():
        raise KeyError
    with run.lock():
        pass
    assert not run.is_busy()


@pytest.mark.parametrize("error", [RunError, KeyboardInterrupt])
@pytest.mark.parametrize("there", [True, False])
def test_a_start_that_fails_leaves_nothing_but_what_was_there(tmp_path, there, error):
    path = tmp_path / "runs" / "x"
    if there:
        path.mkdir(parents=True)

    def fail():
        with RunDirectory.starting(path) as run:
            assert run.is_busy()
            raise error

    with pytest.raises(error):
        fail()
    assert path.exists() == path.parent.exists() == there
    assert not (path / "training").exists()


def test_a_start_that_has_begun_something_keeps_it(tmp_path):
    def stop():
        with RunDirectory.starting(tmp_path / "x") as run:
            run.begun.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    run = RunDirectory(tmp_path / "x")
    assert run.begun.is_dir()
    assert not run.is_busy()


def test_a_lock_that_says_nothing_yet(tmp_path):
    run = RunDirectory.create(tmp_path / "x")
    with run.lock():
        (run.training / "lock").write_text("")
        with pytest.raises(RunError, match="another process is just starting there"), run.lock():
            pass


def test_no_lock_where_there_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"cannot write .*lock: No such file"), RunDirectory(tmp_path / "x").lock():
        pass
