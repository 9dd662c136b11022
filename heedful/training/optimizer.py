"""AdamW in one fused pass, with weight decay where it belongs, and the gradient brought to a mean of bounded norm."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from heedful.training.muon import Muon
from heedful.training.options import TrainingOptions


class Optimizers:
    """Those that learn different parameters of one model, as one.

    Args:
        parts: each group with its peak as "lr", and as "begins" the share of the run before which it stands still.
    """

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        self._part_of = {id(each): part for part in parts for group in part.param_groups for each in group["params"]}
        for part in parts:
            for group in part.param_groups:
                group["peak"] = group["lr"]

    def step(self, share: float = 1.0, progress: float = 1.0) -> None:
        """Learn from the gradients.

        Args:
            share: of the peak of each learning rate.
            progress: of the run, up to 1.
        """
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = group["peak"] * share * (progress >= group.get("begins", 0.0))
            part.step()

    def moments(self, parameter: Tensor) -> dict[str, Tensor]:
        """What is remembered of a parameter's gradients, by name; may be assigned to."""
        part = self._part_of.get(id(parameter))
        return {} if part is None else part.state[parameter]

    def forget(self) -> None:
        """Drop all moments."""
        for part in self.parts:
            part.state.clear()


def make_optimizer(model: nn.Module, options: TrainingOptions) -> Optimizers:
    """Fused AdamW over all parameters that learn, or over all but the matrices inside the layers; only matrices decay.

    Source:
        Loshchilov and Hutter 2017, arXiv:1711.05101.
    """
    matrices, others = split_parameters(model, options.decay_embeddings)
    groups: list[dict[str, Any]] = [{"params": others, "weight_decay": 0.0}]
    parts: list[torch.optim.Optimizer] = []
    if options.orthogonal_rate is None:
        groups.insert(0, {"params": matrices, "weight_decay": options.weight_decay})
    else:
        inside, tables = _without_tables(model, matrices)
        groups.insert(0, {"params": tables, "weight_decay": options.weight_decay})
        parts.append(Muon(inside, lr=options.orthogonal_rate, weight_decay=options.weight_decay))
    adam = torch.optim.AdamW(
        [part for group in groups for part in _parts_of(model, group, options)],
        lr=options.learning_rate,
        betas=options.betas,
        eps=options.epsilon,
        fused=True,
    )
    return Optimizers(adam, *parts)


def _parts_of(model: nn.Module, group: dict[str, Any], options: TrainingOptions) -> list[dict[str, Any]]:
    """A group of parameters, apart by how fast and how soon they learn."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found: dict[tuple[float, float], list[Tensor]] = {}
    for parameter in group["params"]:
        slower = [part for part in options.slower if names[id(parameter)].startswith(part.prefix)]
        found.setdefault((slower[0].rate, slower[0].begins) if slower else (1.0, 0.0), []).append(parameter)
    return [
        {**group, "params": parameters, "lr": options.learning_rate * rate, "begins": begins}
        for (rate, begins), parameters in found.items()
    ]


def _without_tables(model: nn.Module, parameters: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The matrices inside the layers, and those that have a row for each token (or are no plain matrix)."""
    tables = _table_ids(model)
    inside = [each for each in parameters if each.ndim == 2 and id(each) not in tables]
    return inside, [each for each in parameters if each.ndim != 2 or id(each) in tables]


def _table_ids(model: nn.Module) -> set[int]:
    return {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Embedding)
        for parameter in module.parameters(recurse=False)
    }


def split_parameters(model: nn.Module, decay_embeddings: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters that decay, and those that do not: vectors, and embedding tables unless asked for.

    A table that is tied to an output projection counts as an embedding; a matrix of one row or one column, such as the
    lengths of normed weights, is a vector.
    """
    tables = _table_ids(model)
    decayed: list[Tensor] = []
    others: list[Tensor] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            matrix = parameter.squeeze().ndim >= 2 and (decay_embeddings or id(parameter) not in tables)
            (decayed if matrix else others).append(parameter)
    return decayed, others


@torch.no_grad()
def normalise_gradients(parameters: Iterable[Tensor], count: Tensor, clip: float | None) -> Tensor:
    """Divide summed gradients by what they were summed over, then scale them down to the norm allowed.

    Both factors are applied in one pass, and nothing waits for a device.

    Args:
        parameters: those without a gradient are left out.
        count: () what to divide by.
        clip: largest global norm; None leaves it as it is.
    Returns:
        () the global norm after the division and before clipping.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients, foreach=None) / count
    factor = 1 / count
    if clip is not None:
        factor = factor * (clip / (norm + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(gradients, factor.to(gradients[0].dtype))
    return norm
