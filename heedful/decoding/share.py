"""Sentences to be decoded, one hand's share of them, and what is kept of those that are done."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event

from heedful.decoding.constraints import Limits, Specials, is_copy
from heedful.decoding.search import Beam, Hypothesis, Search
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Allowed

COUNTED = ("sentences", "tokens", "steps", "rows", "encoded", "length", "repetition", "copied", "empty")


@dataclass(frozen=True)
class Job:
    """One sentence: its place in the order given, what it reads, what is forced, and how far it may go."""

    index: int
    source: Sequence[int]
    prefix: Sequence[int]
    max_len: int

    @property
    def room(self) -> int:
        """Tokens that the decoder may have to read: bos, the prefix, and all that is written but for the last."""
        return len(self.prefix) + self.max_len


def jobs_of(
    window: int, sources: Sequence[Sequence[int]] | None, prefixes: Sequence[Sequence[int]] | None, limits: Limits
) -> list[Job]:
    """One job a sentence, in the order given.

    Args:
        window: the most tokens that the model reads or writes.
        sources: as `decode` has them.
        prefixes: as `decode` has them.
        limits: of length.
    """
    if sources is None and prefixes is None:
        raise OptionError("nothing to decode: give sources, or prefixes to a model without encoder")
    sources = [()] * len(prefixes or ()) if sources is None else sources
    prefixes = [()] * len(sources) if prefixes is None else prefixes
    if len(sources) != len(prefixes):
        raise ShapeError(f"each source needs a prefix, be it empty: got {len(sources)} and {len(prefixes)}")
    jobs = []
    for index, (source, prefix) in enumerate(zip(sources, prefixes, strict=True)):
        if len(source) > window:
            raise LengthError(
                f"sentence {index + 1} has {len(source)} tokens, the model reads at most {window}: split it"
            )
        if len(prefix) >= window:
            raise LengthError(
                f"the prefix of sentence {index + 1} has {len(prefix)} tokens and the start of a sentence, the model's "
                f"answers have at most {window}: shorten it"
            )
        jobs.append(Job(index, source, prefix, min(limits.max_len(len(source)), window - len(prefix))))
    return jobs


@dataclass(frozen=True)
class Order:
    """What all hands are asked for.

    Args:
        search: how to look.
        specials: tokens that a search must know.
        limits: of length and of what is decoded at once.
        encodes: whether there are sources; one without any token is answered at once.
        tell: says that there is news.
        allowed: what the answer to each job may have, by its index; None allows everything.
    """

    search: Search
    specials: Specials
    limits: Limits
    encodes: bool
    tell: Callable[[], None]
    allowed: Allowed | None = None


class Share(ABC):
    """What one hand decodes.

    Args:
        order: what all hands are asked for.
        jobs: this one's sentences, the shortest first.
    """

    def __init__(self, order: Order, jobs: list[Job]) -> None:
        self.search, self.specials, self.limits = order.search, order.specials, order.limits
        self.tell, self.allowed = order.tell, order.allowed
        self.hypotheses: dict[int, list[Hypothesis]] = {}
        self.counters = Counter(dict.fromkeys(COUNTED, 0))
        # The longest come last in the queue and first to work: those who join them fit into the room they have.
        self.queue = [job for job in jobs if job.source or not order.encodes]
        for job in jobs:
            if order.encodes and not job.source:
                self.finish(job, [Hypothesis([], 0.0, 0.0, "eos")])

    @abstractmethod
    def decode(self, stop: Event) -> None:
        """Everything in the queue, unless someone says stop."""

    def finish(self, job: Job, hypotheses: list[Hypothesis]) -> None:
        """Add the prefix, weigh copies, count, and put in place."""
        found = []
        for hypothesis in hypotheses:
            tokens = [*job.prefix, *hypothesis.tokens]
            copied = is_copy(tokens, list(job.source), self.specials.eos)
            score = hypothesis.score - copied * self.limits.copy_penalty
            found.append((copied, replace(hypothesis, tokens=tokens, score=score)))
        if isinstance(self.search, Beam):
            found.sort(key=lambda item: (item[1].stopped != "eos", -item[1].score))
            found = found[: self.search.n_best]
        copied, best = found[0]
        self.hypotheses[job.index] = [hypothesis for _, hypothesis in found]
        self.counters["sentences"] += 1
        self.counters["tokens"] += len(best.tokens) - len(job.prefix) + (best.stopped == "eos")
        self.counters["copied"] += copied
        self.counters["empty"] += bool(job.source) and not best.tokens
        if best.stopped != "eos":
            self.counters[best.stopped] += 1
