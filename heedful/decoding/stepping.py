"""Decoding with any model, a token a step: sorted, batched, finished sentences dropped, their places filled again.

No sentence's answer depends on the others: everything here works row by row, and a finished sentence that waits for its
place to be cleared no longer changes.
"""

from itertools import accumulate, chain, groupby
from threading import Event

import torch
from torch import Tensor

from heedful.decoding.beams import Beams
from heedful.decoding.frontier import Frontier, Quota
from heedful.decoding.paths import Paths
from heedful.decoding.search import Beam
from heedful.decoding.share import Job, Order, Share
from heedful.interface import Memory, Model, Source, State

# Sources are padded to a multiple of this: few distinct shapes, and rows that fill vector registers.
_MULTIPLE = 16
# Places are cleared when one sentence in so many is done: clearing copies what the state holds of all others.
_CLEAR = 8
# Steps on a GPU between two looks at what is done: a look waits for all work queued so far.
_STRIDE = 4
# Tokens of a sentence's beams that are read at once of a prefix.
_PIECE = 256


class Stepping(Share):
    """A share that any model decodes, a token a step: the longest sentences first, the finished ones replaced.

    Args:
        model: in evaluation mode.
        order: what all hands are asked for.
        jobs: this one's sentences, the shortest first.
    """

    def __init__(self, model: Model, order: Order, jobs: list[Job]) -> None:
        super().__init__(order, jobs)
        self.model, self.encodes = model, order.encodes
        self.device = next(chain(model.parameters(), model.buffers()), torch.empty(0)).device
        # Samples never go on from each other: to the model each is a sentence of its own, with a small cache.
        self.copies = 1 if isinstance(order.search, Beam) else order.search.width
        self.capacity = max(1, order.limits.rows // order.search.width)
        # What the first n sentences of the queue, which are the last to come to work, need.
        self.rooms = list(accumulate((job.room for job in self.queue), max))
        self.longest = max((job.max_len for job in self.queue), default=0)
        self.room = 0
        self.work: list[Job] = []
        self.state: State
        self.frontier: Frontier
        self.pending: Tensor
        self.mask: Tensor | None = None

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

    def _source(self, jobs: list[Job], width: int) -> Source:
        """A batch of sources, padded at the right."""
        values = torch.tensor([[*job.source, *[self.specials.pad] * (width - len(job.source))] for job in jobs])
        lengths = torch.tensor([len(job.source) for job in jobs])
        return Source(values, torch.arange(width) < lengths[:, None]).to(self.device)

    def _join(self, jobs: list[Job], memory: Memory | None, room: int) -> None:
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
        self.mask = None

    def _frontier(self, quotas: list[Quota]) -> Frontier:
        """Of sentences that have nothing yet."""
        if isinstance(self.search, Beam):
            return Beams(self.search, quotas, self.limits, self.specials, self.longest, self.device)
        return Paths(self.search, quotas, self.limits, self.specials, self.longest, self.device)

    def _step(self) -> None:
        """One token more for every sentence at work; then clear the places of those that are done, if it is time."""
        hidden = self.model.step(self.pending, self.state)
        tokens, parents = self.frontier.advance(self._restricted(self.model.logits(hidden[:, -1])))
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

    def _restricted(self, logits: Tensor) -> Tensor:
        """The same logits (N*W, V), -inf where a token is not allowed."""
        if self.allowed is None:
            return logits
        if self.mask is None:
            mask = torch.zeros(len(self.work), logits.shape[1], dtype=torch.bool)
            mask[:, self.allowed.common] = True
            for row, job in zip(mask, self.work, strict=True):
                row[self.allowed.own[job.index]] = True
            self.mask = mask.repeat_interleave(self.search.width, 0).to(self.device)
        return logits.masked_fill(~self.mask, -torch.inf)

    def _clear(self, stopped: list[bool]) -> Tensor:
        """Hand over the sentences that are done and drop them.

        Returns:
            (M,) int64 on the device, the sentences kept.
        """
        done = [row for row, is_done in enumerate(stopped) if is_done]
        kept = [row for row, is_done in enumerate(stopped) if not is_done]
        for row, hypotheses in zip(done, self.frontier.harvest(torch.tensor(done, device=self.device)), strict=True):
            self.finish(self.work[row], hypotheses)
        self.work, self.mask = [self.work[row] for row in kept], None
        rows = torch.tensor(kept, dtype=torch.int64)
        if kept:
            self.state.keep((rows[:, None] * self.copies + torch.arange(self.copies)).flatten())
            rows = rows.to(self.device)
            self.frontier.keep(rows)
        self.tell()
        return rows.to(self.device)
