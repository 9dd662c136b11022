"""`heedful distill`: one command from a teacher to its student; what is stopped goes on; bad requests are told."""

import json
import shlex

import pytest

from heedful.run.directory import RunDirectory
from heedful.tasks import distill, parity
from heedful.tasks.student_evidence import Standing
from tests.cli.commands import refused, run
from tests.tasks.labelled import ask, table_of, train_small, weather, write
from tests.tasks.tiny import small


@pytest.fixture(autouse=True)
def light(monkeypatch):
    monkeypatch.setattr(parity, "peak_bytes", lambda *asked: None)
    with small():
        yield


def test_one_command_also_in_two_parts(capsys, tiny, tmp_path, monkeypatch):
    """Stopped while the teacher writes, it says how to go on; the same words then end in a student."""
    words = ["distill", tiny.rnn, "--out", tmp_path / "s p", "--level", "word", "--steps", "2"]
    words += ["--encoder-layers", "1", "--decoder-layers", "1"]

    def stop(*asked):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(distill, "write_lesson", stop)
        code, out, err = run(capsys, *words)
    again = shlex.join(["heedful", "distill", str(tiny.rnn), "--out", str(tmp_path / "s p"), "--resume"])
    assert (code, out) == (130, "")
    assert err.endswith(f"Go on with: {again}\n")
    code, out, _ = run(capsys, *shlex.split(again)[1:], "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["path"], found["result"]["step"]) == (str(tmp_path / "s p"), 2)
    assert refused(capsys, *shlex.split(again)[1:]).startswith(f"heedful: {tmp_path / 's p'} is finished")


def test_bad_requests(capsys, tiny, tmp_path):
    out = ["--out", tmp_path / "s"]
    assert "needs a finished run and, as --out" in refused(capsys, "distill")
    assert "preset '6' is not known; did you mean '6-1'" in refused(capsys, "distill", tiny.rnn, *out, "--preset", "6")
    assert "does not exist" in refused(capsys, "distill", tmp_path / "nobody", *out)
    assert "--source and --target belong together" in refused(
        capsys, "distill", tiny.rnn, *out, "--source", tiny.texts / "train.en"
    )
    wrong = ["--source", tiny.texts / "train.zh", "--target", tiny.texts / "train.en"]
    assert "and the teacher translates en → zh" in refused(capsys, "distill", tiny.rnn, *out, *wrong)
    assert not (tmp_path / "s").exists()


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A run, its table, and a held-out one."""
    folder = tmp_path_factory.mktemp("classifier")
    data = table_of("one", folder / "data")
    return train_small(ask(data, folder / "weather")).path, data, write(folder / "dev.tsv", weather(30, 5))


def test_a_student_of_a_classifier_that_is_refused_and_then_accepted(capsys, classifier, tmp_path, monkeypatch):
    teacher, data, dev = classifier
    words = ["distill", teacher, "--out", tmp_path / "s", "--data", data, "--dev-data", dev, "--steps", "2"]
    monkeypatch.setattr(Standing, "within", lambda self, allowed_loss: False)
    again = shlex.join(["heedful", "distill", str(teacher), "--out", str(tmp_path / "s"), "--resume"])
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.endswith(f"its training is kept: `{again} --accept-loss` writes it\n")
    code, out, _ = run(capsys, *shlex.split(again)[1:], "--accept-loss")
    assert code == 0
    assert f"beside     {Standing.stored(RunDirectory(tmp_path / 's')).said}" in out
    assert f"heedful classify {tmp_path / 's'} < texts.txt" in out


def test_bad_requests_for_students_of_models_that_read(capsys, classifier, tiny, tmp_path):
    teacher, data, dev = classifier
    out = ["--out", tmp_path / "s"]
    held = ["--data", data, "--dev-data", dev]
    assert "name the examples to learn from: --data" in refused(capsys, "distill", teacher, *out)
    assert "to judge both on: --dev-data" in refused(capsys, "distill", teacher, *out, "--data", data)
    assert "--preset can be asked for of a translator's student alone" in refused(
        capsys, "distill", teacher, *out, *held, "--preset", "6-1"
    )
    assert "whose student is not asked for with --layers" in refused(capsys, "distill", tiny.rnn, *out, "--layers", "1")
    assert "level 'word' is not known" in refused(capsys, "distill", teacher, *out, *held, "--level", "word")
    assert "--layers must be below the 2" in refused(capsys, "distill", teacher, *out, *held, "--layers", "2")
    assert "nothing to resume" in refused(capsys, "distill", teacher, *out, "--resume")
    assert not (tmp_path / "s").exists()
