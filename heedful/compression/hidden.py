"""Learning what a teacher's encoder makes of a text on its way, layer to layer; a decoder is not needed for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from heedful.data.batch import Batch
from heedful.errors import OptionError
from heedful.interface import Loss, Memory, Model, Source, State

Measure = Literal["mse", "cosine"]


class Learner(Model):
    """A student with what it needs for comparing itself with its teacher, and only while it learns.

    Attributes:
        student: what is kept.
        projection: from the student's width to the teacher's, one for all layers; nothing where they are equal.
    """

    def __init__(self, student: Model, d_student: int, d_teacher: int) -> None:
        super().__init__()
        self.student, self.max_len = student, student.max_len
        same = d_student == d_teacher
        self.projection = nn.Identity() if same else nn.Linear(d_student, d_teacher, bias=False)

    def encode(self, source: Source) -> Memory:
        return self.student.encode(source)

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        return self.student.decode(target, memory)

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        return self.student.start(memory, n_sentences, width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        return self.student.step(tokens, state)

    def logits(self, hidden: Tensor) -> Tensor:
        return self.student.logits(hidden)


@dataclass(frozen=True)
class HiddenStates:
    """Make the outputs of some modules of the encoder like those of the teacher's, at every token of the source.

    Args:
        teacher: in evaluation mode, on the student's device; it learns nothing.
        pairs: module names, the student's and the teacher's: ("encoder.blocks.0", "encoder.blocks.1").
        measure: "mse", the mean square of the difference (TinyBERT); "cosine", 1 minus the cosine, which is half of
            the squared difference of the normalised states (PKD).
    Source:
        Jiao et al. 2020, arXiv:1909.10351, equation (8); Sun et al. 2019, arXiv:1908.09355, section 3.2.
    """

    teacher: Model
    pairs: Sequence[tuple[str, str]]
    measure: Measure = "mse"

    def __call__(self, model: Model, batch: Batch) -> Loss:
        """The loss of a batch, a mean over the pairs, summed over the tokens of the sources.

        Raises:
            OptionError: a name is of no module.
        """
        assert isinstance(model, Learner), "the projection is learned with the student: wrap it in Learner"
        mine, theirs = zip(*self.pairs, strict=True)
        with torch.no_grad(), _outputs(self.teacher, theirs) as wanted:
            self.teacher.encode(batch.source)
        with _outputs(model.student, mine) as found:
            model.encode(batch.source)
        real = batch.source.mask
        distances = [
            _distance(model.projection(found[one])[real], wanted[other][real], self.measure)
            for one, other in self.pairs
        ]
        return Loss(torch.stack(distances).mean(0).sum(), real.sum())


def layer_pairs(n_student: int, n_teacher: int) -> list[tuple[int, int]]:
    """Which layer learns from which, evenly spread, the last from the last; both count from 0."""
    return [(layer, -(-(layer + 1) * n_teacher // n_student) - 1) for layer in range(n_student)]


def encoder_pairs(n_student: int, n_teacher: int) -> list[tuple[str, str]]:
    """The same as the module names of two Transformers."""
    return [(f"encoder.blocks.{mine}", f"encoder.blocks.{its}") for mine, its in layer_pairs(n_student, n_teacher)]


def _distance(found: Tensor, wanted: Tensor, measure: Measure) -> Tensor:
    """(N,) of (N, D) and (N, D)."""
    wanted = wanted.to(found.dtype)
    if measure == "cosine":
        return 1 - functional.cosine_similarity(found, wanted, dim=-1)
    return (found - wanted).square().mean(-1)


@contextmanager
def _outputs(model: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What the modules of these names answer inside the block, with its gradient."""
    modules = dict(model.named_modules())
    unknown = [name for name in names if name not in modules]
    if unknown:
        raise OptionError(f"{type(model).__name__} has no module {unknown[0]!r}: give names of its layers")
    found: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            found[name] = output

        return hook

    handles = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
