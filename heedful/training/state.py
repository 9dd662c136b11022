"""Everything that a training run is at a moment: what a checkpoint carries, and what resuming brings back."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from heedful.interface import Model
from heedful.training.ema import Average
from heedful.training.guard import Guard
from heedful.training.log import Window
from heedful.training.optimizer import make_optimizer
from heedful.training.options import TrainingOptions

# What the optimizers remember of a parameter.
MOMENTS = ("step", "exp_avg", "exp_avg_sq", "momentum")


@dataclass
class Counters:
    """The integers and figures of a run.

    Args:
        step: steps taken, good and bad.
        epoch: the cursor: epochs begun before this one.
        index: the cursor: the next batch of this epoch.
        tokens: source and target tokens read.
        n_parts: micro-batches to a batch, doubled when memory runs out.
        seconds: spent so far, resumed runs together.
    """

    step: int = 0
    epoch: int = 0
    index: int = 0
    tokens: int = 0
    n_parts: int = 1
    seconds: float = 0.0


@dataclass
class Ranking:
    """What the evaluations came to.

    Args:
        last_step: the last step after which was evaluated.
        best_step: the step with the best score.
        best_score: its score.
        n_stale: evaluations since then.
    """

    last_step: int = 0
    best_step: int | None = None
    best_score: float | None = None
    n_stale: int = 0

    def add(self, step: int, score: float) -> bool:
        """Take in an evaluation; whether it is the best so far, which NaN never is."""
        best = score == score and (self.best_score is None or score > self.best_score)
        self.last_step = step
        self.n_stale = 0 if best else self.n_stale + 1
        if best:
            self.best_step, self.best_score = step, score
        return best


@dataclass
class State:
    """A run at a moment.

    Args:
        model: its parameters are the masters.
        options: of the run.
    """

    model: Model
    options: TrainingOptions
    counters: Counters = field(default_factory=Counters)
    ranking: Ranking = field(default_factory=Ranking)
    window: Window = field(default_factory=Window)

    def __post_init__(self) -> None:
        self.optimizer = make_optimizer(self.model, self.options)
        self.average = None if self.options.average is None else Average(self.model, self.options.average)
        self.guard = Guard(self.options.spike)
        self._anchor: tuple[dict[str, Tensor], int] | None = None
        kept = self.model.state_dict().keys()
        self._buffers = {name: buffer for name, buffer in self.model.named_buffers() if name in kept}

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    def update(self, rate: float) -> None:
        """Learn from the gradient, and take the new weights into the average."""
        self.optimizer.step(rate / self.options.learning_rate, self.counters.step / self.options.steps)
        if self.average is not None:
            self.average.update()

    def set_anchor(self) -> None:
        """Remember this moment for `rollback`."""
        copies = {name: tensor.detach().clone() for name, tensor in self._tensors().items()}
        self._anchor = copies, self.average.n_updates if self.average else 0

    def rollback(self) -> None:
        """Weights, average and moments become those of the last anchor; the cursor and the counters go on."""
        assert self._anchor is not None, "an anchor is set before the first step"
        self._load(*self._anchor)

    def buffers(self) -> list[Tensor]:
        """Copies of the buffers that are saved with the weights: a forward pass may change them."""
        return [buffer.clone() for buffer in self._buffers.values()]

    def restore_buffers(self, copies: list[Tensor]) -> None:
        """Undo what a bad step did to them."""
        for buffer, copy in zip(self._buffers.values(), copies, strict=True):
            buffer.copy_(copy)

    def weights(self) -> dict[str, Tensor]:
        """What would be kept if training ended here: the average where there is one, and the buffers."""
        own = {name: parameter.detach() for name, parameter in self.model.named_parameters()}
        return {**(self.average.values if self.average else own), **self._buffers}

    @torch.no_grad()
    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Give the model the weights that `weights` returned."""
        for name, tensor in {**dict(self.model.named_parameters()), **self._buffers}.items():
            tensor.copy_(weights[name])

    @contextmanager
    def showing(self) -> Iterator[Model]:
        """Inside the block the model has the weights that count and is in evaluation mode."""
        training = self.model.training
        self.model.eval()
        try:
            with self.average.applied() if self.average else nullcontext(), torch.no_grad():
                yield self.model
        finally:
            self.model.train(training)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of a checkpoint."""
        anchor, _ = self._anchor or ({}, 0)
        return {**self._tensors(), **{f"anchor.{name}": tensor for name, tensor in anchor.items()}}

    def values(self) -> dict[str, Any]:
        """Every other value of a checkpoint."""
        return {
            "counters": asdict(self.counters),
            "ranking": asdict(self.ranking),
            "window": self.window.to_json(),
            "guard": self.guard.to_json(),
            "n_averaged": self.average.n_updates if self.average else 0,
            "n_averaged_anchor": self._anchor[1] if self._anchor else 0,
        }

    def load(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Become what `tensors` and `values` recorded."""
        self.counters = Counters(**values["counters"])
        self.ranking = Ranking(**values["ranking"])
        self.window = Window(**values["window"])
        self.guard.load(values["guard"])
        self._load(tensors, values["n_averaged"])
        anchor = {name.removeprefix("anchor."): each for name, each in tensors.items() if name.startswith("anchor.")}
        if anchor:
            on_device = {name: tensor.to(self.device) for name, tensor in anchor.items()}
            self._anchor = on_device, values["n_averaged_anchor"]

    def _tensors(self) -> dict[str, Tensor]:
        found = {f"model.{name}": parameter.detach() for name, parameter in self.model.named_parameters()}
        found |= {f"model.{name}": buffer for name, buffer in self._buffers.items()}
        if self.average:
            found |= {f"average.{name}": tensor for name, tensor in self.average.values.items()}
        for name, parameter in self.model.named_parameters():
            found |= {f"moments.{key}.{name}": each for key, each in self.optimizer.moments(parameter).items()}
        return found

    @torch.no_grad()
    def _load(self, tensors: dict[str, Tensor], n_averaged: int) -> None:
        self.load_weights({name.removeprefix("model."): each for name, each in tensors.items() if name[:6] == "model."})
        if self.average:
            average = {name.removeprefix("average."): each for name, each in tensors.items() if name[:8] == "average."}
            self.average.load(average, n_averaged)
        self.optimizer.forget()
        for name, parameter in self.model.named_parameters():
            moments = self.optimizer.moments(parameter)
            for key in MOMENTS:
                stored = tensors.get(f"moments.{key}.{name}")
                if stored is not None:
                    moments[key] = stored.to(parameter.device, copy=True)
