import json
import math

import pytest

from heedful.training.guard import ENOUGH, MEMORY, Guard


@pytest.mark.parametrize(
    ("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan), (1.0, math.inf), (-math.inf, 1.0)]
)
def test_what_is_no_number_is_not_believed(loss, norm):
    guard = Guard(None)
    assert guard.judge(loss, norm) == "not finite"
    assert guard.n_bad_in_row == 1
    assert guard.judge(1.0, 1.0) is None
    assert guard.n_bad_in_row == 0


def test_a_spike_is_told_from_noise_by_hand():
    guard = Guard(4.0)
    for index in range(ENOUGH):
        assert guard.judge(1.0 + 0.1 * (index % 3), 1.0) is None
    # Median 1.1; absolute deviations 0.1, 0 and 0.1: their median is 0.1.
    assert guard.threshold == pytest.approx(1.1 + 4 * 1.4826 * 0.1)
    assert guard.judge(1.68, 1.0) is None
    assert guard.judge(3.0, 1.0) == "spike"
    assert guard.judge(0.0, 1.0) is None


def test_losses_that_repeat_leave_room_for_five_percent():
    guard = Guard(2.0)
    for _ in range(ENOUGH):
        guard.judge(2.0, 1.0)
    assert guard.threshold == pytest.approx(2.2)


def test_early_losses_and_absent_thresholds_know_no_spike():
    assert Guard(1.0).judge(1e9, 1.0) is None
    guard = Guard(None)
    for _ in range(ENOUGH):
        guard.judge(1.0, 1.0)
    assert guard.judge(1e9, 1.0) is None


def test_it_remembers_through_json():
    guard, other = Guard(3.0), Guard(3.0)
    for index in range(MEMORY + 5):
        guard.judge(1 / (index + 3), 1.0)
    guard.judge(math.nan, 1.0)
    other.load(json.loads(json.dumps(guard.to_json())))
    assert (other.threshold, other.n_bad_in_row) == (guard.threshold, 1)
    assert guard.judge(1e3, 1.0) == other.judge(1e3, 1.0) == "spike"
