"""Learning from a teacher that has more layers: what it tells of a text, and what it makes of the text on its way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

from heedful.compression.distill import Mixture
from heedful.interface import Loss, Model
from heedful.model.block import Block
from heedful.model.heads import Headed
from heedful.model.transformer import Transformer

Level = Literal["logits", "hidden", "both"]


@runtime_checkable
class Telling(Protocol):
    """What a task minimises, taken apart: `Labelling` and `Pointing` are such."""

    def of(self, scores: Tensor, batch: Any) -> Loss:
        """The loss of what the head said."""
        ...

    def counted(self, batch: Any) -> Tensor:
        """How much each row of a batch counts, (B,)."""
        ...

    def divergence(self, scores: Tensor, wanted: Tensor, batch: Any, temperature: float) -> Tensor:
        """How far each row is from what a teacher says of it, (B,)."""
        ...


@dataclass(frozen=True)
class Imitation:
    """Tell what is true of a text, and be like a teacher in what it tells, in the states of its layers, or in both.

    Args:
        teacher: of the student's width, in evaluation mode, on the student's device; it learns nothing.
        telling: what the task itself minimises.
        level: "logits", what the teacher tells; "hidden", its states; or "both".
        mixture: of what the teacher tells and what is true; the states are added to both.
    Source:
        Hinton et al. 2015, arXiv:1503.02531, section 2; Sanh et al. 2019, arXiv:1910.01108, section 3; Jiao et al.
        2020, arXiv:1909.10351, section 3.1.
    """

    teacher: Headed
    telling: Telling
    level: Level
    mixture: Mixture

    def __call__(self, model: Model, batch: Any) -> Loss:
        """The loss of a batch; figures: "kl" from the softened teacher, "states", 1 minus the cosine."""
        assert isinstance(model, Headed), "a student has a head"
        mine, its = blocks_of(model), blocks_of(self.teacher)
        its = [its[place] for place in chosen_layers(len(mine), len(its))]
        with torch.no_grad(), states(its) as wanted:
            taught = self.teacher.score(batch.source)
        with states(mine) as found:
            scores = model.score(batch.source)
        loss = self.telling.of(scores, batch)
        total, figures = loss.total, dict(loss.figures)
        if self.level != "hidden":
            share, warmth = self.mixture.share, self.mixture.temperature
            apart = self.telling.divergence(scores, taught, batch, warmth).sum()
            total = (1 - share) * total + share * warmth**2 * apart
            figures["kl"] = apart.detach(), loss.count
        if self.level != "logits":
            far = torch.stack([distance(*pair, batch.source.mask) for pair in zip(found, wanted, strict=True)]).mean(0)
            far = (far * self.telling.counted(batch)).sum()
            total = total + far
            figures["states"] = far.detach(), loss.count
        return Loss(total, loss.count, figures)


def chosen_layers(n_student: int, n_teacher: int) -> list[int]:
    """Which layer of the teacher each of the student's begins with and learns from; evenly spread, the last the last.

    Args:
        n_student: layers, as many as the teacher's at most.
        n_teacher: layers.
    Returns:
        Places from 0, in order.
    """
    return [-(-(layer + 1) * n_teacher // n_student) - 1 for layer in range(n_student)]


def distance(found: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """How far the states of two layers point apart: 1 minus the cosine, the mean over the tokens of a row.

    Norms before the sublayers let the states of deep layers grow, so their lengths are not compared.

    Args:
        found: (B, S, D) of the student.
        wanted: (B, S, D) of the teacher.
        mask: (B, S) bool, the tokens.
    Returns:
        (B,) in float32.
    """
    apart = 1 - functional.cosine_similarity(found.float(), wanted.float(), dim=-1)
    return apart.masked_fill(~mask, 0).sum(1) / mask.sum(1)


def blocks_of(model: Headed) -> Sequence[Block]:
    """The layers that read."""
    assert isinstance(model.trunk, Transformer), "trunks are Transformers"
    stack = model.trunk.encoder if model.reads == "encoder" else model.trunk.decoder
    assert stack is not None, "a head stands on layers"
    return stack.blocks


@contextmanager
def states(blocks: Sequence[Block]) -> Iterator[list[Tensor]]:
    """What these layers leave inside the block, with its gradient, in the order in which they are computed.

    Args:
        blocks: layers of a model that reads once inside the block.
    """
    found: list[Tensor] = []
    handles = [block.register_forward_hook(lambda module, inputs, output: found.append(output)) for block in blocks]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
