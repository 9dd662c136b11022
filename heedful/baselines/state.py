"""What the recurrent and the convolutional decoder remember: little for each row, and the source of each sentence."""

from dataclasses import dataclass, fields
from typing import Generic, Self, TypeVar

import torch
from torch import Tensor

from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory, State, each_tensor
from heedful.model.cache import appended

# Keys, values (N, S, D) and mask (N, S) of the sources.
Sources = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Writing:
    """What the rows of a decoder remember: of constant size, however long the sentence.

    A family names its tensors in a subclass; all have B as their first dimension, and one may be None in every row.
    """

    def rows(self, rows: Tensor) -> Self:
        """Those of some rows.

        Args:
            rows: (N,) int64, on the device of the tensors.
        """
        remembered: Self = each_tensor(self, lambda tensor: tensor[rows])
        return remembered

    def with_others(self, other: Self) -> Self:
        """These rows and then the others."""
        pairs = {item.name: (getattr(self, item.name), getattr(other, item.name)) for item in fields(self)}
        return type(self)(**{name: None if pair[0] is None else torch.cat(pair) for name, pair in pairs.items()})


Remembered = TypeVar("Remembered", bound=Writing)


class WritingState(State, Generic[Remembered]):
    """What each row remembers, and what is looked at: the source of each sentence, which its beams share.

    Args:
        writing: of N*W rows.
        source: of N sentences, or None without attention.
        n_sentences: N.
        width: W.
        max_len: room for this many tokens.
    """

    def __init__(self, writing: Remembered, source: Sources | None, n_sentences: int, width: int, max_len: int) -> None:
        self.writing = writing
        self.source = source
        self.width = width
        self.max_len = max_len
        self.lengths = torch.zeros(n_sentences, dtype=torch.int64)

    def advance(self, n_tokens: int) -> None:
        """Count the next tokens of every row.

        Raises:
            LengthError: the state was started for fewer.
        """
        longest = int(self.lengths.max()) + n_tokens
        if longest > self.max_len:
            raise LengthError(f"the state was started with room for {self.max_len} tokens, and more came: {longest}")
        self.lengths = self.lengths + n_tokens

    def reorder(self, parents: Tensor) -> None:
        first = torch.arange(0, parents.numel(), self.width, device=parents.device)
        self.writing = self.writing.rows((first[:, None] + parents).flatten())

    def keep(self, sentences: Tensor) -> None:
        rows = sentences[:, None] * self.width + torch.arange(self.width)
        self.lengths = self.lengths[sentences]
        self.writing = self.writing.rows(rows.flatten())
        if self.source is not None:
            keys, values, mask = self.source
            self.source = keys[sentences], values[sentences], mask[sentences]

    def admit(self, other: State) -> None:
        assert isinstance(other, WritingState), "a state of another model"
        assert other.width == self.width, f"a state with {other.width} beams, not {self.width}"
        self.max_len = max(self.max_len, other.max_len)
        self.writing = self.writing.with_others(other.writing)
        if self.source is not None and other.source is not None:
            keys, values, mask = (appended(pair, 1, 0) for pair in zip(self.source, other.source, strict=True))
            self.source = keys, values, mask
        self.lengths = torch.cat((self.lengths, other.lengths))


Read = TypeVar("Read", bound=Memory)


def checked_memory(memory: Memory | None, kind: type[Read]) -> Read:
    """A memory of the model's own kind.

    Raises:
        OptionError: there is none, or of another model.
    """
    if not isinstance(memory, kind):
        raise OptionError("this model reads a source: give its memory")
    return memory


def check_start(memory: Memory, n_sentences: int, max_len: int, window: int) -> None:
    """Refuse to start what the memory or the model has no room for.

    Args:
        memory: what is read.
        n_sentences: to start.
        max_len: tokens to make room for.
        window: the longest sequence that the model can write.
    Raises:
        ShapeError: the memory is of another number of sentences.
        LengthError: the room is larger than the window.
    """
    if len(memory.mask) != n_sentences:
        raise ShapeError(f"memory of {len(memory.mask)} sentences to start {n_sentences}: they must be equal")
    if max_len > window:
        raise LengthError(f"room for {max_len} tokens was asked for; the model's window has {window}")


def check_length(values: Tensor, window: int) -> None:
    """Refuse sequences longer than the model's window.

    Args:
        values: (B, S).
        window: in tokens.
    Raises:
        LengthError: says both.
    """
    if values.shape[1] > window:
        raise LengthError(f"a sequence of {values.shape[1]} tokens exceeds the model's window of {window}")
