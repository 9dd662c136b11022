"""Decoding many sentences: shared out between hands, each of which steps through its share or asks a searcher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Event, Lock

from heedful.crew import ALONE, Crew
from heedful.decoding.asking import Asking, can_ask
from heedful.decoding.constraints import Limits, Specials
from heedful.decoding.search import Hypothesis, Search
from heedful.decoding.share import COUNTED, Job, Order, Share, jobs_of
from heedful.decoding.stepping import Stepping
from heedful.errors import ShapeError
from heedful.interface import Allowed, Model, Searcher

# A hand with fewer sentences than this multiplies too few rows at a time to be worth it.
_FEWEST = 8


@dataclass(frozen=True)
class Decoded:
    """What came out.

    Args:
        hypotheses: for each source, in the order given, its hypotheses, best first; never none.
        counters: "sentences"; "tokens" written (of the best hypotheses, end of sentence counted); "steps" of the model
            and "rows" in them; "encoded" batches; and best hypotheses that stopped by "length" or "repetition", that
            are "copied" from their source, and that are "empty" though their source is not.
    """

    hypotheses: list[list[Hypothesis]]
    counters: dict[str, int]


def decode(
    model: Model,
    sources: Sequence[Sequence[int]] | None,
    search: Search,
    *,
    bos: int,
    eos: int,
    pad: int,
    limits: Limits | None = None,
    prefixes: Sequence[Sequence[int]] | None = None,
    progress: Callable[[int, int], None] | None = None,
    crew: Crew = ALONE,
    searcher: Searcher | None = None,
    allowed: Allowed | None = None,
) -> Decoded:
    """Find what a model says to each source.

    Args:
        model: is put into evaluation mode meanwhile.
        sources: token ids, language tag and end of sentence included where the model has them. None for a model without
            encoder: then there is one answer to each prefix. An empty source gets its prefix as its only hypothesis.
        search: Greedy, Beam or Sampling.
        bos: what the decoder reads first.
        eos: what ends an answer.
        pad: fills rows; neither it nor `bos` is ever written.
        limits: None for the defaults.
        prefixes: what each answer begins with, without `bos`; None for nothing.
        progress: is told (sentences done, sentences in all) now and then; by whichever hand has news, one at a time.
        crew: who computes: each hand decodes sentences of its own, of all lengths, so many at once as `limits` say.
        searcher: the same model rewritten so that it finds answers itself; it is asked where it can do what is wanted.
        allowed: what the answer to each source may have after its prefix, as if the model gave all else a probability
            of 0; None allows everything.
    Raises:
        LengthError: a source or a prefix does not fit into the model's window.
        ShapeError: not as many prefixes, or lists of what is allowed, as sources.
        RunError: the model's probabilities are not numbers.
    """
    limits = limits or Limits()
    jobs = jobs_of(model.max_len, sources, prefixes, limits)
    if allowed is not None and len(allowed.own) != len(jobs):
        raise ShapeError(f"each source needs a list of what is allowed: got {len(jobs)} and {len(allowed.own)}")
    jobs.sort(key=_length)
    telling = Lock()

    def tell() -> None:
        if progress is not None:
            with telling:
                progress(sum(share.counters["sentences"] for share in shares), len(jobs))

    order = Order(search, Specials(bos, eos, pad), limits, sources is not None, tell, allowed)
    if searcher is not None and not can_ask(searcher, order, jobs):
        searcher = None
    n_hands = max(1, min(crew.hands, len(jobs) // (_FEWEST if searcher is None else 1)))
    parts = [jobs[hand::n_hands] for hand in range(n_hands)]
    shares: list[Share]
    if searcher is not None:
        shares = [Asking(searcher, order, part) for part in parts]
    else:
        shares = [Stepping(model, order, part) for part in parts]
    was_training = model.training
    model.eval()
    try:
        _decode_all(shares, crew)
    finally:
        if was_training:
            model.train()
    found = dict(chain.from_iterable(share.hypotheses.items() for share in shares))
    counters = {name: sum(share.counters[name] for share in shares) for name in COUNTED}
    return Decoded([found[index] for index in range(len(jobs))], counters)


def _length(job: Job) -> tuple[int, int]:
    """What the queue is sorted by."""
    return len(job.source), len(job.prefix)


def _decode_all(shares: list[Share], crew: Crew) -> None:
    """Each hand its share; whoever fails or is interrupted leaves none of them at work."""
    stop = Event()

    def work(share: Share) -> None:
        try:
            share.decode(stop)
        except BaseException:
            stop.set()
            raise

    try:
        crew.map(work, shares)
    finally:
        stop.set()
