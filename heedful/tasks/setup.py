"""What is trained and how it is computed: settled when a run begins, and read back when it is resumed."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics, applied, choose
from heedful.run.disk import read_json, write_json
from heedful.tasks.defaults import Shape, Size
from heedful.tasks.models import family
from heedful.training.objectives import TeacherForcing

SETUP = "setup.json"


@dataclass(frozen=True)
class Setup:
    """A model to be trained.

    Args:
        model: its family.
        shape: its architecture.
        size: the row of the table of defaults that it follows.
        numerics: how to compute.
    """

    model: str
    shape: Shape
    size: Size
    numerics: Numerics

    @property
    def objective(self) -> TeacherForcing:
        """What its training minimises."""
        return TeacherForcing(self.size.smoothing)

    def build(self, seed: int) -> Model:
        """The model before training, on its device: random, and the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return family(self.model).build(self.shape).to(self.numerics.device)

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {
            "model": self.model,
            "architecture": self.shape.to_json(),
            "size": vars(self.size),
            "numerics": self.numerics.to_json(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        shape = family(values["model"]).read(values["architecture"])
        return cls(values["model"], shape, Size(**values["size"]), Numerics.from_json(values["numerics"]))

    @classmethod
    def stored(cls, folder: Path) -> Self:
        """The one that `settle` wrote."""
        return cls.from_json(read_json(folder / SETUP))


def settle(
    folder: Path, model: str, size: Size, vocab_size: int, device: str | None, shape: Shape | None = None
) -> Setup:
    """Decide how a new run is set up, and write it down: resumed, it goes on in the same way.

    Args:
        folder: `training/begun/` of the run.
        model: family.
        size: of the model.
        vocab_size: pieces that the tokenizer has.
        device: "cpu", "cuda", or None to choose.
        shape: of another run, with which it goes on; None follows from the size.
    Raises:
        OptionError: the model or the device is not known.
    """
    if shape is None:
        shape = family(model).shape_for(size, vocab_size)
    else:
        shape = replace(shape, vocab_size=vocab_size, dropout=size.dropout)
    setup = Setup(model, shape, size, choose(device))
    write_json(folder / SETUP, setup.to_json())
    return setup


def flops_per_token(model: nn.Module) -> float:
    """Arithmetic of training for a source or target token: 6 for each weight that it meets (2 forward, 4 backward).

    Where there are an encoder and a decoder, a token meets one of them, so about half of the weights of the
    projections, the output included.
    """
    single = isinstance(model, Transformer) and (model.encoder is None or model.decoder is None)
    products = [module for module in model.modules() if isinstance(module, nn.Linear | nn.RNNBase)]
    met = sum(weight.numel() for module in products for weight in module.parameters() if weight.ndim == 2)
    return (6.0 if single else 3.0) * met


def peak_flops(numerics: Numerics) -> float:
    """What this machine can do in a second: the best of a few large matrix products in the dtype of training."""
    n = 4096 if numerics.device == "cuda" else 1024
    left = torch.ones(n, n, dtype=numerics.dtype, device=numerics.device)
    best = float("inf")
    with applied(numerics), torch.inference_mode():
        for _ in range(6):
            begun = time.perf_counter()
            float((left @ left)[0, 0])
            best = min(best, time.perf_counter() - begun)
    return 2.0 * n**3 / best
