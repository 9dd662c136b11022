"""Another tokenizer for a trained model: embeddings move by the names of their tokens, so that none is swapped."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor

from heedful.data.codec import Codec


@dataclass(frozen=True)
class Kept:
    """What became of the token vectors.

    Args:
        moved: tokens that both vocabularies have: their vectors are the old ones.
        composed: new tokens whose vector is the mean of those of the old pieces of their text.
        unknown: new tokens that the old vocabulary cannot spell: the mean of all old vectors.
        dropped: old tokens that the new vocabulary does not have.
    """

    moved: int
    composed: int
    unknown: int
    dropped: int

    @property
    def total(self) -> int:
        """Size of the new vocabulary."""
        return self.moved + self.composed + self.unknown

    def describe(self) -> str:
        """One sentence."""
        return (
            f"of {self.total:,} token vectors {self.moved:,} were kept, {self.composed:,} begin with the mean of their "
            f"old pieces, {self.unknown:,} with the mean of all; {self.dropped:,} old ones were left out"
        )

    def to_json(self) -> dict[str, int]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(**values)


def moved(table: Tensor, old: Codec, new: Codec) -> tuple[Tensor, Kept]:
    """The token vectors of a new vocabulary, made of those of an old one.

    Args:
        table: (V, D) vectors of the old tokens.
        old: its tokenizer.
        new: the tokenizer to be used from now on.
    Returns:
        a vector for each new token, and what became of them.
    """
    known = {old.piece(token): token for token in range(old.vocab_size)}
    made = table.new_empty(new.vocab_size, table.shape[1])
    middle, counts = table.mean(0), Counter[str]()
    for token in range(new.vocab_size):
        name = new.piece(token)
        if name in known:
            made[token] = table[known[name]]
            counts["moved"] += 1
            continue
        pieces = old.encode(new.decode([token]))
        counts["composed" if pieces else "unknown"] += 1
        made[token] = table[torch.tensor(pieces)].mean(0) if pieces else middle
    names = {new.piece(token) for token in range(new.vocab_size)}
    dropped = sum(name not in names for name in known)
    return made, Kept(counts["moved"], counts["composed"], counts["unknown"], dropped)
