"""From the command line: questions in, a model with its evidence out; what cannot be right is one line."""

import json

import pytest

from heedful.run.manifest import check_manifest
from tests.cli.commands import refused, run
from tests.tasks.squads import small, squad, write_squad


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


def test_two_files_in_a_model_out_and_everything_that_is_done_with_it(capsys, tmp_path):
    one, two = write_squad(tmp_path / "one.json", 30), write_squad(tmp_path / "two.json", 31, refused=True)
    out = tmp_path / "x"
    code, said, told = run(capsys, "train", "answering", "--data", one, two, "--out", out, "--steps", 4)
    assert code == 0, told
    assert "exact match" in said
    assert f'heedful answer {out} --context text.txt --question "..."' in said
    assert "some are not answered by their context" in told
    check_manifest(out)

    code, said, told = run(capsys, "evaluate", out, "--data", two, "--json")
    assert code == 0, told
    assert set(json.loads(said)) == {"f1", "exact_match", "examples"}
    code, said, _ = run(capsys, "evaluate", out, "--data", two, "--against", out)
    assert "it may be chance" in said

    code, said, _ = run(capsys, "verify", out)
    assert code == 0
    assert f"--data {one} {two}" in said.replace("\n", " ")


def wrong(change):
    values = squad(40)
    change(values["data"][0]["paragraphs"])
    return json.dumps(values)


@pytest.mark.parametrize(
    ("text", "flags", "said"),
    [
        ("no JSON", [], "is no JSON"),
        ('{"labels": []}', [], "expected SQuAD's JSON"),
        (
            wrong(lambda every: [one["qas"][0]["answers"][0].update(text="nowhere") for one in every]),
            [],
            "of 40 questions 40",
        ),
        (wrong(lambda every: every[3]["qas"][0].update(answers=[])), [], "question 'q3' has no answers"),
        (wrong(lambda every: every[3].update(context="")), [], "question 'q3' has no context"),
        (wrong(lambda every: every.clear()), [], "holds no questions"),
        (wrong(lambda every: None), ["--init", "nowhere"], "nowhere does not exist"),
        (wrong(lambda every: None), ["--dev-data", "nowhere.json"], "there is no file"),
    ],
)
def test_what_cannot_be_right_is_one_line_and_leaves_nothing(capsys, tmp_path, text, flags, said):
    data = tmp_path / "bad.json"
    data.write_text(text)
    assert said in refused(capsys, "train", "answering", "--data", data, "--out", tmp_path / "x", *flags)
    assert not (tmp_path / "x").exists()


def test_what_is_missing_is_said(capsys, tmp_path):
    assert "questions in SQuAD's JSON and, as --out" in refused(capsys, "train", "answering")
    assert "name the questions to learn from" in refused(capsys, "train", "answering", "--out", tmp_path / "x")
