"""Threads that each compute a part of the work at the same time, instead of sharing every operator."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

import torch

from heedful.numerics import Numerics

Part = TypeVar("Part")
Result = TypeVar("Result")

# With more hands than this each would have too few rows for a fast product.
MOST_HANDS = 8


class Crew:
    """Hands that work side by side, each in a thread of its own with its share of the cores.

    When all cores share one operator, each waits at its end for the slowest, and small operators gain nothing. Hands
    that compute a whole part each meet once a part; PyTorch lets go of Python's lock while it computes. What that
    brings: docs/decisions/0007-hands.md.

    Args:
        threads: of all hands together.
    """

    def __init__(self, threads: int = 1) -> None:
        # As many threads to a hand as let all of them be used.
        self.hands = threads // -(-threads // MOST_HANDS)
        self._threads = threads
        self._pool = ThreadPoolExecutor(self.hands, "hand")
        self._here = threading.local()

    def map(self, work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
        """What the work makes of each part, in the order of the parts; so many at a time as there are hands.

        A single part is computed by the caller, with all cores; and so are, one after the other, parts of a part.

        Args:
            work: must not depend on what other parts leave behind, nor on the settings of the caller's thread.
            parts: of it.
        Raises:
            Exception: the first, in the order of the parts, that the work raised; after all of it has ended.
        """
        todo = list(parts)
        if self.hands == 1 or len(todo) <= 1 or hasattr(self._here, "at_work"):
            return [work(part) for part in todo]
        threads, share = torch.get_num_threads(), self._threads // min(self.hands, len(todo))

        def do(part: Part) -> Result:
            torch.set_num_threads(share)
            self._here.at_work = True
            try:
                return work(part)
            finally:
                del self._here.at_work

        # Some libraries below PyTorch have one number of threads for the whole process: a hand's share, for now.
        torch.set_num_threads(share)
        try:
            running = [self._pool.submit(do, part) for part in todo]
            wait(running)
        finally:
            torch.set_num_threads(threads)
        return [each.result() for each in running]


# Of one hand: everything is computed by the caller.
ALONE = Crew()


@cache
def crew_for(numerics: Numerics) -> Crew:
    """A hand for each thread that may compute; on a GPU one, which launches what the GPU computes."""
    return Crew(numerics.threads) if numerics.device == "cpu" else ALONE
