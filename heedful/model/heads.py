"""What stands on a model that reads: scores of a whole text, or of each of its positions (classes, tags, spans)."""

from typing import Literal

import torch
from torch import Tensor, nn

from heedful.interface import Memory, Model, Source, State
from heedful.model.dropout import Dropout

# What a score is made of: the first position, the mean of all, the last one, or each position by itself.
Over = Literal["first", "mean", "last", "each"]
# What reads: a model that writes too has both.
Reads = Literal["encoder", "decoder"]

# Small: an untrained head should hold no opinion, and move the trunk little before it has one.
SPREAD = 0.02


def pool(hidden: Tensor, mask: Tensor, over: Over) -> Tensor:
    """One vector of many, or all of them.

    Args:
        hidden: (B, S, D).
        mask: (B, S) bool, the tokens of a row first; one of them at least.
        over: which of them count.
    Returns:
        (B, D), or (B, S, D) over each.
    """
    if over == "each":
        return hidden
    if over == "first":
        return hidden[:, 0]
    if over == "last":
        return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1) - 1]
    # In float32: hundreds of bfloat16 vectors do not add up in bfloat16.
    total = (hidden.float() * mask[:, :, None]).sum(1)
    return (total / mask.sum(1, keepdim=True)).to(hidden.dtype)


class Head(nn.Module):
    """Scores of what a trunk left: one linear layer behind dropout, and behind a pool where a whole text is scored.

    Args:
        d_model: D.
        n_scores: Y, as many as there are labels; two for the begin and the end of a span.
        over: what a score is made of.
        dropout: probability.
    """

    def __init__(self, d_model: int, n_scores: int, over: Over, dropout: float) -> None:
        super().__init__()
        self.over = over
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(d_model, n_scores)
        nn.init.normal_(self.output.weight, std=SPREAD)
        nn.init.zeros_(self.output.bias)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Score.

        Args:
            hidden: (B, S, D).
            mask: (B, S) bool.
        Returns:
            (B, Y), or (B, S, Y) over each position.
        """
        return self.output(self.dropout(pool(hidden, mask, self.over)))


class Headed(Model):
    """A model with a head: it does all that the model does, and scores what it reads.

    Args:
        trunk: any model with the part that `reads` names.
        head: on top of it.
        reads: the part that reads what is scored; a decoder alone sees no later token, so its last one knows most.
    """

    def __init__(self, trunk: Model, head: Head, reads: Reads) -> None:
        super().__init__()
        self.trunk, self.head, self.reads = trunk, head, reads
        self.max_len = trunk.max_len

    def hidden(self, source: Source) -> Tensor:
        """What the trunk makes of every position.

        Args:
            source: values (B, S).
        Returns:
            (B, S, D).
        """
        if self.reads == "decoder":
            return self.trunk.decode(source, None)
        return self.trunk.encode(source).values

    def score(self, source: Source) -> Tensor:
        """Unnormalised scores of what is read.

        Args:
            source: values (B, S).
        Returns:
            (B, Y), or (B, S, Y) over each position.
        """
        return self.head(self.hidden(source), source.mask)

    def encode(self, source: Source) -> Memory:
        return self.trunk.encode(source)

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        return self.trunk.decode(target, memory)

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        return self.trunk.start(memory, n_sentences, width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        return self.trunk.step(tokens, state)

    def logits(self, hidden: Tensor) -> Tensor:
        return self.trunk.logits(hidden)
