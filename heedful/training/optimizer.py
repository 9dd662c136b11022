"""AdamW in one fused pass, with weight decay where it belongs, and the gradient brought to a mean of bounded norm."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from heedful.training.options import TrainingOptions


def make_optimizer(model: nn.Module, options: TrainingOptions) -> torch.optim.AdamW:
    """Fused AdamW over all parameters that learn; only matrices decay.

    Source:
        Loshchilov and Hutter 2017, arXiv:1711.05101.
    """
    decayed, others = split_parameters(model, options.decay_embeddings)
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=options.learning_rate,
        betas=options.betas,
        eps=options.epsilon,
        fused=True,
    )


def split_parameters(model: nn.Module, decay_embeddings: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters that decay, and those that do not: vectors, and embedding tables unless asked for.

    A table that is tied to an output projection counts as an embedding.
    """
    tables = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Embedding)
        for parameter in module.parameters(recurse=False)
    }
    decayed: list[Tensor] = []
    others: list[Tensor] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            matrix = parameter.ndim >= 2 and (decay_embeddings or id(parameter) not in tables)
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
