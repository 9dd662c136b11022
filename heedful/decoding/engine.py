"""Decoding many sentences with any model: sorted, batched, finished ones dropped, their places filled again.

No sentence's answer depends on the others: everything here works row by row, and a finished sentence that waits for its
place to be cleared no longer changes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby
from threading import Event, Lock

import torch
from torch import Tensor

from heedful.crew import ALONE, Crew
from heedful.decoding.beams import Beams
from heedful.decoding.constraints import Limits, Specials, is_copy
from heedful.decoding.frontier import Frontier, Quota
from heedful.decoding.paths import Paths
from heedful.decoding.search import Beam, Hypothesis, Search
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory, Model, Source, State

# Sources are padded to a multiple of this: few distinct shapes, and rows that fill vector registers.
_MULTIPLE = 16
# Places are cleared when one sentence in so many is done: clearing copies what the state holds of all others.
_CLEAR = 8
# A hand with fewer sentences than this multiplies too few rows at a time to be worth it.
_FEWEST = 8
# Steps on a GPU between two looks at what is done: a look waits for all work queued so far.
_STRIDE = 4
# Tokens of a sentence's beams that are read at once of a prefix.
_PIECE = 256
_COUNTED = ("sentences", "tokens", "steps", "rows", "encoded", "length", "repetition", "copied", "empty")


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


@dataclass(frozen=True)
class _Job:
    """One sentence: its place in the order given, what it reads, what is forced, and how far it may go."""

    index: int
    source: Sequence[int]
    prefix: Sequence[int]
    max_len: int

    @property
    def room(self) -> int:
        """Tokens that the decoder may have to read: bos, the prefix, and all that is written but for the last."""
        return len(self.prefix) + self.max_len


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
    Raises:
        LengthError: a source or a prefix does not fit into the model's window.
        ShapeError: not as many prefixes as sources.
        RunError: the model's probabilities are not numbers.
    """
    limits = limits or Limits()
    jobs = _jobs(model, sources, prefixes, limits)
    n_hands = max(1, min(crew.hands, len(jobs) // _FEWEST))
    jobs.sort(key=_length)
    telling = Lock()

    def tell() -> None:
        if progress is not None:
            with telling:
                progress(sum(run.counters["sentences"] for run in runs), len(jobs))

    specials, encodes = Specials(bos, eos, pad), sources is not None
    runs = [_Run(model, search, specials, limits, jobs[hand::n_hands], encodes, tell) for hand in range(n_hands)]
    was_training = model.training
    model.eval()
    try:
        _decode_all(runs, crew)
    finally:
        if was_training:
            model.train()
    found = dict(chain.from_iterable(run.hypotheses.items() for run in runs))
    counters = {name: sum(run.counters[name] for run in runs) for name in _COUNTED}
    return Decoded([found[index] for index in range(len(jobs))], counters)


def _jobs(
    model: Model, sources: Sequence[Sequence[int]] | None, prefixes: Sequence[Sequence[int]] | None, limits: Limits
) -> list[_Job]:
    """One job a sentence, in the order given."""
    if sources is None and prefixes is None:
        raise OptionError("nothing to decode: give sources, or prefixes to a model without encoder")
    sources = [()] * len(prefixes or ()) if sources is None else sources
    prefixes = [()] * len(sources) if prefixes is None else prefixes
    if len(sources) != len(prefixes):
        raise ShapeError(f"each source needs a prefix, be it empty: got {len(sources)} and {len(prefixes)}")
    jobs = []
    for index, (source, prefix) in enumerate(zip(sources, prefixes, strict=True)):
        if len(source) > model.max_len:
            raise LengthError(
                f"sentence {index + 1} has {len(source)} tokens, the model reads at most {model.max_len}: split it"
            )
        if len(prefix) >= model.max_len:
            raise LengthError(
                f"the prefix of sentence {index + 1} has {len(prefix)} tokens and the start of a sentence, the model's "
                f"answers have at most {model.max_len}: shorten it"
            )
        jobs.append(_Job(index, source, prefix, min(limits.max_len(len(source)), model.max_len - len(prefix))))
    return jobs


def _length(job: _Job) -> tuple[int, int]:
    """What the queue is sorted by."""
    return len(job.source), len(job.prefix)


def _decode_all(runs: list["_Run"], crew: Crew) -> None:
    """Each hand its run; whoever fails or is interrupted leaves none of them at work."""
    stop = Event()

    def work(run: _Run) -> None:
        try:
            run.decode(stop)
        except BaseException:
            stop.set()
            raise

    try:
        crew.map(work, runs)
    finally:
        stop.set()


class _Run:
    """What one hand decodes: a queue of sentences, the longest first, and the sentences at work."""

    def __init__(
        self,
        model: Model,
        search: Search,
        specials: Specials,
        limits: Limits,
        jobs: list[_Job],
        encodes: bool,
        tell: Callable[[], None],
    ) -> None:
        self.model, self.search, self.specials, self.limits = model, search, specials, limits
        self.encodes, self.tell = encodes, tell
        self.device = next(chain(model.parameters(), model.buffers()), torch.empty(0)).device
        self.hypotheses: dict[int, list[Hypothesis]] = {}
        self.counters = Counter(dict.fromkeys(_COUNTED, 0))
        # Samples never go on from each other: to the model each is a sentence of its own, with a small cache.
        self.copies = 1 if isinstance(search, Beam) else search.width
        self.capacity = max(1, limits.rows // search.width)
        # The longest come last in the queue and first to work: those who join them fit into the room they have.
        self.queue = [job for job in jobs if job.source or not encodes]
        # What the first n sentences of the queue, which are the last to come to work, need.
        self.rooms = list(accumulate((job.room for job in self.queue), max))
        self.longest = max((job.max_len for job in self.queue), default=0)
        self.room = 0
        self.work: list[_Job] = []
        self.state: State
        self.frontier: Frontier
        self.pending: Tensor
        for job in jobs:
            if encodes and not job.source:
                self._finish(job, [Hypothesis([], 0.0, 0.0, "eos")])

    @torch.no_grad()
    def decode(self, stop: Event) -> None:
        """Everything in the queue, unless someone says stop."""
        while (self.queue or self.work) and not stop.is_set():
            while self.queue and 4 * len(self.work) <= 3 * self.capacity:
                self._admit()
            self._step()

    def _admit(self) -> None:
        """Bring sentences from the queue to work: as many as have a place and fit into one batch of the encoder."""
        width = min(-(-len(self.queue[-1].source) // _MULTIPLE) * _MULTIPLE, self.model.max_len)
        n = min(self.capacity - len(self.work), max(1, self.limits.tokens // max(1, width)), len(self.queue))
        room = self.rooms[len(self.queue) - 1]
        jobs = sorted((self.queue.pop() for _ in range(n)), key=lambda job: len(job.prefix))
        memory = None
        if self.encodes:
            memory = self.model.encode(self._source(jobs, width))
            self.counters["encoded"] += 1
        start = 0
        for _, group in groupby(jobs, key=lambda job: len(job.prefix)):
            members = list(group)
            rows = torch.arange(start, start + len(members), device=self.device)
            part = memory if memory is None or len(members) == n else memory.select(rows)
            self._join(members, part, room)
            start += len(members)

    def _source(self, jobs: list[_Job], width: int) -> Source:
        """A batch of sources, padded at the right."""
        values = torch.tensor([[*job.source, *[self.specials.pad] * (width - len(job.source))] for job in jobs])
        lengths = torch.tensor([len(job.source) for job in jobs])
        return Source(values, torch.arange(width) < lengths[:, None]).to(self.device)

    def _join(self, jobs: list[_Job], memory: Memory | None, room: int) -> None:
        """Start sentences whose prefixes are equally long, read these, and put them behind those at work."""
        width = self.search.width
        if memory is not None and self.copies > 1:
            memory = memory.select(torch.arange(len(jobs), device=self.device).repeat_interleave(self.copies))
        state = self.model.start(memory, len(jobs) * self.copies, width // self.copies, room)
        first = torch.tensor([[self.specials.bos, *job.prefix] for job in jobs], device=self.device)
        first = first.repeat_interleave(width, 0)
        # A long prefix is read in pieces: all tokens of a piece, of all beams, look at all that the beams have read.
        for piece in first[:, :-1].split(max(1, _PIECE * self.copies // width), dim=1):
            if piece.shape[1]:
                self.model.step(piece, state)
        pending = first[:, -1:]
        quotas = [
            Quota(job.max_len, self.limits.min_len - len(job.prefix), len(job.source), [*job.source, *job.prefix])
            for job in jobs
        ]
        frontier = self._frontier(quotas)
        if self.work:
            self.state.admit(state)
            self.frontier.admit(frontier)
            self.pending = torch.cat((self.pending, pending))
        else:
            self.state, self.frontier, self.pending, self.room = state, frontier, pending, room
        self.work.extend(jobs)

    def _frontier(self, quotas: list[Quota]) -> Frontier:
        """Of sentences that have nothing yet."""
        if isinstance(self.search, Beam):
            return Beams(self.search, quotas, self.limits, self.specials, self.longest, self.device)
        return Paths(self.search, quotas, self.limits, self.specials, self.longest, self.device)

    def _step(self) -> None:
        """One token more for every sentence at work; then clear the places of those that are done, if it is time."""
        hidden = self.model.step(self.pending, self.state)
        tokens, parents = self.frontier.advance(self.model.logits(hidden[:, -1]))
        self.counters["steps"] += 1
        self.counters["rows"] += len(self.pending)
        is_full = int(self.state.lengths.max()) >= self.room
        if self.device.type == "cpu" or self.counters["steps"] % _STRIDE == 0 or is_full:
            stopped = self.frontier.stopped().tolist()
            n_stopped = sum(stopped)
            if n_stopped and (n_stopped * _CLEAR >= len(stopped) or is_full):
                kept = self._clear(stopped)
                tokens, parents = tokens[kept], None if parents is None else parents[kept]
        if self.work:
            if parents is not None and self.search.width > 1:
                self.state.reorder(parents)
            self.pending = tokens.reshape(-1, 1)

    def _clear(self, stopped: list[bool]) -> Tensor:
        """Hand over the sentences that are done and drop them.

        Returns:
            (M,) int64 on the device, the sentences kept.
        """
        done = [row for row, is_done in enumerate(stopped) if is_done]
        kept = [row for row, is_done in enumerate(stopped) if not is_done]
        for row, hypotheses in zip(done, self.frontier.harvest(torch.tensor(done, device=self.device)), strict=True):
            self._finish(self.work[row], hypotheses)
        self.work = [self.work[row] for row in kept]
        rows = torch.tensor(kept, dtype=torch.int64)
        if kept:
            self.state.keep((rows[:, None] * self.copies + torch.arange(self.copies)).flatten())
            rows = rows.to(self.device)
            self.frontier.keep(rows)
        self.tell()
        return rows.to(self.device)

    def _finish(self, job: _Job, hypotheses: list[Hypothesis]) -> None:
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
