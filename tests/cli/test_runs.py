"""The index of runs as a table and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.cli import runs as verb
from heedful.cli.main import main
from heedful.run import registry
from heedful.run.registry import RunSummary

EMPTY = RunSummary("old", Path("r/old"), "", "", None, "", None, "", "damaged", "old/model.safetensors is missing")
FOUND = [
    RunSummary(
        name="x/de-en",
        path=Path("r/x/de-en"),
        task="translation",
        languages="de-en",
        score=37.04,
        score_name="bleu",
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
    assert lines[0].split() == ["run", "task", "languages", "score", "parameters", "when", "(UTC)", "state"]
    assert lines[1].split("  ")[0] == "x/de-en"
    assert "37.0 bleu" in lines[1]
    assert "3.14 million" in lines[1]
    assert lines[1].endswith("2026-11-20 10:11  finished")
    assert lines[2].endswith("2026-11-19 08:00  interrupted at step 40")
    assert lines[3].endswith("damaged")
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
    assert [verb.score(run) for run in FOUND] == ["37.0 bleu", "", ""]
    assert [verb.parameters(run) for run in FOUND] == ["3.14 million", "", ""]
