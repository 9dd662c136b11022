import pytest

from heedful.training import pace as module
from heedful.training.pace import Pace, now_and_then


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


def test_a_line_now_and_then_and_none_of_what_is_fast(clock):
    said = []
    tell = now_and_then(said.append)
    for second in range(25):
        tell("counting sheep", second, 2000)
        clock[0] += 1.0
    tell("scoring", 0, 0)
    clock[0] += 10.0
    tell("scoring", 0, 0)
    assert said == ["counting sheep: 10 of 2,000", "counting sheep: 20 of 2,000", "scoring"]


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
