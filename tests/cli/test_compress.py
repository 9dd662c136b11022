"""`heedful compress`: a table or one JSON object, and one line and 2 where it is refused."""

import json

import pytest

from heedful.cli import compress as verb
from heedful.tasks import parity
from tests.cli.commands import refused, run


@pytest.fixture(autouse=True)
def unweighed(monkeypatch):
    monkeypatch.setattr(parity, "peak_bytes", lambda path, sources, to: None)


def test_both_models_side_by_side(capsys, tiny, tmp_path):
    code, out, err = run(capsys, "compress", tiny.both, "--out", tmp_path / "small", "--accept-loss")
    assert code == 0, err
    lines = [line.split() for line in out.splitlines()]
    assert [line[:4] for line in lines[1:5]] == [
        ["zh", "→", "en", "both"], ["zh", "→", "en", "small"], ["en", "→", "zh", "both"], ["en", "→", "zh", "small"],
    ]  # fmt: skip
    assert "not measured" in out
    assert out.count("token for token the same") == 2
    assert f"run  {tmp_path / 'small'}" in out
    code, _, err = run(capsys, "verify", tmp_path / "small")
    assert code == 0, err
    assert run(capsys, "translate", tmp_path / "small", "--to", "en", typed="你好\n")[0] == 0


def test_one_json_object(capsys, tiny, tmp_path):
    code, out, _ = run(
        capsys, "compress", tiny.rnn, "--out", tmp_path / "small", "--dtype", "bfloat16", "--accept-loss", "--json"
    )
    values = json.loads(out)
    assert (code, values["run"], values["dtype"]) == (0, str(tmp_path / "small"), "bfloat16")
    assert 0 <= values["directions"][0]["tokens"] <= 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dtype", "int3"], "dtype 'int3' is not known"),
        (["--allowed-loss", "nan"], "0 or more"),
        (["--allowed-loss", "-2"], "0 or more"),
        (["--allowed-loss", "much"], "much"),
    ],
)
def test_bad_flags_are_one_line(capsys, tiny, tmp_path, words, said):
    assert said in refused(capsys, "compress", tiny.both, "--out", tmp_path / "small", *words)
    assert not list(tmp_path.iterdir())


def test_no_run_and_a_missing_one(capsys, tmp_path):
    assert "heedful compress runs/en-de" in refused(capsys, "compress")
    assert "does not exist" in refused(capsys, "compress", tmp_path / "none")


def test_a_shortlist_is_said_and_used(capsys, tiny, tmp_path):
    code, out, err = run(
        capsys, "compress", tiny.both, "--out", tmp_path / "short", "--shortlist", "own", "--accept-loss"
    )
    assert code == 0, err
    assert "zh → en, shortlist: " in out
    assert out.count("tokens are scored for a sentence") == 2
    assert run(capsys, "translate", tmp_path / "short", "--to", "en", typed="你好\n")[0] == 0
    said = refused(capsys, "compress", tiny.both, "--out", tmp_path / "other", "--shortlist", "a,b,c")
    assert "two files with a comma between them" in said


def test_what_was_kept_is_said(capsys, tiny, tmp_path, monkeypatch):
    from heedful.tasks import compress as task

    monkeypatch.setattr(task, "worst", lambda model, batches: ["encoder.blocks.0.feed_forward.widen"])
    out = run(capsys, "compress", tiny.both, "--out", tmp_path / "small", "--accept-loss")[1]
    assert "kept in bfloat16: encoder.blocks.0.feed_forward.widen" in out
    assert verb.DEFAULTS.dtype == "int8"
