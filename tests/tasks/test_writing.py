"""Training from text to text, end to end, and what is seen of it on the way."""

import json
from math import exp

import pytest

from heedful.errors import RunError
from heedful.run.disk import read_json
from heedful.run.facts import read_scores
from heedful.tasks.loading import load
from heedful.tasks.verification import verify_run
from heedful.tasks.writer import Writer
from heedful.tasks.writing import Trial, WritingTask, writer_of
from heedful.tasks.writing_text import reopen
from tests.tasks.written import ask, dialogues, summaries, train_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("writing")
    short = train_small(ask(summaries(folder / "data"), folder / "short"))
    talk = train_small(ask(dialogues(folder / "data"), folder / "talk", turns=2, source_column="en"))
    return {"short": short.path, "talk": talk.path}


def test_a_run_proves_itself(runs):
    (scores,) = read_scores(runs["short"] / "scores.json")
    assert list(scores.figures) == ["rouge_l", "rouge_1", "rouge_2", "bleu"]
    assert scores.baselines["its first sentence"] > 10
    card = (runs["short"] / "README.md").read_text()
    assert "As a rule of thumb for BLEU" not in card
    assert "Decoding: beam 5." in card
    assert not verify_run(runs["short"]).failures
    assert {check.state for check in verify_run(runs["talk"]).checks if check.kind == "figure"} == {"holds"}


def test_it_is_loaded_by_its_task(runs):
    assert isinstance(load(runs["short"]), Writer)
    assert read_json(runs["talk"] / "config.json")["manner"]["turns"] == 2


def test_replies_are_chosen_by_how_probable_those_of_people_are(runs):
    laid = reopen(runs["talk"] / "training" / "begun")
    model, _ = laid.model(1)
    found = Trial(laid).evaluate(model)
    assert found.score == pytest.approx(100 * exp(-found.figures["nll"]))
    assert WritingTask().title(laid) == ("replies", "dev % a token")


def test_summaries_are_chosen_by_the_longest_common_subsequence(runs):
    laid = reopen(runs["short"] / "training" / "begun")
    model, inherited = laid.model(1)
    assert inherited is None
    found = Trial(laid).evaluate(model)
    sources = [source for source, _ in Trial(laid).pairs]
    assert found.score == found.figures["rouge_l"]
    assert len(writer_of(laid, model).write(sources[:2])) == 2


def test_a_run_goes_on_from_another(runs, tmp_path):
    data = summaries(tmp_path / "data", seed=2)
    path = train_small(ask(data, tmp_path / "more", init=(runs["short"],), steps=1)).path
    assert read_json(path / "config.json")["architecture"]["d_model"] == 16
    assert "trained from short on" in (path / "README.md").read_text()
    assert (path / "tokenizer.json").read_bytes() == (runs["short"] / "tokenizer.json").read_bytes()


def test_a_new_vocabulary_moves_vectors_by_name(runs, tmp_path):
    data = summaries(tmp_path / "data", seed=3)
    path = train_small(ask(data, tmp_path / "new", init=(runs["talk"],), vocabulary="new", steps=1)).path
    assert "token vectors" in (path / "README.md").read_text()


def test_the_receipt_has_the_command(runs):
    command = json.loads((runs["talk"] / "receipt.json").read_text())["command"]
    words = command.split()
    assert words[:3] == ["heedful", "train", "text"]
    asked = [("--data", "talk1.jsonl"), ("--out", "talk"), ("--steps", "2"), ("--evaluations", "1")]
    for flag, value in [*asked, ("--source-column", "en"), ("--turns", "2")]:
        assert words[words.index(flag) + 1] == value


def test_another_task_is_named(runs, tiny):
    with pytest.raises(RunError, match="was trained for 'translation': expected a run of `heedful train text`"):
        Writer.load(tiny.both)
