"""`heedful train translation`: zero further flags, a run with its evidence, stops that can be gone on from."""

import json
import os
import signal

import pytest

from heedful.cli.main import main
from heedful.run.manifest import check_manifest
from heedful.training.progress import Silent
from tests.cli.commands import refused, run
from tests.tasks.tiny import ask, contents, flags, small


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


def test_two_files_in_a_translator_with_its_evidence_out(capsys, tiny, tmp_path):
    out = tmp_path / "runs" / "mine"
    words = ["--source", tiny.texts / "train.zh", "--target", tiny.texts / "train.en", "--out", out, "--epochs", 0.5]
    code, said, told = run(capsys, "train", "translation", *words)
    assert code == 0
    assert "zh → en" in said
    assert f"heedful translate {out} < in.txt > out.txt" in said
    # Progress is another's business.
    assert "dev BLEU" in told
    assert "dev BLEU" not in said
    check_manifest(out)
    assert (out / "report.html").is_file()
    assert len(json.loads((out / "scores.json").read_text())["scores"]) == 1


class Stopper(Silent):
    """Asks to stop after the second step."""

    def step(self, progress):
        if progress.step == 2:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_stop_says_how_to_go_on_and_resume_does(capsys, tiny, tmp_path, monkeypatch):
    out = tmp_path / "x"
    options = ask(tiny.texts, out, steps=3, both_directions=False)
    with monkeypatch.context() as patched:
        patched.setattr("heedful.training.display.make_display", lambda outlook: Stopper())
        code, said, told = run(capsys, *flags(options))
    assert (code, said) == (128 + signal.SIGTERM, "")
    again = f"heedful train translation --out {out} --resume"
    assert told == f"heedful: stopped after step 2; everything is saved. Go on with: {again}\n"
    assert f"{out} is not empty: nothing is written over; go on with --resume" in refused(capsys, *flags(options))
    assert "begun with --steps 3: leave other options out" in refused(capsys, *again.split()[1:], "--steps", 9)
    code, said, told = run(capsys, *again.split()[1:])
    assert code == 0
    assert "going on after step 2" in told
    assert f"report     {out}/report.html" in said
    before = contents(out)
    assert "is finished: there is nothing to resume" in refused(capsys, *again.split()[1:])
    assert contents(out) == before


def test_an_interruption_before_the_beginning_leaves_a_place(capsys, tiny, tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    options = ask(tiny.texts, tmp_path / "x", steps=1, both_directions=False)
    with monkeypatch.context() as patched:
        patched.setattr("heedful.tasks.preparation.build_shards", stop)
        assert run(capsys, *flags(options)) == (130, "", "heedful: interrupted\n")
    assert run(capsys, *flags(options))[0] == 0


def test_help_names_every_flag(capsys):
    assert main(["train", "translation", "--help"]) == 0
    out = capsys.readouterr().out
    for flag in ("--out", "--source", "--dev-tsv", "--both-directions", "--minutes", "--resume", "--model", "--seed"):
        assert flag in out
    assert "--no-" not in out


def test_train_alone_lists_what_can_be_trained(capsys):
    code, out, _ = run(capsys, "train")
    assert code == 0
    assert "translation" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["translaton"], "translation"),
        (["translation"], "--out"),
        (["translation", "--out", "x", "--sorce", "a"], "--sorce. Did you mean --source?"),
        (["translation", "--out", "x", "--steps", "many"], "many"),
        (["translation", "--out", "x"], "give the text to learn from: --source and --target, or --tsv"),
        (["translation", "--out", "x", "--tsv", "absent.tsv"], "there is no file absent.tsv"),
    ],
)
def test_mistakes_are_one_line_and_2(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "train", *words)
    assert not list(tmp_path.iterdir())
