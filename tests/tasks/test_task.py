"""Any task becomes a run that proves itself, goes on where it was stopped, and leaves nothing where it was refused."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from heedful.errors import DataError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.receipt import read_receipt
from heedful.run.weights import load_tensors
from heedful.tasks.task import as_begun, train_task
from heedful.training.interruption import Interrupted
from tests.tasks.toy import ToyOptions, ToyTask, evaluated_as, write_numbers


class StoppedTask(ToyTask):
    """Ends at its first evaluation, as if somebody had asked for it."""

    def course(self, plan, options):
        def stop(model):
            raise Interrupted(0, options.out, 2)

        return replace(super().course(plan, options), evaluate=stop)


class Watched:
    """Remembers what it was told."""

    def __init__(self, outlook):
        self.outlook, self.said = outlook, []

    def __getattr__(self, name):
        return lambda *news: self.said.append((name, *news))


@pytest.fixture
def options(tmp_path):
    return ToyOptions(out=tmp_path / "x", numbers=write_numbers(tmp_path), steps=6)


def test_a_run_is_whole_and_says_what_it_is(options):
    watched = []
    published = train_task(ToyTask(), options, watch=lambda outlook: watched.append(Watched(outlook)) or watched[0])
    run = RunDirectory.open(options.out)
    check_manifest(run.path, ["config.json", "model.safetensors", "tokenizer.json", "scores.json", "report.html"])
    assert read_json(run.config)["task"] == "toy"
    assert read_receipt(run.path).command == "heedful train toy --out x --steps 6 --numbers numbers.txt"
    assert published.scores[0].figures["accuracy"]["score"] == 50.0
    assert (published.result.step, published.path) == (6, run.path)
    assert watched[0].outlook.score == "dev accuracy"
    assert any("scoring on the held-out examples" in news for news in watched[0].said)


def test_resumed_it_ends_as_if_it_had_never_been_stopped(options, tmp_path):
    train_task(ToyTask(), options)
    other = replace(options, out=tmp_path / "y")
    with pytest.raises(Interrupted):
        train_task(StoppedTask(), other)
    options.numbers.unlink()  # everything was laid down
    train_task(ToyTask(), ToyOptions(out=other.out, resume=True))
    one, two = (load_tensors(RunDirectory(path).weights) for path in (options.out, other.out))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_is_refused_leaves_nothing(options):
    options.numbers.write_text("")
    with pytest.raises(DataError, match="is empty"):
        train_task(ToyTask(), options)
    with pytest.raises(OptionError, match="seed"):
        train_task(ToyTask(), replace(options, seed=-1))
    assert not options.out.exists()


def test_nothing_is_written_over(options):
    options.out.mkdir()
    (options.out / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="nothing is written over"):
        train_task(ToyTask(), options)
    assert [path.name for path in options.out.iterdir()] == ["thesis.txt"]


@pytest.fixture
def stopped(options):
    with pytest.raises(Interrupted):
        train_task(StoppedTask(), options)
    return options


def test_only_what_was_begun_goes_on(stopped, tmp_path):
    again = ToyOptions(out=stopped.out, resume=True)
    assert as_begun("toy", again) == replace(stopped, resume=True)
    with pytest.raises(OptionError, match="this run was begun with --steps 6: leave other options out"):
        as_begun("toy", replace(again, steps=7))
    with pytest.raises(RunError, match=r"is a training of toy: go on with: heedful train toy --out .* --resume"):
        as_begun("classification", again)
    with pytest.raises(RunError, match="nothing to resume"):
        as_begun("toy", replace(again, out=tmp_path / "nowhere"))
    shutil.rmtree(stopped.out / "training" / "begun")
    with pytest.raises(RunError, match="training had not begun"):
        as_begun("toy", again)


def test_a_damaged_beginning_is_not_gone_on_with(stopped):
    request = stopped.out / "training" / "begun" / "request.json"
    values = json.loads(request.read_text())
    request.write_text(json.dumps({**values, "task": "toys"}))
    with pytest.raises(RunError, match=r"request\.json is damaged"):
        train_task(ToyTask(), ToyOptions(out=stopped.out, resume=True))


def test_the_best_weights_are_kept(options):
    class Rising(ToyTask):
        def course(self, plan, options):
            return replace(super().course(plan, options), evaluate=evaluated_as(1.0))

    # Every evaluation is as good: the first one counts, and no later one is better.
    published = train_task(Rising(), replace(options, evaluations=3))
    assert published.result.kept_step == 2
