"""`heedful export`: a table or JSON, and one line for a mistake."""

import json

import pytest

from heedful.transfer import foreign
from tests.cli.commands import refused, run

pytest.importorskip("ctranslate2", reason="the extra 'export' is not installed")


@pytest.mark.parametrize("as_json", [True, False])
def test_it_says_what_was_compared_and_where_it_is(as_json, tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(foreign, "MAX_ANSWER", 12)
    out = tmp_path / "made"
    words = ["export", tiny.both, "--to", "ctranslate2", "--out", out, "--accept-loss", *["--json"] * as_json]
    code, said, _ = run(capsys, *words)
    assert code == 0
    if as_json:
        found = json.loads(said)
        assert found["path"] == str(out)
        assert [(each["source"], each["target"]) for each in found["directions"]] == [("zh", "en"), ("en", "zh")]
    else:
        for part in ("zh → en", "the run", "exported", f"written to {out}"):
            assert part in said


def test_mistakes_are_one_line(tiny, tmp_path, capsys):
    out = tmp_path / "made"
    assert "`heedful export` needs" in refused(capsys, "export", tiny.both, "--out", out)
    assert "did you mean 'argos'" in refused(capsys, "export", tiny.both, "--to", "argo", "--out", out)
    lone = ("export", tiny.both, "--to", "argos", "--out", out, "--source", tiny.texts / "test.zh")
    assert "--target is missing" in refused(capsys, *lone)
    assert not out.exists()


def test_an_imported_run_goes_back_as_it_came(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("heedful.tasks.imported.is_imported", lambda run: True)
    arguments = ["export", str(tmp_path), "--to", "huggingface", "--out", str(tmp_path / "new"), "--quantization=int8"]
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "--quantization and texts to compare on do not apply; leave them out" in err
    assert not (tmp_path / "new").exists()
