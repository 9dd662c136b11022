"""From the command line: a table in, a classifier with its evidence out; what cannot be right is one line."""

import json

import pytest

from heedful.run.manifest import check_manifest
from tests.cli.commands import refused, run
from tests.tasks.labelled import small, table_of, weather, write


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


def test_a_table_in_a_classifier_out_and_everything_that_is_done_with_it(capsys, tmp_path):
    data, out = table_of("one", tmp_path), tmp_path / "x"
    test = write(tmp_path / "test.tsv", weather(30, 5))
    code, said, told = run(capsys, "train", "classification", "--data", data, "--out", out, "--steps", 4)
    assert code == 0, told
    assert "accuracy" in said
    assert f"heedful classify {out} < texts.txt" in said
    assert "labels for each; the label is column 2, the text column 1" in told
    check_manifest(out)

    code, said, told = run(capsys, "evaluate", out, "--data", test, "--json")
    assert code == 0, told
    figures = json.loads(said)
    assert {"accuracy", "macro_f1", "matthews", "examples"} == set(figures)
    code, said, _ = run(capsys, "evaluate", out, "--data", test, "--against", out)
    assert "it may be chance" in said

    code, said, _ = run(capsys, "verify", out)
    assert code == 0
    assert "the same to the last digit" in said

    code, said, _ = run(capsys, "runs", tmp_path)
    assert code == 0
    assert "finished" in said


def test_json_is_one_object(capsys, tmp_path):
    data, out = table_of("number", tmp_path), tmp_path / "x"
    _, said, _ = run(capsys, "train", "classification", "--data", data, "--out", out, "--steps", 2, "--json")
    assert set(json.loads(said)) == {"path", "scores", "parameters", "result"}


@pytest.mark.parametrize(
    ("rows", "flags", "said"),
    [
        ([*weather(40), ("odd", "once")], [], "bad.tsv:41: the label 'once' occurs once"),
        ([*weather(40), (" ", "good")], [], "bad.tsv:41 has an empty text"),
        (weather(40), ["--label", "lable"], "has no column 'lable'"),
        (weather(40), ["--kind", "tag"], "--kind 'tag' is not known; did you mean 'tags'"),
        (weather(40), ["--init", "nowhere"], "nowhere does not exist"),
        (weather(40), ["--tune", "lora"], "--tune lora keeps weights as they are"),
        (weather(5), [], "holds 5 examples: expected 20 at least"),
    ],
)
def test_what_cannot_be_right_is_one_line_and_leaves_nothing(capsys, tmp_path, rows, flags, said):
    data = write(tmp_path / "bad.tsv", rows)
    err = refused(capsys, "train", "classification", "--data", data, "--out", tmp_path / "x", *flags)
    assert said in err
    assert not (tmp_path / "x").exists()


def test_what_is_missing_is_said(capsys, tmp_path):
    assert "a table of texts and labels and, as --out" in refused(capsys, "train", "classification")
    assert "name the examples to learn from" in refused(capsys, "train", "classification", "--out", tmp_path / "x")
    assert "the table is named by a flag" in refused(
        capsys, "train", "classification", "a.tsv", "--out", tmp_path / "x"
    )


def test_a_table_is_for_classifiers_and_a_text_for_translators(capsys, tiny, tmp_path):
    data = table_of("one", tmp_path)
    assert "--data is for tables" in refused(capsys, "evaluate", tiny.both, "--data", data)
    both = ["--data", data, "--tsv", data]
    assert "--data is a table of texts and labels" in refused(capsys, "evaluate", tiny.both, *both)
