"""A training of a bench is that of `heedful train`, up to the last update; one that diverges is a result."""

import math
from dataclasses import replace

import pytest
import torch

from bench.course import Bystander, run_course
from heedful import numerics
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.shards import build_shards
from heedful.data.tokenizer import Tokenizer
from heedful.model.transformer import Transformer
from heedful.tasks.defaults import Size, architecture_for, options_for
from heedful.tasks.setup import Setup
from heedful.training.loop import train
from heedful.training.progress import Progress

SIZE = Size(float("inf"), 300, 16, 1, 1, 0.1, 1e-2, 200, 1, smoothing=0.0)
PAIRS = [(f"{a} {b}", f"{b} {a}") for a in "abc" for b in "abc"] * 4


@pytest.fixture
def made(tmp_path):
    """A setup and its batches."""
    tokenizer = Tokenizer.train((side for pair in PAIRS for side in pair), SIZE.vocab_size)
    plan = BatchPlan(build_shards(PAIRS, tokenizer, tmp_path / "shards"), sampling=Sampling(SIZE.tokens_per_batch, 1))
    return Setup("transformer", architecture_for(SIZE, tokenizer.vocab_size), SIZE, numerics.choose("cpu")), plan


def test_the_last_averaged_weights_are_kept_and_nothing_is_left(made, tmp_path, monkeypatch):
    setup, plan = made
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    model, expected = setup.build(3), setup.build(3)
    course = run_course("", setup, model, plan, 5, 3)
    options = replace(options_for(SIZE, 5, 3), keep="last")
    with numerics.applied(setup.numerics):
        train(expected, setup.objective, plan, options, folder=tmp_path / "training", compute=setup.numerics.dtype)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), expected.parameters(), strict=True))
    assert (course.steps, course.diverged) == (5, False) and course.seconds > 0
    assert not list((tmp_path / "temporary").glob("heedful*"))


def test_losses_that_are_no_numbers_end_it_after_ten(made, monkeypatch):
    setup, plan = made
    logits, calls = Transformer.logits, []

    def breaking(*given):
        calls.append(given)
        return logits(*given) * (math.nan if len(calls) > 3 else 1.0)

    monkeypatch.setattr(Transformer, "logits", breaking)
    course = run_course("", setup, setup.build(1), plan, 40, 1)
    assert (course.steps, course.diverged) == (13, True)


def test_who_waits_is_told_every_ten_seconds(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("heedful.training.pace.time.monotonic", lambda: now[0])
    bystander = Bystander("heads-1, seed 2")
    for step in range(1, 26):
        now[0] += 1.0
        bystander.step(Progress(step, 30, 0.0, 0, 1.0, 1.0, 1.0, 10))
    assert capsys.readouterr().err.splitlines() == ["heads-1, seed 2: 10 of 30", "heads-1, seed 2: 20 of 30"]
    assert (bystander.reached, bystander.seconds) == (25, 25.0)
