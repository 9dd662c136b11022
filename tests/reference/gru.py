"""The gated recurrent unit of arXiv:1406.1078, one token of one sentence at a time, from the weights of an `nn.GRU`."""

import torch
from torch import Tensor, nn


def read(gru: nn.GRU, vectors: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """The outputs (T, D) and the last state (L, D) for one sentence (T, D) from the state (L, D)."""
    hidden, outputs = hidden.clone(), []
    for vector in vectors:
        x = vector
        for layer in range(gru.num_layers):
            w_in, w_hidden = getattr(gru, f"weight_ih_l{layer}"), getattr(gru, f"weight_hh_l{layer}")
            b_in, b_hidden = getattr(gru, f"bias_ih_l{layer}"), getattr(gru, f"bias_hh_l{layer}")
            reset_in, update_in, new_in = (w_in @ x + b_in).chunk(3)
            reset_hidden, update_hidden, new_hidden = (w_hidden @ hidden[layer] + b_hidden).chunk(3)
            reset = torch.sigmoid(reset_in + reset_hidden)
            update = torch.sigmoid(update_in + update_hidden)
            new = torch.tanh(new_in + reset * new_hidden)
            x = hidden[layer] = (1 - update) * new + update * hidden[layer]
        outputs.append(x.clone())
    return torch.stack(outputs), hidden
