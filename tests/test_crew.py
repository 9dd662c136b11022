import threading
import time
from unittest.mock import patch

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


@pytest.mark.parametrize(
    ("threads", "hands", "n_parts", "share"),
    [(2, 2, 5, 1), (12, 6, 20, 2), (16, 8, 20, 2), (20, 6, 6, 3), (16, 8, 2, 8)],
)
def test_a_hand_has_its_share_of_the_threads(threads, hands, n_parts, share):
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    process = []
    try:
        crew = Crew(threads)
        assert crew.hands == hands <= MOST_HANDS
        for _ in range(2):
            assert crew.map(lambda _: torch.get_num_threads(), range(n_parts)) == [share] * n_parts
            assert torch.get_num_threads() == 4
        # While they work the caller has no more: some libraries know one number for the whole process.
        with patch("heedful.crew.wait", lambda _: (process.append(torch.get_num_threads()), time.sleep(0.1))):
            crew.map(abs, range(n_parts))
        assert process[0] == share
    finally:
        torch.set_num_threads(before)


def test_a_hand_that_calls_its_own_crew_works_alone():
    crew = Crew(2)
    inner = crew.map(lambda part: crew.map(lambda x: (part, x, threading.current_thread()), range(3)), "ab")
    assert [[found[:2] for found in row] for row in inner] == [[(part, x) for x in range(3)] for part in "ab"]
    assert all(len({found[2] for found in row}) == 1 for row in inner)
    assert (
        len(
            {
                thread
                for row in crew.map(lambda _: [time.sleep(0.02), threading.current_thread()][1:], range(4))
                for thread in row
            }
        )
        == 2
    )


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
