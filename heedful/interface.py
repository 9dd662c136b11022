"""The waist: the few calls by which everything above a model talks to it.

Decoding, serving, distilling and explaining use these and nothing else, so they work alike for the Transformer in its
three forms, the RNNs and the CNN. `tests/contract/` holds every family to it.

Shape letters, the same in every docstring:

    B rows of a batch            T target or query length      S source or key length
    D d_model                    H heads                       G key/value heads
    K d_head                     F d_ff                        V vocabulary
    L layers                     C channels                    M mel bins
    N sentences being decoded    W width: beams per sentence

Masks are bool and True means keep. Rows of a decoding step are laid out sentence by sentence: row n*W + w is beam w of
sentence n.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def each_tensor(record: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A copy of a dataclass whose tensors (also those in tuples and nested records) went through `change`."""

    def visit(value: Any) -> Any:
        if isinstance(value, Tensor):
            return change(value)
        if isinstance(value, tuple):
            return tuple(visit(item) for item in value)
        if isinstance(value, Source | Memory):
            return each_tensor(value, change)
        return value

    return replace(record, **{item.name: visit(getattr(record, item.name)) for item in fields(record)})


@dataclass(frozen=True)
class Source:
    """A batch of sequences: what an encoder reads, and what a decoder is taught with.

    Args:
        values: (B, S) int64 token ids, or (B, S, D) features.
        mask: (B, S) bool, True where there is a token; the tokens of a row come first.
        documents: (B, S) int64, equal where tokens may see each other (packing), or None.
        kinds: (B, S) int64 types of the tokens (the first of two texts, the second), or None: all of type 0.
    """

    values: Tensor
    mask: Tensor
    documents: Tensor | None = None
    kinds: Tensor | None = None

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        return each_tensor(self, lambda tensor: tensor.to(device, non_blocking=True))

    def rows(self, chosen: slice) -> Self:
        """Some of its rows."""
        return each_tensor(self, lambda tensor: tensor[chosen])


@dataclass(frozen=True)
class Memory:
    """What an encoder left. A family that needs more adds fields in a subclass; all have B as their first dimension.

    Args:
        values: (B, S, D).
        mask: (B, S) bool.
    """

    values: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> Self:
        """The memory of some rows, in the order given.

        Args:
            rows: (N,) int64, on the device of `values`.
        """
        return each_tensor(self, lambda tensor: tensor.index_select(0, rows))


class State(ABC):
    """What a model remembers between two steps of decoding N sentences with W beams each; it owns its memory.

    Attributes:
        lengths: (N,) int64 on the host, tokens read so far for each sentence: known without waiting for a device.
        width: W.
    """

    lengths: Tensor
    width: int

    @abstractmethod
    def reorder(self, parents: Tensor) -> None:
        """Beam w of sentence n goes on from what beam parents[n, w] of the same sentence has read.

        Args:
            parents: (N, W) int64, on the model's device.
        """

    @abstractmethod
    def keep(self, sentences: Tensor) -> None:
        """Drop every sentence but these, which take this order.

        Args:
            sentences: (M,) int64 indices, on the host.
        """

    @abstractmethod
    def admit(self, other: "State") -> None:
        """Append another state's sentences behind these: same model, same width, and it may have read more or less."""


class Model(nn.Module, ABC):
    """A model that reads and writes sequences. A form without an encoder or a decoder refuses the calls it lacks.

    Attributes:
        max_len: the longest sequence it can read or write, in tokens.
    """

    max_len: int

    @abstractmethod
    def encode(self, source: Source) -> Memory:
        """Read whole sequences."""

    @abstractmethod
    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        """Read whole targets, every position seeing only itself and what came before it (teacher forcing).

        Args:
            target: values (B, T).
            memory: of the same B rows; None for a model without encoder.
        Returns:
            (B, T, D): position t holds what the model knows for predicting token t+1.
        """

    @abstractmethod
    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        """A state that has read nothing yet.

        Args:
            memory: of `n_sentences` rows; None for a model without encoder.
            n_sentences: N.
            width: W.
            max_len: room for this many tokens a sentence.
        """

    @abstractmethod
    def step(self, tokens: Tensor, state: State) -> Tensor:
        """Read the next tokens of every row, and only these.

        Args:
            tokens: (N*W, T) int64; T > 1 reads a prefix at once.
            state: is advanced by T in place.
        Returns:
            (N*W, T, D), equal to what `decode` gives at these positions.
        """

    @abstractmethod
    def logits(self, hidden: Tensor) -> Tensor:
        """Unnormalised log-probabilities of the next token.

        Args:
            hidden: (..., D).
        Returns:
            (..., V).
        """


@dataclass(frozen=True)
class Allowed:
    """The only tokens that answers may have; the probability of all others is 0.

    Args:
        common: tokens of every answer, in order, none twice, the end of sentence among them.
        own: for each of N sentences more of them, in order, none twice and none common.
    """

    common: NDArray[np.int32]
    own: Sequence[NDArray[np.int32]]


@dataclass(frozen=True)
class SearchTask:
    """Sentences for a model that searches by itself.

    Args:
        sources: N lists of tokens, none empty, the one to begin with first.
        max_len: of each sentence, the most tokens to write, the end of sentence counted.
        min_len: of each, the fewest before an end.
        loop_runs: of each, for n from 1: after so many tokens in a row that equal the one n places back it is cut.
        width: W, beams.
        kept: hypotheses wanted of each sentence; 0 takes the likeliest token at every step instead, with W = 1.
        divisor: what the log-probability of so many tokens is divided by, to rank hypotheses.
        rows: of a step, sentences times beams.
        tokens: of a batch of the encoder.
        bos: what is read first.
        eos: what ends a sentence.
        pad: like `bos` never written.
        allowed: what each answer may have; None allows everything.
    """

    sources: Sequence[Sequence[int]]
    max_len: Sequence[int]
    min_len: Sequence[int]
    loop_runs: Sequence[Sequence[int]]
    width: int
    kept: int
    divisor: Callable[[int], float]
    rows: int
    tokens: int
    bos: int
    eos: int
    pad: int
    allowed: Allowed | None = None


class Found(NamedTuple):
    """A hypothesis: its tokens without the end of sentence, its log-probability with it, and what stopped it.

    `stop` is 0 for its end, 1 for its length, 2 for a loop.
    """

    tokens: list[int]
    log_probability: float
    stop: int


class Searcher(Protocol):
    """A model rewritten so that it finds answers itself, by the rules of heedful/decoding, without a call a token."""

    def searches(self, width: int) -> bool:
        """Whether it can search with so many beams."""
        ...

    def search(self, task: SearchTask, watch: Callable[[int], bool]) -> tuple[list[list[Found]], Counter[str]]:
        """Answer.

        Args:
            task: what is asked.
            watch: is told now and then how many sentences are done; True stops the work.
        Returns:
            for each sentence its hypotheses, best first (nothing at all when stopped), and the counters "steps", "rows"
            in them and "encoded" batches.
        Raises:
            RunError: the model computes what is not a number.
        """
        ...


@dataclass(frozen=True)
class Loss:
    """A sum and what to divide it by, so that accumulated batches and ranks add up exactly.

    Args:
        total: () what is minimised, summed over the tokens (or rows) counted; it carries the gradient.
        count: () int64, how many were counted.
        figures: other sums with their counts, by name, without gradient: {"nll": (sum, count)}.
    """

    total: Tensor
    count: Tensor
    figures: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict)


class Objective(Protocol):
    """What training minimises."""

    def __call__(self, model: Model, batch: Any) -> Loss: ...
