"""Recurrent cells, one token of one sentence at a time, from the weights of an `nn.GRU` or `nn.LSTM`."""

import torch
from torch import Tensor, nn


def gru_step(weights: list[Tensor], x: Tensor, state: Tensor) -> Tensor:
    """Cho et al. 2014, arXiv:1406.1078: the new output, which is all of the state."""
    w_in, w_hidden, b_in, b_hidden = weights
    reset_in, update_in, new_in = (w_in @ x + b_in).chunk(3)
    reset_hidden, update_hidden, new_hidden = (w_hidden @ state + b_hidden).chunk(3)
    reset = torch.sigmoid(reset_in + reset_hidden)
    update = torch.sigmoid(update_in + update_hidden)
    return (1 - update) * torch.tanh(new_in + reset * new_hidden) + update * state


def lstm_step(weights: list[Tensor], x: Tensor, state: Tensor) -> Tensor:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000: the output and the cell, joined."""
    w_in, w_hidden, b_in, b_hidden = weights
    output, cell = state.chunk(2)
    enters, forgets, new, leaves = (w_in @ x + b_in + w_hidden @ output + b_hidden).chunk(4)
    cell = torch.sigmoid(forgets) * cell + torch.sigmoid(enters) * torch.tanh(new)
    return torch.cat((torch.sigmoid(leaves) * torch.tanh(cell), cell))


def layer(
    rnn: nn.RNNBase, number: int, vectors: Tensor, state: Tensor, backward: bool = False
) -> tuple[Tensor, Tensor]:
    """One layer in one direction: its outputs (T, D), in the order of the text, and its last state (P,)."""
    ending = f"l{number}_reverse" if backward else f"l{number}"
    weights = [getattr(rnn, f"{kind}_{ending}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    step = lstm_step if isinstance(rnn, nn.LSTM) else gru_step
    outputs = []
    for vector in vectors.flip(0) if backward else vectors:
        state = step(weights, vector, state)
        outputs.append(state[: rnn.hidden_size])
    return torch.stack(outputs[::-1] if backward else outputs), state


def read(rnn: nn.RNNBase, vectors: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """The outputs (T, D) and the last state (L, P) for one sentence (T, D) from the state (L, P), in one direction."""
    last = []
    for number in range(rnn.num_layers):
        vectors, after = layer(rnn, number, vectors, state[number])
        last.append(after)
    return vectors, torch.stack(last)


def read_both_ways(rnn: nn.RNNBase, vectors: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """The outputs (T, 2D) from states of zeros, and the last states (P,) of both directions for each layer."""
    parts = 2 if isinstance(rnn, nn.LSTM) else 1
    zeros, last = vectors.new_zeros(parts * rnn.hidden_size), []
    for number in range(rnn.num_layers):
        (forth, one), (back, other) = (layer(rnn, number, vectors, zeros, backward) for backward in (False, True))
        vectors = torch.cat((forth, back), dim=-1)
        last.append((one, other))
    return vectors, last
