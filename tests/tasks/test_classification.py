"""Every kind of classifier is trained, proven and used; a resumed one ends as one that was left alone."""

import shutil
from dataclasses import replace

import pytest
import torch

from heedful.errors import DataError, LengthError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.facts import read_scores
from heedful.run.weights import load_tensors
from heedful.tasks.classification import ClassificationTask, train_classifier
from heedful.tasks.classification_request import ClassificationOptions
from heedful.tasks.classifier import Classifier
from heedful.tasks.task import train_task
from heedful.tasks.verification import verify_run
from heedful.training.interruption import Interrupted
from tests.tasks.labelled import ask, small, table_of, train_small, weather, write

KINDS = ["one", "pairs", "many", "number", "tags", "chinese"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind, made when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("classifiers"), {}

    def run(kind):
        if kind not in made:
            made[kind] = train_small(ask(table_of(kind, folder / "data"), folder / kind)).path
        return made[kind]

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_of_every_kind_is_whole_and_its_figures_can_be_made_again(runs, kind):
    found = verify_run(runs(kind))
    assert not found.failures
    figures = [check for check in found.checks if check.kind == "figure"]
    assert figures
    assert {check.said for check in figures} == {"the same to the last digit"}


HEADLINES = {
    "one": "accuracy", "pairs": "accuracy", "many": "micro_f1", "number": "pearson", "tags": "span_f1",
    "chinese": "accuracy",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_figures(runs, kind):
    (scores,) = read_scores(RunDirectory(runs(kind)).scores)
    assert next(iter(scores.figures)) == HEADLINES[kind]
    assert scores.n_sentences > 0
    if kind != "number":
        assert "the commonest" in next(iter(scores.baselines))


def test_what_was_learned_is_told(tmp_path):
    path = train_small(ask(table_of("one", tmp_path / "data"), tmp_path / "x", steps=60)).path
    model = Classifier.load(path)
    sunny, rainy = model.classify(["a sunny golden lovely day in week 3", "a grey awful cold day in week 4"])
    assert (sunny["label"], rainy["label"]) == ("good", "bad")
    assert sunny["score"] > 0.8


def stopped(options):
    class Stopped(ClassificationTask):
        def course(self, plan, options):
            def stop(model):
                raise Interrupted(0, options.out, 2)

            return replace(super().course(plan, options), evaluate=stop)

    with small(), pytest.raises(Interrupted):
        train_task(Stopped(), options)


@pytest.mark.parametrize("tune", ["all", "gradual", "decay:0.5"])
def test_resumed_it_ends_bit_equal(tmp_path, tune):
    data = table_of("one", tmp_path / "data")
    train_small(ask(data, tmp_path / "a", tune=tune))
    stopped(ask(data, tmp_path / "b", tune=tune))
    data.unlink()
    train_small(ClassificationOptions(out=tmp_path / "b", resume=True))
    one, two = (load_tensors(RunDirectory(tmp_path / name).weights) for name in "ab")
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("tune", ["head", "top:1", "lora:2"])
def test_a_part_that_learns_is_resumed_bit_equal_and_the_rest_stands_still(runs, tmp_path, tune):
    begun = load_tensors(RunDirectory(runs("one")).weights)
    data = table_of("one", tmp_path / "data")
    for name in "ab":
        options = ask(data, tmp_path / name, tune=tune, init=runs("one"), seed=5)
        if name == "b":
            stopped(options)
            options = ClassificationOptions(out=options.out, resume=True)
        train_small(options)
    one, two = (load_tensors(RunDirectory(tmp_path / name).weights) for name in "ab")
    assert all(torch.equal(one[name], two[name]) for name in one)
    changed = {name for name in one if not name.startswith("head.") and not torch.equal(one[name], begun[name])}
    places = {".".join(name.split(".")[2:5]) for name in changed}
    expected = {"head": set(), "top:1": {"blocks.1"}, "lora:2": {"blocks.0", "blocks.1"}}[tune]
    assert {".".join(place.split(".")[:2]) for place in places if place.startswith("blocks")} == expected
    assert not any("embedding" in name for name in changed)
    assert (tmp_path / "a" / "adapter" / "adapter_model.safetensors").is_file() == tune.startswith("lora")


def test_it_begins_with_the_weights_and_the_tokenizer_of_another_run(runs, tmp_path):
    data = table_of("number", tmp_path / "data")
    path = train_small(ask(data, tmp_path / "x", init=runs("one"), tune="head", steps=2)).path
    one, two = (load_tensors(RunDirectory(run).weights) for run in (runs("one"), path))
    assert all(torch.equal(one[name], two[name]) for name in one if name.startswith("trunk."))
    assert RunDirectory(path).tokenizer.read_text() == RunDirectory(runs("one")).tokenizer.read_text()
    assert "trained from one on" in RunDirectory(path).card.read_text()


def test_it_begins_with_the_encoder_of_a_translator_in_its_own_vocabulary(tiny, tmp_path):
    data = table_of("one", tmp_path / "data")
    path = train_small(ask(data, tmp_path / "x", init=tiny.both, vocabulary="new", steps=2)).path
    kept = read_json(RunDirectory(path).begun / "prepared.json")["facts"]["kept"]
    assert kept["moved"] >= 256  # the bytes at least
    assert not verify_run(path).failures


def test_what_is_no_transformer_cannot_be_begun_with(tiny, tmp_path):
    with pytest.raises(RunError, match="is a 'rnn' model: expected a Transformer"):
        train_small(ask(table_of("one", tmp_path / "data"), tmp_path / "x", init=tiny.rnn))
    assert not (tmp_path / "x").exists()


def test_a_long_text_is_read_in_parts(runs):
    model = Classifier.load(runs("one"))
    long = "a sunny golden lovely day " * 40
    assert len(model.scheme.rows(model.text_rows, long, 0, "text 1")) > 1
    assert model.classify([long])[0]["label"] in ("good", "bad")


def test_a_long_pair_and_a_long_sentence_of_words_are_refused_with_their_line(tmp_path):
    data = table_of("pairs", tmp_path / "data")
    data.write_text(data.read_text() + "sunny " * 60 + "\tb\tgood\n")
    with pytest.raises(LengthError, match=r"pairs\.tsv:62: both texts have .* tokens and the model's window 48"):
        train_small(ask(data, tmp_path / "x"))
    assert not (tmp_path / "x").exists()


def test_a_label_that_is_never_learned_is_refused(tmp_path):
    data, dev = table_of("one", tmp_path), write(tmp_path / "dev.tsv", [*weather(30, 3), ("a strange day", "goood")])
    with pytest.raises(DataError, match=r"dev\.tsv:31: the label 'goood' does not occur in .*; did you mean 'good'"):
        train_classifier(ask(data, tmp_path / "x", dev_data=dev))


def test_a_run_handed_on_without_its_training_is_scored_on_the_files(tmp_path):
    data, test = table_of("one", tmp_path), write(tmp_path / "test.tsv", weather(30, 3))
    path = train_small(ask(data, tmp_path / "x", test_data=test)).path
    shutil.rmtree(path / "training")
    found = {check.name: check.state for check in verify_run(path, data=tmp_path).checks}
    assert found["test.tsv"] == found["accuracy %"] == "holds"
