import threading
import time

import pytest
import torch

from heedful.crew import ALONE, MOST_HANDS, Crew, crew_for
from heedful.numerics import Numerics


def test_results_come_in_the_order_of_the_parts():
    def work(part):
        time.sleep(0.02 * (3 - part % 4))
        return part * part

    assert Crew(3).map(work, range(8)) == [part * part for part in range(8)]


def test_hands_work_at_the_same_time():
    """Each waits for the other: one after the other they would wait for ever."""
    together = threading.Barrier(2, timeout=20)
    assert sorted(Crew(2).map(lambda part: together.wait() >= 0 and part, [1, 2])) == [1, 2]


def test_a_hand_has_its_share_of_the_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        crew = Crew(2 * MOST_HANDS)
        assert crew.hands == MOST_HANDS
        assert crew.map(lambda _: torch.get_num_threads(), range(20)) == [2] * 20
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("crew", [ALONE, Crew(2)])
def test_a_single_part_is_the_callers(crew):
    assert crew.map(lambda _: threading.current_thread(), ["part"]) == [threading.current_thread()]


def test_all_parts_end_before_the_first_error_is_raised():
    ended = []

    def work(part):
        if part in (1, 2):
            raise ValueError(part)
        time.sleep(0.1)
        ended.append(part)

    crew = Crew(4)
    with pytest.raises(ValueError, match="1"):
        crew.map(work, range(4))
    assert sorted(ended) == [0, 3]
    assert crew.map(abs, [-1, -2]) == [1, 2]


def test_no_parts_no_results():
    assert Crew(2).map(abs, []) == []


def test_a_crew_for_a_machine():
    assert crew_for(Numerics("cpu", "float32", "default", 3)).hands == 3
    assert crew_for(Numerics("cpu", "float32", "default", 3)) is crew_for(Numerics("cpu", "float32", "default", 3))
    assert crew_for(Numerics("cuda", "bfloat16", "default", 16)) is ALONE
