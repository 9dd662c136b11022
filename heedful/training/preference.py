"""Learning from preferences without a reward model: the better answer more probable than it was, the other less."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from heedful.data.preferences import Answers
from heedful.data.tokenizer import PAD
from heedful.interface import Loss, Model


@dataclass(frozen=True)
class DirectPreference:
    """Raise the probability of the chosen answer over that of the rejected one, as the first model had them.

    Args:
        beta: how dearly it is paid to leave that model.
    Source:
        Rafailov et al. 2023, arXiv:2305.18290, equation 7.
    """

    beta: float = 0.1

    def __call__(self, model: Model, batch: Answers) -> Loss:
        """The loss of a batch, a pair counting as one; figures: "accuracy", pairs in which the better one gained."""
        margins = self.beta * self.gains(model, batch)
        loss = -functional.logsigmoid(margins)
        count = torch.tensor(len(margins), device=margins.device)
        return Loss(loss.sum(), count, {"accuracy": ((margins > 0).sum(), count)})

    def gains(self, model: Model, batch: Answers) -> Tensor:
        """What the chosen answer gained against the first model, less what the rejected one did, in nats: (N,)."""
        gained = answer_log_probabilities(model, batch) - batch.reference
        chosen, rejected = gained.chunk(2)
        return chosen - rejected


def answer_log_probabilities(model: Model, batch: Answers) -> Tensor:
    """The log-probability of each answer, given its prompt: (2N,) float32, nats.

    Args:
        model: a decoder.
        batch: the answers.
    """
    hidden = model.decode(batch.inputs, None)
    rows, places = (batch.labels != PAD).nonzero(as_tuple=True)
    logits = model.logits(hidden[rows, places]).float()
    said = -functional.cross_entropy(logits, batch.labels[rows, places], reduction="none")
    return torch.zeros(len(batch.labels), device=said.device).index_add(0, rows, said)
