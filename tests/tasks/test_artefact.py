"""What a finished training leaves: every file, each saying what the task told of it."""

import pytest

from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.facts import DataFile, Section, read_scores
from heedful.run.manifest import check_manifest
from heedful.run.receipt import HeldOut, read_receipt
from heedful.run.weights import load_tensors
from heedful.tasks.artefact import Finished, publish
from heedful.tasks.evidence import Beside
from heedful.training.loop import TrainingResult
from tests.tasks.toy import NUMERICS, ToyTask, outcome
from tests.training.toy import toy_model

RESULT = TrainingResult(6, 1.5, 100, 4, 0.5, "steps", 3.0)
PLAN = {"rows": [[9], [10]], "file": vars(DataFile("train", "n.txt", 9, "ab" * 32))}


@pytest.fixture
def run(tmp_path):
    run = RunDirectory.create(tmp_path / "x")
    write_json(run.config, {"task": "toy", **ToyTask().config(PLAN)})
    return run


def finished(**changes):
    return Finished(
        **{"model": toy_model(), "numerics": NUMERICS, "result": RESULT, "seed": 3, "command": "c"} | changes
    )


def test_every_file_is_there_and_listed(run):
    published = publish(run, finished(tokenizer='{"a": 1}', generation={"search": "greedy"}), outcome(PLAN))
    names = {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "scores.json"}
    assert set(check_manifest(run.path)) == names | {"README.md", "report.html", "receipt.json"}
    assert run.tokenizer.read_text() == '{"a": 1}'
    assert read_json(run.generation) == {"search": "greedy"}
    assert load_tensors(run.weights).keys() == dict(toy_model().named_parameters()).keys()
    assert read_scores(run.scores) == published.scores
    assert published.parameters == sum(each.numel() for each in toy_model().parameters())


def test_a_model_without_text_and_without_writing_has_neither_file(run):
    publish(run, finished(), outcome(PLAN))
    assert not run.tokenizer.exists()
    assert not run.generation.exists()


def test_the_card_the_report_and_the_receipt_say_what_the_task_said(run):
    publish(run, finished(), outcome(PLAN))
    card, page, receipt = run.card.read_text(), run.report.read_text(), read_receipt(run.path)
    for text in (card, page):
        assert "majority" in text
        assert "n.txt" in text
    assert "2 train" in card and "heedful repeat" in card
    assert receipt.held_out == {"test": HeldOut.of([("9 9", "9 9"), ("10", "10")])}
    assert (receipt.task, receipt.seed, receipt.n_pairs) == ("toy", 3, {"train": 2})


def test_of_a_model_made_with_anothers_help_that_is_told_first(run):
    told, beside = outcome(PLAN), Beside("It is a student.", [Section("Two", ["alike"])], {"alike": 0.5}, "again")
    publish(run, finished(), type(told)(**{**vars(told), "sections": [Section("Colours", ["red"])], "beside": beside}))
    card = run.card.read_text()
    assert "It is a student." in card
    assert 0 < card.index("## Two") < card.index("## Colours")
    assert read_json(run.scores)["parity"] == {"alike": 0.5}
    assert read_receipt(run.path).command == "again"


def test_a_section_stands_in_both(run):
    told = outcome(PLAN)
    publish(run, finished(), type(told)(**{**vars(told), "sections": [Section("Colours", ["red"])]}))
    assert "## Colours" in run.card.read_text()
    assert "Colours</h2>" in run.report.read_text()
