"""`heedful verify`: a table or one JSON object, one line on standard error and 2 when something does not hold."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from heedful.cli import console
from heedful.cli import verify as verb
from heedful.run.manifest import write_manifest
from heedful.run.receipt import read_receipt
from heedful.tasks.verification import Check, Verification
from tests.cli.commands import refused, run


@pytest.fixture
def copied(tiny, tmp_path, monkeypatch):
    """A run of one direction that may be damaged."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(tiny.rnn, tmp_path / "run")


def test_a_whole_run_is_a_table_and_0(capsys, tiny):
    code, out, err = run(capsys, "verify", tiny.rnn)
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.split("\n")]
    assert ["✓", "file", "8", "files", "as", "the", "manifest", "says"] in lines
    assert len([line for line in lines if line[:2] == ["✓", "figure"]]) == 4
    assert len(re.findall(r"\d\.\d\d, the same to the last digit", out)) == 4
    assert (
        "everything that was checked holds\nit can be made again from the same files, all at hand; the command:\n"
        in out
    )
    assert f"\n  {read_receipt(tiny.rnn).command}\n".replace("all.en-zh", str(tiny.texts / "all.en-zh")) in out


@pytest.mark.parametrize(
    ("recorded", "found", "said"),
    [
        (None, None, "x"),
        (30.0, None, "30.00, x"),
        (30.0, 30.0, "30.00, x"),
        (30.0, 30.25, "30.00 on record, 30.25 now: x"),
    ],
)
def test_a_figure_stands_beside_what_was_found(recorded, found, said):
    assert verb.found_out(Check("figure", "BLEU", "holds", "x", recorded, found)) == said


def test_a_narrow_window_breaks_no_name(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(console, "output_console", lambda: Console(file=stream, width=80))
    checks = [Check("figure", "en → de BLEU lower-cased", "holds", "the same to the last digit", 30.0, 30.0)]
    checks += [Check("training", "best/checkpoint-00000020", "holds", "whole")]
    checks += [Check("data", "train.en", "fails", "/a/long/path" * 9)]
    verb.show(Verification(Path("run"), checks, [], "can be made again", ""))
    out = stream.getvalue()
    assert all(check.name in out for check in checks)
    assert max(map(len, out.split("\n"))) <= 80
    assert "/a/long/path" * 9 in "".join(line[39:].strip() for line in out.split("\n") if "/" in line[39:])


def test_json_is_one_object(capsys, copied):
    (copied / "notes.txt").write_text("mine")
    (copied / "report.html").write_text("<p>")
    code, out, err = run(capsys, "verify", copied, "--json")
    assert (code, out.count("\n"), err.count("\n")) == (2, 1, 1)
    values = json.loads(out)
    assert set(values) == {"run", "holds", "checks", "changes", "outlook", "command"}
    assert (values["run"], values["holds"]) == (str(copied), False)
    found = {check["name"]: check["state"] for check in values["checks"]}
    assert (found["report.html"], found["notes.txt"], found["model.safetensors"]) == ("fails", "unchecked", "holds")


def test_what_does_not_hold_is_named_in_one_line_and_2(capsys, copied):
    for name in ("README.md", "config.json", "report.html", "scores.json"):
        (copied / name).write_text("{}")
    code, out, err = run(capsys, "verify", copied)
    assert code == 2
    assert err.count("\n") == 1
    assert err.startswith(
        f"heedful: {copied} does not hold: README.md, config.json, report.html and 1 more; README.md:"
    )
    assert "✓  file" in out
    assert out.count("✗  file") == 4
    assert "something does not hold, 1 could not be checked\n" in out


def test_what_cannot_be_checked_is_said(capsys, copied):
    shutil.rmtree(copied / "training")
    code, out, err = run(capsys, "verify", copied)
    assert (code, err) == (0, "")
    assert "everything that was checked holds, 3 could not be checked\n" in out
    assert "its sentences are not at hand" in out


def test_a_receipt_that_is_gone(capsys, copied):
    (copied / "receipt.json").unlink()
    write_manifest(copied)
    code, out, err = run(capsys, "verify", copied)
    assert code == 2
    assert "it cannot be made again without its receipt, which says how\n" in out
    assert "receipt.json is missing" in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--source", "a"], "--source and --target belong together"),
        (["--tsv", "a", "--source", "b"], "not both"),
        (["--tsv", "absent.tsv"], "there is no file absent.tsv"),
        (["--data", "absent"], "absent is not a folder"),
        (["--device", "abacus"], "device is 'cpu' or 'cuda'"),
        (["more"], "too many arguments"),
    ],
)
def test_bad_flags_are_one_line_and_2(capsys, tiny, tmp_path, monkeypatch, flags, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "verify", tiny.rnn, *flags)


def test_other_sentences_are_not_scored(capsys, tiny):
    said = refused(capsys, "verify", tiny.both, "--source", tiny.texts / "dev.zh", "--target", tiny.texts / "dev.en")
    assert "dev.zh does not hold the sentences that the figures were made on" in said


def test_what_is_no_run_is_one_line_and_2(capsys, tiny, tmp_path):
    assert "does not exist" in refused(capsys, "verify", tmp_path / "none")
    assert "is no run directory" in refused(capsys, "verify", tiny.texts)
