"""The index of runs as a table and as JSON."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from heedful.cli import console
from heedful.cli import runs as verb
from heedful.cli.main import main
from heedful.run import registry
from heedful.run.registry import RunScore, RunSummary

EMPTY = RunSummary("old", Path("r/old"), "", "", (), None, "", "damaged", "old/model.safetensors is missing")
FOUND = [
    RunSummary(
        name="x/de-en",
        path=Path("r/x/de-en"),
        task="translation",
        languages="de-en, en-de",
        scores=(RunScore("de-en", "test", "bleu", 37.04), RunScore("en-de", "dev", "bleu", 33.0)),
        n_parameters=3_141_592,
        date="2026-11-20T10:11:12+00:00",
        state="finished",
    ),
    replace(EMPTY, name="zh", date="2026-11-19T08:00:00+00:00", state="interrupted at step 40", problem=""),
    EMPTY,
]


@pytest.fixture
def asked(monkeypatch):
    """What the registry was asked; it answers with three runs."""
    questions = []

    def find_runs(root, contents=True):
        questions.append((root, contents))
        return FOUND

    monkeypatch.setattr(registry, "find_runs", find_runs)
    return questions


def test_the_table_shows_runs_side_by_side(capsys, asked):
    assert main(["runs", "r"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.split("\n")]
    assert lines[0].split() == ["run", "task", "figure", "test", "dev", "size", "when", "(UTC)", "state"]
    assert lines[1].split() == ["x/de-en", "de-en", "BLEU", "37.0", "3.14M", "2026-11-20", "10:11", "finished"]
    assert lines[2].split() == ["en-de", "BLEU", "33.0"]
    test, dev = (lines[0].index(name) + len(name) for name in ("test", "dev"))
    assert (lines[1][:test].endswith("37.0"), lines[2][:dev].endswith("33.0")) == (True, True)
    assert lines[3].endswith("2026-11-19 08:00  interrupted at step 40")
    assert lines[4].endswith("damaged")
    assert "old: old/model.safetensors is missing" in lines
    assert asked == [(Path("r"), True)]


def test_json_is_a_list_of_what_the_registry_says(capsys, asked):
    assert main(["runs", "r", "--quick", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [run.to_json() for run in FOUND]
    assert asked == [(Path("r"), False)]


def test_where_nothing_was_trained_the_way_to_begin_is_named(capsys, tmp_path):
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"No runs in {tmp_path}. `heedful demo` trains a first one.\n"
    assert main(["runs", str(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_folder_that_is_not_there_is_the_callers_mistake(capsys, tmp_path):
    assert main(["runs", str(tmp_path / "no")]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_what_a_run_does_not_say_is_left_empty():
    nothing = ("", "", "", "")
    assert [verb.directions(run) for run in FOUND[1:]] == [nothing, nothing]
    assert [verb.parameters(run) for run in FOUND] == ["3.14M", "", ""]
    begun = replace(EMPTY, languages="zh-en, en-zh")
    assert verb.directions(begun) == ("zh-en\nen-zh", "", "", "")
    assert verb.directions(replace(EMPTY, task="encoder"))[0] == "encoder"


def test_each_run_shows_its_own_first_figure():
    assert verb.directions(FOUND[0]) == ("de-en\nen-de", "BLEU\nBLEU", "37.0\n", "\n33.0")
    classifier = replace(EMPTY, task="classification", scores=(RunScore("", "test", "macro_f1", 91.66),))
    assert verb.directions(classifier) == ("classification", "macro F1", "91.7", "")
    # A language model has no test set: what was held out chose its weights too.
    language = replace(EMPTY, task="language", scores=(RunScore("zh", "held-out text", "bits_per_character", 1.23),))
    assert verb.directions(language) == ("language zh", "bits a character", "", "1.230")
    assert verb.directions(replace(EMPTY, scores=(RunScore("a-b", "test", "new", 50),)))[1] == "new"


def test_a_day_without_a_time_says_so():
    assert verb.when("2026-11-20T10:11:12+00:00") == "2026-11-20 10:11"
    assert verb.when("2025-03-04") == "2025-03-04 -"
    assert verb.when("") == ""


def test_a_narrow_window_cuts_no_figure(monkeypatch):
    long = replace(FOUND[0], name="experiments/a-long-name/de-en-base", state="interrupted at step 1200")
    stream = io.StringIO()
    monkeypatch.setattr(console, "output_console", lambda: Console(file=stream, width=80))
    verb.show([long])
    lines = stream.getvalue().rstrip("\n").split("\n")
    assert max(map(len, lines)) <= 80
    assert "".join(line.split()[0] for line in lines[1:] if not line.startswith(" ")) == long.name
    assert {"37.0", "33.0", "3.14M", "2026-11-20", "10:11", "de-en", "en-de"} <= set(stream.getvalue().split())
    assert "…" not in stream.getvalue()
