"""Greedy search and sampling: rows that choose one token after the other and never look at each other."""

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from heedful.decoding.constraints import Limits, Specials
from heedful.decoding.frontier import STOPS, Frontier, Quota, Track, append, hypothesis, select
from heedful.decoding.logits import best_tokens, normaliser
from heedful.decoding.sample import sample, stream_key, uniforms
from heedful.decoding.search import Greedy, Hypothesis, Sampling

_OPEN = -1


@dataclass(frozen=True)
class _Paths:
    """Tensors of N sentences.

    Args:
        log_probability: (N, W) float32.
        n_tokens: (N, W) int64, without the end of sentence.
        stop: (N, W) int64, code in STOPS, or _OPEN.
        keys: (N, W) int64, of the random streams.
    """

    log_probability: Tensor
    n_tokens: Tensor
    stop: Tensor
    keys: Tensor


class Paths(Frontier):
    """W texts of each sentence, of which each grows until it ends.

    Args:
        search: how to choose a token.
        quotas: of the N sentences.
        limits: of the guards.
        specials: which tokens end, which are never written.
        room: at least the largest max_len.
        device: of the model.
    """

    def __init__(
        self,
        search: Greedy | Sampling,
        quotas: list[Quota],
        limits: Limits,
        specials: Specials,
        room: int,
        device: torch.device,
    ) -> None:
        shape = (len(quotas), search.width)
        seed = search.seed if isinstance(search, Sampling) else 0
        keys = [[stream_key(seed, quota.key, index) for index in range(search.width)] for quota in quotas]
        self.search, self.specials = search, specials
        self.track = Track.open(quotas, limits, search.width, room, device)
        self.paths = _Paths(
            log_probability=torch.zeros(shape, device=device),
            n_tokens=torch.zeros(shape, dtype=torch.int64, device=device),
            stop=torch.full(shape, _OPEN, device=device),
            keys=torch.tensor(keys, device=device),
        )

    def advance(self, logits: Tensor) -> tuple[Tensor, None]:
        """See Frontier."""
        paths = self.paths
        shape = paths.stop.shape
        choose = self._likeliest if isinstance(self.search, Greedy) else self._drawn
        values, tokens = (chosen.view(shape) for chosen in choose(logits))
        length = self.track.length.unsqueeze(1)
        self.track, looping = self.track.write(tokens, None)
        ends = tokens == self.specials.eos
        full = (length + 1 >= self.track.max_len.unsqueeze(1)).expand(shape)
        # Later lines win: an end is an end, also at the limit; and what is decided stays so.
        stop = torch.where(looping, STOPS.index("repetition"), _OPEN)
        stop = torch.where(full, STOPS.index("length"), stop)
        stop = torch.where(ends, STOPS.index("eos"), stop)
        is_open = paths.stop == _OPEN
        self.paths = replace(
            paths,
            log_probability=paths.log_probability + values.masked_fill(~is_open, 0.0),
            n_tokens=paths.n_tokens + (is_open & ~ends),
            stop=torch.where(is_open, stop, paths.stop),
        )
        return tokens, None

    def _likeliest(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities (R,) and tokens (R,)."""
        values, tokens, _ = best_tokens(logits, 2, (self.specials.pad, self.specials.bos))
        # The second best where the best is an end that comes too early.
        early = (tokens[:, 0] == self.specials.eos) & self.track.too_short()[:, 0]
        return torch.where(early, values[:, 1], values[:, 0]), torch.where(early, tokens[:, 1], tokens[:, 0])

    def _drawn(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities (R,) and tokens (R,)."""
        search, paths = self.search, self.paths
        assert isinstance(search, Sampling), "only sampling draws"
        exact = logits.float()
        allowed = exact.clone()
        allowed[:, [self.specials.bos, self.specials.pad]] = -torch.inf
        too_short = self.track.too_short().expand(paths.stop.shape).flatten()
        allowed[:, self.specials.eos].masked_fill_(too_short, -torch.inf)
        position = self.track.length.unsqueeze(1).expand(paths.stop.shape)
        uniform = uniforms(paths.keys, position).flatten()
        tokens = sample(allowed, uniform, search.temperature, search.top_k, search.top_p)
        return exact.gather(1, tokens[:, None])[:, 0] - normaliser(exact), tokens

    def stopped(self) -> Tensor:
        """See Frontier."""
        return (self.paths.stop != _OPEN).all(1)

    def harvest(self, sentences: Tensor) -> list[list[Hypothesis]]:
        """See Frontier."""
        paths: _Paths = select(self.paths, sentences)
        columns = (paths.n_tokens, paths.log_probability, paths.stop)
        tokens = self.track.tokens[sentences, :, : int(paths.n_tokens.max())].tolist()
        return [
            [
                hypothesis(text[:n_tokens], total, 1.0, STOPS[stop])
                for text, n_tokens, total, stop in zip(row, *values, strict=True)
            ]
            for row, *values in zip(tokens, *(column.tolist() for column in columns), strict=True)
        ]

    def keep(self, sentences: Tensor) -> None:
        """See Frontier."""
        self.track, self.paths = select(self.track, sentences), select(self.paths, sentences)

    def admit(self, other: Self) -> None:
        """See Frontier."""
        self.track, self.paths = append(self.track, other.track), append(self.paths, other.paths)
