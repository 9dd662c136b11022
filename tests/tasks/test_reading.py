"""Rows come back in their own order, and each as if it had been read alone."""

from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.data.text_rows import Row
from heedful.model.heads import Head, Headed
from heedful.model.native.library import library
from heedful.model.native.stack import NativeStack
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics, cpu_runs_engine
from heedful.tasks import reading
from heedful.tasks.reading import Reading
from tests.model.test_heads import headed

NUMERICS = Numerics("cpu", "float32", "default", 1)
ROWS = [Row(tuple(range(4, 5 + n)), (0,) * (n + 1), i) for i, n in enumerate([3, 1, 7, 2, 7, 0])]


def fitting(over):
    """A model whose encoder the engine can take over."""
    torch.manual_seed(0)
    shape = Architecture(20, 32, 2, 0, 2, None, 64, dropout=0.0, max_len=16)
    return Headed(Transformer(shape), Head(32, 3, over, 0.0), "encoder")


@pytest.mark.parametrize("numerics", [NUMERICS, replace(NUMERICS, threads=2)], ids=["alone", "two hands"])
def test_every_row_is_answered_as_if_alone(monkeypatch, numerics):
    monkeypatch.setattr(reading, "TOKENS", {"cpu": 16})
    read = Reading(headed("encoder", "mean"), 0, False, numerics)
    told = []
    found = read.read(ROWS, lambda model, source: model.score(source), lambda *news: told.append(news))
    for row, scores in zip(ROWS, found, strict=True):
        (alone,) = read.read([row], lambda model, source: model.score(source))
        torch.testing.assert_close(scores, alone)
    assert told[-1] == (6, 6)
    assert len(told) > 1


@pytest.mark.skipif(not cpu_runs_engine() or library() is None, reason="the engine cannot be built or run here")
@pytest.mark.parametrize("over", ["mean", "first", "each"])
def test_the_engine_reads_the_same(over):
    model = fitting(over)
    plain, native = (Reading(model, 0, False, replace(NUMERICS, engine=engine)) for engine in ("torch", "native"))
    found = native.read(ROWS, lambda model, source: model.score(source))
    assert isinstance(native._packed.trunk.encoder, NativeStack)
    for row, ours, theirs in zip(ROWS, found, plain.read(ROWS, lambda model, source: model.score(source)), strict=True):
        kept = slice(len(row.ids)) if over == "each" else slice(None)
        torch.testing.assert_close(ours[kept], theirs[kept])


@pytest.mark.skipif(not cpu_runs_engine(), reason="the engine cannot run here")
def test_without_the_engine_pytorch_reads(monkeypatch):
    monkeypatch.setattr("heedful.model.native.library.library", lambda: None)
    read = Reading(fitting("mean"), 0, False, replace(NUMERICS, engine="native"))
    (seen,) = read.read(ROWS[:1], lambda model, source: model.score(source))
    assert torch.isfinite(seen).all()


def test_whoever_fails_leaves_nobody_at_work(monkeypatch):
    monkeypatch.setattr(reading, "TOKENS", {"cpu": 4})
    looked = []

    def look(model, source):
        looked.append(source)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Reading(headed("encoder", "mean"), 0, False, NUMERICS).read(ROWS, look)
    assert len(looked) == 1


def test_nothing_is_read_of_nothing():
    assert Reading(headed("encoder", "mean"), 0, False, NUMERICS).read([], lambda model, source: source.values) == []


def test_what_is_seen_is_float32():
    half = Numerics("cpu", "bfloat16", "default", 1)
    (seen,) = Reading(headed("encoder", "mean"), 0, False, half).read(
        ROWS[:1], lambda model, source: model.score(source)
    )
    assert seen.dtype == torch.float32
    assert pytest.approx(0, abs=1) == seen.sum().item()
