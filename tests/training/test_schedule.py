import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.errors import OptionError
from heedful.training.schedule import InverseSquareRoot, Trapezoid, schedule_from_json, schedule_to_json


def test_trapezoid_by_hand():
    schedule = Trapezoid(warmup=0.2, cooldown=0.4)
    rates = [schedule.rate(step, 10) for step in range(1, 11)]
    assert rates == pytest.approx([0.5, 1, 1, 1, 1, 1, 4 / 5, 3 / 5, 2 / 5, 1 / 5])


def test_trapezoid_without_ramps_is_flat():
    assert [Trapezoid(0, 0).rate(step, 4) for step in range(1, 5)] == [1, 1, 1, 1]


def test_inverse_square_root_is_the_papers_formula():
    d_model, warmup = 512, 4000
    peak = (d_model * warmup) ** -0.5
    for step in (1, 10, 3999, 4000, 4001, 100_000):
        paper = d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)
        assert peak * InverseSquareRoot(warmup).rate(step, 7) == pytest.approx(paper)


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(1, 3000))
def test_trapezoid_rises_stays_and_falls(warmup, cooldown, total):
    rates = [Trapezoid(warmup, cooldown).rate(step, total) for step in range(1, total + 1)]
    assert all(0 < rate <= 1 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


@pytest.mark.parametrize("schedule", [Trapezoid(0.1, 0.3), InverseSquareRoot(7)])
def test_json_both_ways(schedule):
    assert schedule_from_json(schedule_to_json(schedule)) == schedule


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "trapezoids"}, "did you mean 'trapezoid'"),
        ({"kind": "trapezoid", "warm": 1}, "warm"),
        ({"kind": "trapezoid", "warmup": 0.7, "cooldown": 0.7}, "shares of the run"),
        ({"kind": "inverse_square_root", "warmup_steps": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(values, words):
    with pytest.raises(OptionError, match=words):
        schedule_from_json(values)
