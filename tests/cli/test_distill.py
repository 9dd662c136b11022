"""`heedful distill`: one command from a teacher to its student; what is stopped goes on; bad requests are told."""

import json
import shlex

import pytest

from heedful.tasks import distill, parity
from tests.cli.commands import refused, run
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
    assert "needs a finished translator and, as --out" in refused(capsys, "distill")
    assert "preset '6' is not known; did you mean '6-1'" in refused(capsys, "distill", tiny.rnn, *out, "--preset", "6")
    assert "does not exist" in refused(capsys, "distill", tmp_path / "nobody", *out)
    assert "--source and --target belong together" in refused(
        capsys, "distill", tiny.rnn, *out, "--source", tiny.texts / "train.en"
    )
    wrong = ["--source", tiny.texts / "train.zh", "--target", tiny.texts / "train.en"]
    assert "and the teacher translates en → zh" in refused(capsys, "distill", tiny.rnn, *out, *wrong)
    assert not (tmp_path / "s").exists()
