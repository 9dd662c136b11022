"""Limits of length and size, and the guards: what is never written, loops, copies of the source."""

from dataclasses import dataclass

import torch
from torch import Tensor

from heedful.errors import OptionError

# Shorter loops are left alone: answers to a word or two have dots and dashes, and are short by their limit anyway.
_SHORTEST_LOOP = 8


@dataclass(frozen=True)
class Specials:
    """Ids of the tokens that a search must know.

    Args:
        bos: what a decoder reads first; never written.
        eos: ends a text.
        pad: fills rows; never written.
    """

    bos: int
    eos: int
    pad: int


@dataclass(frozen=True)
class Limits:
    """How long an answer may become, how much is decoded at once, and what the guards look for.

    Args:
        max_ratio: an answer has at most max_ratio * S + max_extra tokens after its prefix, the end of sentence counted,
            S being the length of the source. Twice the source and ten leaves room for every honest translation of text
            in joint subwords, and a beam stops the earlier the nearer its limit is.
        max_extra: see `max_ratio`.
        min_len: no end of sentence before so many tokens, those of the prefix counted. 1: never an empty answer;
            0 lets the model insist on one.
        rows: of a decoding step: sentences times their width.
        tokens: of an encoder batch, padding counted.
        loop_repeats: an answer is cut ("repetition") when its end is one n-gram so many times over, and this loop
            alone is as long as the source: text that repeats because its source does is left alone. 0 turns it off.
        loop_ngram: the longest n-gram watched.
        copy_penalty: taken from the score of a hypothesis that repeats its source, in units of the score; for a beam.
    """

    max_ratio: float = 2.0
    max_extra: int = 10
    min_len: int = 1
    rows: int = 256
    tokens: int = 8192
    loop_repeats: int = 4
    loop_ngram: int = 12
    copy_penalty: float = 0.0

    def __post_init__(self) -> None:
        for name in ("max_ratio", "min_len", "copy_penalty"):
            if not getattr(self, name) >= 0:
                raise OptionError(f"{name} is at least 0: got {getattr(self, name)}")
        for name in ("max_extra", "rows", "tokens", "loop_ngram"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is at least 1: got {getattr(self, name)}")
        if self.loop_repeats < 0 or self.loop_repeats == 1:
            raise OptionError(f"loop_repeats is at least 2, or 0 for no guard: got {self.loop_repeats}")

    def max_len(self, n_source: int) -> int:
        """The most tokens after the prefix, end of sentence counted, for a source of so many tokens."""
        return int(self.max_ratio * n_source) + self.max_extra

    def loop_runs(self, n_source: int) -> list[int]:
        """For each n from 1: after so many tokens in a row that equal the one n places back, a text is in a loop."""
        if not self.loop_repeats:
            return []
        return [max(self.loop_repeats * n, n_source, _SHORTEST_LOOP) - n for n in range(1, self.loop_ngram + 1)]


def follow_loops(recent: Tensor, runs: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Take one more token into account.

    Args:
        recent: (N, W, P) int64, the last P tokens, newest first; -1 where there was none yet.
        runs: (N, W, P) int64; [..., n-1] counts how many tokens in a row equalled the one n places before them.
        tokens: (N, W) int64, the new ones.
    Returns:
        the new `recent` and `runs`. An n-gram stands k times at the end when its run is at least (k-1) * n.
    """
    tokens = tokens.unsqueeze(-1)
    return torch.cat((tokens, recent[..., :-1]), -1), (runs + 1) * (recent == tokens)


def is_copy(tokens: list[int], source: list[int], eos: int) -> bool:
    """Whether an answer repeats its source: all of it but for the end of sentence and at most one tag in front."""
    body = source[:-1] if source and source[-1] == eos else source
    return bool(tokens) and (tokens == body or tokens == body[1:])
