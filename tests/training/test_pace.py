import pytest

from heedful.training import pace as module
from heedful.training.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_it_is_due_at_first_and_then_every_so_often(clock):
    pace = Pace(10.0, 0.01)
    assert pace.is_due
    pace.done(0.0)
    clock[0] += 9.9
    assert not pace.is_due
    clock[0] += 0.2
    assert pace.is_due


def test_what_is_dear_is_due_more_seldom(clock):
    pace = Pace(10.0, 0.01)
    pace.done(2.0)
    clock[0] += 199.0
    assert not pace.is_due
    clock[0] += 1.5
    assert pace.is_due


def test_zero_is_never_due(clock):
    pace = Pace(0.0, 0.01)
    pace.done(0.0)
    clock[0] += 1e9
    assert not pace.is_due
