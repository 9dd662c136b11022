"""Rows come back in their own order, and each as if it had been read alone."""

import pytest
import torch

from heedful.data.text_rows import Row
from heedful.numerics import Numerics
from heedful.tasks import reading
from heedful.tasks.reading import Reading
from tests.model.test_heads import headed

NUMERICS = Numerics("cpu", "float32", "default", 1)
ROWS = [Row(tuple(range(4, 5 + n)), (0,) * (n + 1), i) for i, n in enumerate([3, 1, 7, 2, 7, 0])]


def test_every_row_is_answered_as_if_alone(monkeypatch):
    monkeypatch.setattr(reading, "TOKENS", 16)
    read = Reading(headed("encoder", "mean"), 0, False, NUMERICS)
    told = []
    found = read.read(ROWS, lambda model, source: model.score(source), lambda *news: told.append(news))
    for row, scores in zip(ROWS, found, strict=True):
        (alone,) = read.read([row], lambda model, source: model.score(source))
        torch.testing.assert_close(scores, alone)
    assert told[-1] == (6, 6)
    assert len(told) > 1


def test_nothing_is_read_of_nothing():
    assert Reading(headed("encoder", "mean"), 0, False, NUMERICS).read([], lambda model, source: source.values) == []


def test_what_is_seen_is_float32():
    half = Numerics("cpu", "bfloat16", "default", 1)
    (seen,) = Reading(headed("encoder", "mean"), 0, False, half).read(
        ROWS[:1], lambda model, source: model.score(source)
    )
    assert seen.dtype == torch.float32
    assert pytest.approx(0, abs=1) == seen.sum().item()
