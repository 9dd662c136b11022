import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.training import outlook as module
from heedful.training.outlook import BLOCKS, Curve, Outlook, Speed, duration, sparkline
from heedful.training.progress import Progress


def progress(step, seconds=0.5, tokens=100):
    return Progress(step, 20, 0.0, 0, 1.0, 0.1, seconds, tokens)


def test_speed_share_and_time_left_by_hand(monkeypatch):
    now = [10.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    speed = Speed(Outlook(flops_per_token=3e6, peak_flops=1e9))
    assert speed.tokens_per_second == 0
    for step in (11, 12):
        now[0] += 0.5
        speed.add(progress(step))
    assert speed.tokens_per_second == pytest.approx(200)
    assert speed.share_of_peak == pytest.approx(0.6)
    now[0] += 3.0
    # Two steps of this session took four seconds, evaluations included, and eight are to come.
    assert speed.seconds_left(progress(12)) == pytest.approx(16)
    assert Speed(Outlook()).share_of_peak is None


def test_the_time_left_follows_the_speed_of_late(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    speed = Speed(Outlook())
    for number in range(1, 501):
        seconds = 4.0 if number <= 100 else 0.5
        now[0] += 1.2 * seconds
        speed.add(progress(10, seconds=seconds))
    # Ten steps to come, of half a second each by now, and a fifth more for all that is done beside them.
    assert speed.seconds_left(progress(10)) == pytest.approx(10 * 0.5 * 1.2, rel=0.01)


def test_a_sparkline_by_hand():
    assert sparkline([], 5) == ""
    assert sparkline([3.0], 5) == "▁"
    assert sparkline([0, 7], 8) == BLOCKS
    assert sparkline([7, 0, 7], 7) == "█▆▃▁▃▆█"
    assert sparkline([0, 0, 7, 7, 14, 14], 3) == "▁▅█"
    assert sparkline([2.0, 2.0], 3) == "▁▁▁"


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=200), st.integers(2, 60))
def test_a_sparkline_is_as_wide_as_asked(values, width):
    line = sparkline(values, width)
    assert len(line) == width
    assert set(line) <= set(BLOCKS)
    assert "▁" in line


@given(st.lists(st.floats(-1e3, 1e3), max_size=200))
def test_a_curve_keeps_the_mean_in_few_points(values):
    curve = Curve(8)
    for value in values:
        curve.add(value)
        curve.add(float("nan"))
    assert len(curve.points) < 8
    n_in = len(values) // curve._each * curve._each
    if n_in:
        mean = sum(values[:n_in]) / n_in
        assert sum(curve.points) / len(curve.points) == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (65, "1:05 min"), (3599, "59:59 min"), (7800, "2:10 h")],
)
def test_durations_as_people_write_them(seconds, text):
    assert duration(seconds) == text
