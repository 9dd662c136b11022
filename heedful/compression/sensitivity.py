"""Which layers bear int8 badly: each group is tried alone, and the worst stay while the file stays small."""

from collections.abc import Mapping, Sequence, Set

import torch
from torch import Tensor

from heedful.compression.quantize import groups, n_stored_bytes, quantize
from heedful.data.batch import Batch
from heedful.data.tokenizer import PAD
from heedful.errors import OptionError
from heedful.interface import Model

# Of the float32 weights, in bytes.
BUDGET = 0.33
# Nats a token. Less changes no translation that one could find, and a layer in bfloat16 takes twice the time.
WORTH = 1e-3


def sensitivity(model: Model, batches: Sequence[Batch]) -> dict[str, float]:
    """How far the model's answers move when one group of layers alone is int8; as `divergences`, by group.

    Args:
        model: in evaluation mode, of float numbers.
        batches: some sentence pairs that it has not learned from.
    """
    twins = {name: quantize(model, set(layers).__contains__) for name, layers in groups(model).items()}
    return divergences(model, twins, batches)


@torch.no_grad()
def divergences(model: Model, twins: Mapping[str, Model], batches: Sequence[Batch]) -> dict[str, float]:
    """How far the answers of some models are from those of another.

    Args:
        model: in evaluation mode.
        twins: by name.
        batches: sentence pairs.
    Returns:
        For each twin the mean Kullback-Leibler divergence of the next token's distribution from the model's, in nats.
    """
    sums, n_tokens = dict.fromkeys(twins, 0.0), 0
    for batch in batches:
        expected = _log_probabilities(model, batch)
        n_tokens += len(expected)
        for name, twin in twins.items():
            gone = expected.exp() * (expected - _log_probabilities(twin, batch))
            sums[name] += float(gone.sum(dtype=torch.float64))
    return {name: total / max(n_tokens, 1) for name, total in sums.items()}


def worst(model: Model, batches: Sequence[Batch], budget: float = BUDGET) -> list[str]:
    """The names of the layers to keep: the groups that cost most, in that order, as long as they fit.

    Args:
        model: in evaluation mode, of float numbers.
        batches: some sentence pairs that it has not learned from.
        budget: share of the bytes of the float32 weights that may be used.
    Raises:
        OptionError: a budget that is no share.
    """
    if not 0 < budget <= 1:
        raise OptionError(f"the budget is a share of the float32 size, in (0, 1]: got {budget}; try {BUDGET}")
    # Most models bear it whole: no group needs to be tried alone then.
    if divergences(model, {"all": quantize(model)}, batches)["all"] < WORTH:
        return []
    measured, known, kept = sensitivity(model, batches), groups(model), list[str]()
    limit = budget * 4 * sum(parameter.numel() for parameter in model.parameters())
    for group in sorted(measured, key=lambda name: -measured[name]):
        more = {*kept, *known[group]}
        if measured[group] >= WORTH and n_stored_bytes(_without(model, more)) <= limit:
            kept += known[group]
    return kept


def _without(model: Model, kept: Set[str]) -> Model:
    return quantize(model, lambda name: name not in kept)


def _log_probabilities(model: Model, batch: Batch) -> Tensor:
    """Of every token at every place that holds one: (tokens, V), in nats."""
    hidden = model.decode(batch.target, model.encode(batch.source))
    return model.logits(hidden[batch.labels != PAD]).float().log_softmax(dim=-1)
