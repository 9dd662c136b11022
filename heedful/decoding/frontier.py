"""What a search knows of the sentences being decoded, beside what the model remembers of them: its interface."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor

from heedful.decoding.constraints import Limits, follow_loops
from heedful.decoding.search import Hypothesis, Stopped
from heedful.errors import RunError
from heedful.interface import each_tensor

# Where a hypothesis stands; the index is its code in tensors.
STOPS: tuple[Stopped, ...] = ("eos", "length", "repetition")


@dataclass(frozen=True)
class Quota:
    """What one sentence may do.

    Args:
        max_len: tokens after its prefix, end of sentence counted.
        min_len: tokens after its prefix before there may be an end.
        n_source: the length of the source.
        key: the tokens that its random stream follows from.
    """

    max_len: int
    min_len: int
    n_source: int
    key: Sequence[int]


@dataclass(frozen=True)
class Track:
    """What every search keeps of N sentences with W rows each. Position t is the t-th token after the prefix.

    Args:
        length: (N,) int64, tokens chosen so far.
        max_len: (N,) int64.
        min_len: (N,) int64.
        loop_runs: (N, P) int64, for each n-gram length the run that makes a loop.
        recent: (N, W, P) int64, see `follow_loops`.
        runs: (N, W, P) int64.
        tokens: (N, W, T) int64, what was chosen at each position.
    """

    length: Tensor
    max_len: Tensor
    min_len: Tensor
    loop_runs: Tensor
    recent: Tensor
    runs: Tensor
    tokens: Tensor

    @classmethod
    def open(cls, quotas: list[Quota], limits: Limits, width: int, room: int, device: torch.device) -> Self:
        """Of sentences that have nothing yet; `room` is T."""
        loop_runs = torch.tensor(
            [limits.loop_runs(quota.n_source) for quota in quotas], dtype=torch.int64, device=device
        )
        n, period = loop_runs.shape
        return cls(
            length=torch.zeros(n, dtype=torch.int64, device=device),
            max_len=torch.tensor([quota.max_len for quota in quotas], device=device),
            min_len=torch.tensor([quota.min_len for quota in quotas], device=device),
            loop_runs=loop_runs,
            recent=torch.full((n, width, period), -1, device=device),
            runs=torch.zeros((n, width, period), dtype=torch.int64, device=device),
            tokens=torch.zeros((n, width, room), dtype=torch.int64, device=device),
        )

    def too_short(self) -> Tensor:
        """(N, 1) bool: where the next token may not be the end."""
        return (self.length < self.min_len).unsqueeze(1)

    def place(self) -> Tensor:
        """(N, W, 1) int64, the position being written; rows that are done and wait to be dropped repeat the last."""
        n, width, room = self.tokens.shape
        return self.length.clamp(max=room - 1).view(n, 1, 1).expand(n, width, 1)

    def write(self, tokens: Tensor, parents: Tensor | None) -> tuple["Track", Tensor]:
        """Go on by one token.

        Args:
            tokens: (N, W) int64.
            parents: (N, W) int64, the beam that each goes on from; None: each from itself.
        Returns:
            the track after it, and (N, W) bool: what is now in a loop.
        """
        self.tokens.scatter_(2, self.place(), tokens.unsqueeze(2))
        length = self.length + 1
        if not self.loop_runs.shape[1]:
            return replace(self, length=length), torch.zeros_like(tokens, dtype=torch.bool)
        recent, runs = self.recent, self.runs
        if parents is not None:
            rows = (parents + row_offsets(parents)).flatten()
            recent = recent.flatten(0, 1).index_select(0, rows).view_as(recent)
            runs = runs.flatten(0, 1).index_select(0, rows).view_as(runs)
        recent, runs = follow_loops(recent, runs, tokens)
        looping = (runs >= self.loop_runs.unsqueeze(1)).any(-1)
        return replace(self, length=length, recent=recent, runs=runs), looping


def row_offsets(parents: Tensor) -> Tensor:
    """(N, 1) int64: the first row of each sentence, for parents (N, W)."""
    n, width = parents.shape
    return torch.arange(0, n * width, width, device=parents.device).unsqueeze(1)


def select(record: Any, sentences: Tensor) -> Any:
    """Some sentences of a record of tensors, in the order given; `sentences` is (M,) int64 on their device."""
    return each_tensor(record, lambda tensor: tensor.index_select(0, sentences))


def append(record: Any, other: Any) -> Any:
    """The sentences of two records, one behind the other."""
    names = [item.name for item in fields(record)]
    return replace(record, **{name: torch.cat((getattr(record, name), getattr(other, name))) for name in names})


def hypothesis(tokens: list[int], log_probability: float, divisor: float, stopped: Stopped) -> Hypothesis:
    """A hypothesis whose score is its log-probability divided by `divisor`.

    Raises:
        RunError: the model computed something that is not a number.
    """
    if log_probability != log_probability:
        raise RunError("the model computes NaN, not probabilities: its weights are damaged, or its dtype overflows")
    return Hypothesis(tokens, log_probability / divisor, log_probability, stopped)


class Frontier(ABC):
    """The hypotheses of N sentences, which stand in the order of the model's state, and come and go with its own."""

    @abstractmethod
    def advance(self, logits: Tensor) -> tuple[Tensor, Tensor | None]:
        """Choose the next token of every row.

        Args:
            logits: (N*W, V), left unchanged.
        Returns:
            tokens (N, W), and parents (N, W): the beam that each goes on from; None: each from itself.
        """

    @abstractmethod
    def stopped(self) -> Tensor:
        """(N,) bool: sentences whose answer is final. Advancing them further does no harm, and changes nothing."""

    @abstractmethod
    def harvest(self, sentences: Tensor) -> list[list[Hypothesis]]:
        """The hypotheses of some sentences, best first, without their prefix.

        Args:
            sentences: (M,) int64, on the device.
        """

    @abstractmethod
    def keep(self, sentences: Tensor) -> None:
        """Drop every sentence but these, (M,) int64 on the device, which take this order."""

    @abstractmethod
    def admit(self, other: Self) -> None:
        """Append another's sentences behind these."""
