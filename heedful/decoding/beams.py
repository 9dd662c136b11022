"""Beam search over many sentences at once, in tensors, with an exact early stop.

A live beam is a beginning that goes on. At every step the W best continuations of a sentence's beams become its beams,
and any beam may end instead where its end is at least as likely as the last continuation kept. Log-probabilities only
fall and divisors only grow, so a beam s can reach no more than s / divisor(max_len): a sentence stops as soon as its
n-th hypothesis has that much. What is cut (at the limit, in a loop) ranks behind all that ended.
"""

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from heedful.decoding.constraints import Limits, Specials
from heedful.decoding.frontier import STOPS, Frontier, Quota, Track, append, hypothesis, select
from heedful.decoding.logits import best_tokens, largest
from heedful.decoding.search import Beam, Hypothesis

# Below any score that ends: in float64 it leaves the order of those it is taken from intact.
_CUT = 1e6


@dataclass(frozen=True)
class _Beams:
    """Tensors of N sentences.

    Args:
        log_probability: (N, W) float32, best first; -inf: no such beam.
        parents: (N, W, T) int64, beside Track.tokens: the beam that each went on from.
        rank: (N, M) float64, of the hypotheses kept, best first; -inf: none yet.
        total: (N, M) float32, their log-probabilities.
        tail: (N, M) int64, (number of tokens * W + last beam) * 3 + code in STOPS.
    """

    log_probability: Tensor
    parents: Tensor
    rank: Tensor
    total: Tensor
    tail: Tensor


class Beams(Frontier):
    """W beams of each sentence, and the best hypotheses found so far.

    Args:
        search: width and penalty.
        quotas: of the N sentences.
        limits: of the guards.
        specials: which tokens end, which are never written.
        room: at least the largest max_len.
        device: of the model.
    """

    def __init__(
        self, search: Beam, quotas: list[Quota], limits: Limits, specials: Specials, room: int, device: torch.device
    ) -> None:
        n, width = len(quotas), search.width
        # One more hypothesis is kept where a copy of the source may fall behind: at most one of them is a copy.
        kept = search.n_best + (limits.copy_penalty > 0)
        self.search, self.specials = search, specials
        self.track = Track.open(quotas, limits, width, room, device)
        self.divisor = torch.tensor([search.divisor(t) for t in range(room + 2)], dtype=torch.float64, device=device)
        first = torch.full((n, width), -torch.inf, device=device)
        first[:, 0] = 0.0
        self.beams = _Beams(
            log_probability=first,
            parents=torch.zeros((n, width, room), dtype=torch.int64, device=device),
            rank=torch.full((n, kept), -torch.inf, dtype=torch.float64, device=device),
            total=torch.full((n, kept), -torch.inf, device=device),
            tail=torch.zeros((n, kept), dtype=torch.int64, device=device),
        )

    def advance(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See Frontier."""
        width, before = self.search.width, self.beams.log_probability
        n = before.shape[0]
        banned = (self.specials.pad, self.specials.bos, self.specials.eos)
        values, tokens, normaliser = best_tokens(logits, min(width, logits.shape[1]), banned)
        after, index = largest((values + before.view(-1, 1)).view(n, -1), width)
        parents = index // values.shape[1]
        tokens = tokens.view(n, -1).gather(1, index)

        ending = before + (logits[:, self.specials.eos].float() - normaliser).view(n, width)
        ends = (ending >= after[:, -1:]) & (ending > -torch.inf) & ~self.track.too_short()
        place = self.track.place()
        self.track, looping = self.track.write(tokens, parents)
        self.beams.parents.scatter_(2, place, parents.unsqueeze(2))
        full = (self.track.length >= self.track.max_len).unsqueeze(1)
        cut = (looping | full) & (after != -torch.inf)
        # On a GPU waiting for the answer costs more than the few small operations that it would save.
        if logits.device.type != "cpu" or bool((ends | cut).any()):
            self._collect(ending, ends, after, cut, full)
        self.beams = replace(self.beams, log_probability=after.masked_fill(cut, -torch.inf))
        return tokens, parents

    def _collect(self, ending: Tensor, ends: Tensor, after: Tensor, cut: Tensor, full: Tensor) -> None:
        """Let what ended or was cut in this step into the list of the best.

        Args:
            ending: (N, W) float32, the log-probability of each old beam with its end.
            ends: (N, W) bool, where this is a hypothesis.
            after: (N, W) float32, log-probabilities of the new beams.
            cut: (N, W) bool, which of these go no further.
            full: (N, 1) bool, where they have reached their limit.
        """
        beams, length = self.beams, self.track.length.unsqueeze(1)
        width = self.search.width
        beam = torch.arange(width, device=ending.device)
        divisor = self.divisor[length.clamp(max=len(self.divisor) - 1)]
        totals = torch.cat((beams.total, ending, after), 1)
        ranks = torch.cat(
            (
                beams.rank,
                (ending / divisor).masked_fill(~ends, -torch.inf),
                (after / divisor - _CUT).masked_fill(~cut, -torch.inf),
            ),
            1,
        )
        ended, broken = (length - 1) * width + beam, length * width + beam
        tails = torch.cat((beams.tail, ended * 3, broken * 3 + 2 - full.long()), 1)
        ranks, order = ranks.sort(dim=1, descending=True, stable=True)
        order = order[:, : beams.rank.shape[1]]
        ranks = ranks[:, : beams.rank.shape[1]]
        self.beams = replace(beams, rank=ranks, total=totals.gather(1, order), tail=tails.gather(1, order))

    def stopped(self) -> Tensor:
        """See Frontier."""
        reach = self.beams.log_probability.amax(1) / self.divisor[self.track.max_len]
        return (self.beams.rank[:, -1] >= reach) | (self.track.length >= self.track.max_len)

    def harvest(self, sentences: Tensor) -> list[list[Hypothesis]]:
        """See Frontier."""
        beams, width = select(self.beams, sentences), self.search.width
        tails = beams.tail.tolist()
        longest = max(tail // 3 // width for row in tails for tail in row)
        tokens = self.track.tokens[sentences, :, :longest].tolist()
        parents = beams.parents[:, :, :longest].tolist()
        answers = []
        for row, (totals, ranks) in enumerate(zip(beams.total.tolist(), beams.rank.tolist(), strict=True)):
            found: list[Hypothesis] = []
            for total, rank, tail in zip(totals, ranks, tails[row], strict=True):
                if rank == -torch.inf and found:
                    break
                n_tokens, beam = divmod(tail // 3, width)
                # Nothing at all is left where the model allows no token.
                stop = STOPS[tail % 3 if rank != -torch.inf else 1]
                text = _walk_back(tokens[row], parents[row], n_tokens, beam)
                found.append(hypothesis(text, total, self.search.divisor(n_tokens + (stop == "eos")), stop))
            answers.append(found)
        return answers

    def keep(self, sentences: Tensor) -> None:
        """See Frontier."""
        self.track, self.beams = select(self.track, sentences), select(self.beams, sentences)

    def admit(self, other: Self) -> None:
        """See Frontier."""
        self.track, self.beams = append(self.track, other.track), append(self.beams, other.beams)


def _walk_back(tokens: list[list[int]], parents: list[list[int]], n_tokens: int, beam: int) -> list[int]:
    """The text that ends at a beam, found from its end: tokens and parents are W lists of T."""
    text = []
    for position in range(n_tokens - 1, -1, -1):
        text.append(tokens[beam][position])
        beam = parents[beam][position]
    return text[::-1]
