import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.errors import OptionError
from heedful.training.route import Leg, Route, read_legs, write_legs
from heedful.training.schedule import InverseSquareRoot, Trapezoid

# Ten updates, cooling over the last four; after five of them the rest takes twenty: as at 20 of 40.
FASTER = [Leg(0, 0, 10, 3), Leg(5, 20, 40, 7)]


@given(st.integers(1, 60), st.integers(0, 40))
@settings(max_examples=50)
def test_a_plan_that_stands_is_the_schedule_itself(steps, every):
    route, schedule = Route([Leg(0, 0, steps, every)]), Trapezoid(0.04, 0.6)
    assert route.steps == steps
    for step in range(1, steps + 1):
        assert route.rate(schedule, step) == schedule.rate(step, steps)
        assert route.decay(0.8127, step) == 0.8127
        last = (step - 1) // every * every if every else 0
        assert route.evaluation_is_due(step, last) == (every > 0 and step % every == 0)


def test_a_change_by_hand():
    route, schedule = Route(FASTER), Trapezoid(warmup=0.2, cooldown=0.4)
    assert route.steps == 25
    rates = [route.rate(schedule, step) for step in range(1, 26)]
    # The cooldown of the new plan begins behind 24 of its 40 updates, with the tenth here, and has seventeen parts.
    assert rates[:5] == [0.5, 1, 1, 1, 1]
    assert rates[5:10] == pytest.approx([1, 1, 1, 1, 16 / 17])
    assert rates[-2:] == pytest.approx([2 / 17, 1 / 17])
    # The average spans a quarter of the updates' share that it spanned: the same share of the run.
    assert [route.decay(0.5, step) for step in (5, 6, 25)] == pytest.approx([0.5, 0.5**0.25, 0.5**0.25])


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        # That of the first plan after 3; those of the second at its places 21, 28 and 35, which are 6, 13 and 20 here.
        # The one after 6 lies three updates behind that after 3, less than half of seven, and is left out.
        (7, [3, 13, 20]),
        # At the places 27 and 36, which are 12 and 21; the latter four updates before the end, less than half of nine.
        (9, [3, 12]),
    ],
)
def test_evaluations_of_a_change_lie_in_the_places_of_its_plan(every, expected):
    route, last, found = Route([FASTER[0], Leg(5, 20, 40, every)]), 0, []
    for step in range(26):
        if route.evaluation_is_due(step, last):
            last = step
            found.append(step)
    assert found == expected


@given(st.integers(0, 30), st.integers(0, 60), st.integers(1, 60), st.integers(0, 20), st.integers(0, 60))
def test_evaluations_left_are_those_that_come(after, place, left, every, done):
    leg = Leg(after, place, place + left, every)
    step = after + min(done, left - 1)
    places = range(leg.place_of(step) + 1, leg.steps)
    expected = sum(1 for each in places if every and each % every == 0) + 1
    assert leg.evaluations_left(step) == expected


@given(st.floats(0, 0.3), st.floats(0.1, 0.7), st.integers(20, 400), st.integers(20, 400), st.floats(0.05, 0.95))
def test_the_rate_goes_on_from_where_it_is(warmup, cooldown, first, second, share):
    schedule, after = Trapezoid(warmup, cooldown), max(1, int(share * first))
    place = min(round(after / first * second), second - 1)
    route = Route([Leg(0, 0, first, 0), Leg(after, place, second, 0)])
    before, behind = route.rate(schedule, after), route.rate(schedule, after + 1)
    # No further than a few updates of the coarser of both plans.
    steepest = 1 / min(warmup, cooldown) if warmup else 1 / cooldown
    assert abs(before - behind) <= 3 * (steepest + 1) / min(first, second) or warmup * min(first, second) < 3


def test_a_schedule_of_updates_is_not_moved():
    schedule = InverseSquareRoot(3)
    assert [Route(FASTER).rate(schedule, step) for step in (5, 6)] == [schedule.rate(step, 7) for step in (5, 6)]


def test_changes_in_one_word():
    text = "46:250/1000/63,300:700/900/0"
    assert read_legs(text) == (Leg(46, 250, 1000, 63), Leg(300, 700, 900, 0))
    assert write_legs(read_legs(text)) == text
    assert read_legs("") == ()
    assert write_legs(()) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("46", "AFTER:PLACE/STEPS/EVALUATE_EVERY, as 46:250/1000/63, .* got '46'"),
        ("46:250/1000/63;", "got '46:250/1000/63;'"),
        ("46:1000/1000/63", "changed before its end, at a place before it: got 46:1000/1000/63"),
        ("46:250/1000/63,40:250/1000/63", "while it goes on, here from update 46 to 796: got 40:250/1000/63"),
        ("46:250/1000/63,796:999/1000/63", "from update 46 to 796: got 796:"),
    ],
)
def test_what_no_run_can_have_been_is_refused(text, said):
    with pytest.raises(OptionError, match=said):
        read_legs(text)
