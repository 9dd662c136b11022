"""`heedful duel`: one command to train, compare and report; what is stopped goes on; bad requests are told."""

import json
import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from heedful.cli.duel import duel_table
from heedful.cli.stopping import Terminated
from heedful.tasks.duel import Duel
from heedful.tasks.duel_plan import DuelBudget
from heedful.training.progress import Silent
from tests.cli.commands import refused, run
from tests.tasks.test_duel import quick
from tests.tasks.test_duel_words import ALL


@pytest.fixture(autouse=True)
def _quick():
    with quick():
        yield


@pytest.fixture
def words(tiny, tmp_path):
    files = [
        word
        for side in ("", "dev-", "test-")
        for word in (
            f"--{side}source", tiny.texts / f"{side.strip('-') or 'train'}.zh",
            f"--{side}target", tiny.texts / f"{side.strip('-') or 'train'}.en",
        )
    ]  # fmt: skip
    return ["duel", *files, "--out", tmp_path / "x", "--models", "rnn,transformer", "--budget", "flops=2e8"]


class Stopper(Silent):
    """Asks to stop after the first step."""

    def step(self, progress):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_table_words_and_a_page(capsys, words, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("heedful.training.display.make_display", lambda outlook: Stopper())
        code, said, told = run(capsys, *words)
    again = f"heedful duel --out {tmp_path / 'x'} --resume"
    assert (code, said) == (128 + signal.SIGTERM, "")
    assert told.endswith(f"Go on with: {again}\n")
    code, said, told = run(capsys, *again.split()[1:])
    assert code == 0
    assert "BLEU zh → en" in said and "Transformer" in said
    assert f"page  {tmp_path / 'x' / 'duel.html'}" in said
    assert "Random symbols copied" in said
    assert "dev BLEU" not in said


def test_a_narrow_window_breaks_figures_and_cuts_none():
    found = Duel(Path("x"), DuelBudget("minutes", 7.5), ("en", "de"), "the test text", ALL, "x")
    console = Console(width=20, file=StringIO())
    console.print(duel_table(found))
    said = console.file.getvalue()
    assert "…" not in said
    # The first column, whole though broken.
    assert "Transformer" in "".join(line[:3].strip() for line in said.splitlines())


def test_a_stop_while_comparing_says_how_to_go_on_and_trains_nothing_again(capsys, words, tmp_path, monkeypatch):
    def stop(*arguments):
        raise Terminated

    with monkeypatch.context() as patched:
        patched.setattr("heedful.tasks.duel.measure", stop)
        code, said, told = run(capsys, *words)
    assert (code, said) == (143, "")
    assert told.endswith(f"what was saved is safe. Go on with: heedful duel --out {tmp_path / 'x'} --resume\n")
    code, said, told = run(capsys, "duel", "--out", tmp_path / "x", "--resume", "--json")
    assert code == 0
    found = json.loads(said)
    assert [each["name"] for each in found["contestants"]] == [
        each["name"] for each in json.loads((tmp_path / "x" / "duel.json").read_text())["contestants"]
    ]
    assert "step" not in told


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--budget", "10"], "a budget is minutes=N, flops=N or parameters=N: got '10'"),
        (["--models", "transformer"], "a duel needs two models or more"),
        (["--models", "transformer,lstm"], "model 'lstm' is not known"),
        (["--source", "nowhere.zh"], "nowhere.zh"),
    ],
)
def test_bad_requests_are_told_and_leave_nothing(capsys, words, tmp_path, changed, said):
    flag, value = changed
    words[words.index(flag) + 1] = value
    assert said in refused(capsys, *words)
    assert not (tmp_path / "x").exists()
