"""Decoding with a model that searches by itself."""

from math import inf
from threading import Event

from heedful.decoding.frontier import STOPS, hypothesis
from heedful.decoding.search import Beam, Greedy, Hypothesis, Sampling
from heedful.decoding.share import Job, Order, Share
from heedful.interface import Allowed, Searcher, SearchTask

# Where the model allows no token.
_NOTHING = Hypothesis([], -inf, -inf, "length")


def can_ask(searcher: Searcher, order: Order, jobs: list[Job]) -> bool:
    """Whether a searcher can do this: the likeliest token or a beam, from sources, with nothing forced.

    Args:
        searcher: of the model.
        order: what is asked for.
        jobs: all of them.
    """
    asked = order.encodes and isinstance(order.search, Greedy | Beam) and not any(job.prefix for job in jobs)
    # A beam finds enough continuations among so many: three tokens may be those that are never written, and the end.
    enough = order.allowed is None or order.search.width + 3 <= len(order.allowed.common)
    return asked and enough and searcher.searches(order.search.width)


class Asking(Share):
    """A share that a searcher decodes.

    Args:
        searcher: may be asked by several hands at once.
        order: what all hands are asked for.
        jobs: this one's sentences, the shortest first.
    """

    def __init__(self, searcher: Searcher, order: Order, jobs: list[Job]) -> None:
        super().__init__(order, jobs)
        self.searcher = searcher

    def decode(self, stop: Event) -> None:
        """See Share."""
        search, limits = self.search, self.limits
        jobs = self.queue[::-1]
        if not jobs or stop.is_set():
            return
        assert not isinstance(search, Sampling), "`can_ask` knows"
        beam = search if isinstance(search, Beam) else None
        task = SearchTask(
            sources=[job.source for job in jobs],
            max_len=[job.max_len for job in jobs],
            min_len=[limits.min_len for _ in jobs],
            loop_runs=[limits.loop_runs(len(job.source)) for job in jobs],
            width=search.width,
            # One more where a copy of the source may fall behind: at most one of them is a copy.
            kept=beam.n_best + (limits.copy_penalty > 0) if beam else 0,
            divisor=beam.divisor if beam else _unranked,
            rows=limits.rows,
            tokens=limits.tokens,
            bos=self.specials.bos,
            eos=self.specials.eos,
            pad=self.specials.pad,
            allowed=self.allowed and Allowed(self.allowed.common, [self.allowed.own[job.index] for job in jobs]),
        )

        def watch(done: int) -> bool:
            self.counters["sentences"] = answered + done
            self.tell()
            return stop.is_set()

        answered = self.counters["sentences"]
        found, counted = self.searcher.search(task, watch)
        # They are counted again one by one, as they are put in place.
        self.counters["sentences"] = answered
        self.counters.update(counted)
        for job, hypotheses in zip(jobs, found, strict=bool(found)):
            self.finish(job, [self._hypothesis(*each) for each in hypotheses] or [_NOTHING])

    def _hypothesis(self, tokens: list[int], log_probability: float, stop: int) -> Hypothesis:
        ended = STOPS[stop] == "eos"
        divisor = self.search.divisor(len(tokens) + ended) if isinstance(self.search, Beam) else 1.0
        return hypothesis(tokens, log_probability, divisor, STOPS[stop])


def _unranked(_: int) -> float:
    return 1.0
