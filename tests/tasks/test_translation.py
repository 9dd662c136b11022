"""From two files to a translator: the same bits from the same seed, also when stopped on the way."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from heedful.errors import HeedfulError, RunError
from heedful.run.checkpoint import latest_checkpoint
from heedful.run.directory import RunDirectory
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks import course, evidence
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translator import Translator
from heedful.training.interruption import Interrupted
from heedful.training.outlook import Outlook
from heedful.training.progress import Progress, Silent
from tests.tasks.tiny import ask, contents, train_tiny

# What depends on the clock, the name of the run or the moment.
TIMED = ("_seconds", "_per_second")


class Stop(Exception):
    """Thrown by a watcher."""


class Watcher(Silent):
    """Does something after a step."""

    def __init__(self, at: int, what: Callable[[], None]) -> None:
        self.at, self.what = at, what

    def step(self, progress: Progress) -> None:
        if progress.step == self.at:
            self.what()


def ask_to_stop(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def crash() -> None:
    raise Stop


def metrics(run: Path) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in (run / "training" / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if not name.endswith(TIMED)} for row in rows]


def assert_same_run(one: Path, other: Path) -> None:
    """Weights, vocabulary, scores and metrics, bit by bit."""
    for name in ("model.safetensors", "tokenizer.json", "scores.json", "config.json", "generation_config.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert metrics(one) == metrics(other)
    last, other_last = (latest_checkpoint(run / "training") for run in (one, other))
    assert last.step == other_last.step
    assert all(torch.equal(tensor, other_last.tensors[name]) for name, tensor in last.tensors.items())


def test_a_run_that_was_stopped_goes_on_without_its_texts_to_the_same_bits(tiny, tmp_path):
    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    for number in (signal.SIGINT, signal.SIGTERM):
        options = ask(texts, tmp_path / "x", resume=number == signal.SIGTERM)
        step = 3 if number == signal.SIGINT else 4
        with pytest.raises(Interrupted) as stopped:
            train_tiny(
                options, watch=lambda outlook, step=step, number=number: Watcher(step, partial(ask_to_stop, number))
            )
        assert (stopped.value.step, stopped.value.signal_number) == (step, number)
    assert not (tmp_path / "x" / "manifest.json").exists()
    with pytest.raises(RunError, match=r"x is not finished: .*go on with: .*x --resume"):
        Translator.load(tmp_path / "x")
    with pytest.raises(RunError, match="x is not empty: nothing is written over; go on with --resume"):
        train_tiny(ask(texts, tmp_path / "x"))
    shutil.rmtree(texts)
    train_tiny(TranslationOptions(out=tmp_path / "x", resume=True))
    assert_same_run(tmp_path / "x", tiny.both)


@pytest.mark.parametrize("step", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_a_run_that_crashed_goes_on_too(tiny, tmp_path, step):
    with pytest.raises(Stop):
        train_tiny(ask(tiny.texts, tmp_path / "x"), watch=lambda outlook: Watcher(step, crash))
    train_tiny(ask(tiny.texts, tmp_path / "x", resume=True))
    assert_same_run(tmp_path / "x", tiny.both)


@pytest.mark.parametrize(
    "name",
    [*(pytest.param(name, marks=pytest.mark.slow) for name in ("save_tensors", "write_report")), "write_manifest"],
)
def test_a_run_that_crashed_while_it_was_published_is_published_again(tiny, tmp_path, monkeypatch, name):
    def fail(*arguments):
        raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(evidence, name, fail)
        with pytest.raises(Stop):
            train_tiny(ask(tiny.texts, tmp_path / "x", both_directions=False, steps=2))
    with pytest.raises(RunError, match="is not finished"):
        RunDirectory.open(tmp_path / "x")
    published = train_tiny(TranslationOptions(out=tmp_path / "x", resume=True))
    assert published.result.step == 2
    check_manifest(tmp_path / "x")


def test_another_seed_is_another_model(tiny, tmp_path):
    train_tiny(ask(tiny.texts, tmp_path / "x", seed=2))
    one, other = (load_tensors(run / "model.safetensors") for run in (tiny.both, tmp_path / "x"))
    assert one.keys() == other.keys()
    assert any(not bool((one[name] == other[name]).all()) for name in one)


def test_a_finished_run_is_not_resumed_and_not_written_over(tiny):
    for run in (tiny.both, tiny.rnn):
        before = contents(run)
        with pytest.raises(RunError, match="is finished: there is nothing to resume; use it, or train again"):
            train_tiny(TranslationOptions(out=run, resume=True))
        with pytest.raises(RunError, match="is not empty: nothing is written over; choose another --out"):
            train_tiny(ask(tiny.texts, run))
        assert contents(run) == before


def test_those_who_watch_are_told_what_was_read(tiny, tmp_path):
    said: list[str] = []

    class Listener(Silent):
        def event(self, step: int, message: str) -> None:
            said.append(message)

    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    for language in ("zh", "en"):
        with (texts / f"train.{language}").open("a", encoding="utf-8") as file:
            file.write("\n" if language == "zh" else "alone\n")
    train_tiny(ask(texts, tmp_path / "x", steps=1), watch=lambda outlook: Listener())
    assert re.fullmatch(r"pairs: 120 to learn from, 4 dev, 5 test; [\d.,]+ \w*\s?parameters", said[0])
    assert said[1] == "the text could be better: empty lines (1); `heedful inspect` says where"


def test_the_place_is_refused_before_the_texts_are_read(tiny):
    with pytest.raises(RunError, match="is not empty"):
        train_tiny(ask(tiny.texts, tiny.both, source=Path("absent"), target=Path("missing")))


def test_two_cannot_train_in_one_directory(tiny, tmp_path):
    with pytest.raises(Interrupted):
        train_tiny(ask(tiny.texts, tmp_path / "x"), watch=lambda outlook: Watcher(1, ask_to_stop))
    RunDirectory.create(tmp_path / "fresh")
    before = contents(tmp_path / "x")
    del before["training/lock"]
    for options in (TranslationOptions(out=tmp_path / "x", resume=True), ask(tiny.texts, tmp_path / "fresh")):
        with RunDirectory(options.out).lock():
            with pytest.raises(RunError, match=f"is in use: process {os.getpid()} on .* trains there since .*; wait"):
                train_tiny(options)
    after = contents(tmp_path / "x")
    del after["training/lock"]
    assert after == before


def test_who_watches_is_told_what_is_trained(tiny, tmp_path):
    seen: list[Outlook] = []

    def watch(outlook: Outlook) -> Silent:
        seen.append(outlook)
        return Watcher(1, crash)

    with pytest.raises(Stop):
        train_tiny(ask(tiny.texts, tmp_path / "x"), watch=watch)
    (outlook,) = seen
    assert (outlook.title, outlook.score) == ("transformer zh→en and en→zh", "dev BLEU")
    assert outlook.flops_per_token > 0
    assert outlook.peak_flops > 1e8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "cnn"}, "'cnn' is not known"),
        ({"steps": 3, "minutes": 1.0}, "keep one"),
        ({"test_source": Path("absent.zh")}, "there is no file absent.zh"),
        ({"dev_source": Path("absent.zh")}, "there is no file absent.zh"),
        ({"source_language": "xx"}, "--source-language is a language code"),
    ],
)
def test_what_can_be_refused_is_refused_before_anything_is_made(tiny, tmp_path, changes, said):
    with pytest.raises(HeedfulError, match=said):
        train_tiny(ask(tiny.texts, tmp_path / "x", **changes))
    assert not (tmp_path / "x").exists()


def test_minutes_that_do_not_suffice_leave_nothing_behind(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "calibrate", partial(course.calibrate, seconds=0.0))
    with pytest.raises(HeedfulError, match="minutes=1e-06 do not suffice"):
        train_tiny(ask(tiny.texts, tmp_path / "runs" / "x", steps=None, minutes=1e-6))
    assert list(tmp_path.iterdir()) == []


def test_results_are_told(tiny):
    both, rnn = tiny.published["both"], tiny.published["rnn"]
    assert (both.path, both.result.step, both.result.stopped) == (tiny.both, 6, "steps")
    assert [(item.source, item.target) for item in both.scores] == [("zh", "en"), ("en", "zh")]
    assert [(item.source, item.target, item.data) for item in rnn.scores] == [("en", "zh", "test")]
    assert rnn.parameters == sum(tensor.numel() for tensor in load_tensors(tiny.rnn / "model.safetensors").values())


def test_the_command_may_be_another_and_who_watches_is_told_of_the_scoring(tiny, tmp_path):
    told: list[str] = []

    class Told(Silent):
        def event(self, step: int, message: str) -> None:
            told.append(message)

    options = ask(tiny.texts, tmp_path / "x", steps=1, both_directions=False)
    train_tiny(options, watch=lambda _: Told(), command=lambda _: ["heedful", "demo"])
    assert told[-1] == "scoring on the held-out pairs"
    assert "\nheedful demo\n" in (tmp_path / "x" / "README.md").read_text(encoding="utf-8")
