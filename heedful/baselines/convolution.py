"""Layers that see a few neighbours of each token, all tokens at once."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm


def normed_linear(d_input: int, d_output: int, gain: float = 1.0) -> nn.Linear:
    """A projection whose rows have lengths of their own, apart from their directions.

    Args:
        d_input: width of what comes.
        d_output: width of the result.
        gain: of the weights' standard deviation over 1 / sqrt(d_input), before training.
    Source:
        Salimans and Kingma 2016, arXiv:1602.07868, section 2; Gehring et al. 2017, section 3.5.
    """
    linear = nn.Linear(d_input, d_output)
    nn.init.normal_(linear.weight, std=gain * d_input**-0.5)
    nn.init.zeros_(linear.bias)
    normed: nn.Linear = weight_norm(linear)
    return normed


class GatedConvolution(nn.Module):
    """A convolution over tokens and a gate for each of its outputs.

    Written as one product with the neighbours side by side: what a convolution is, in the layout that the rest of the
    model has, and as fast as every other product.

    Args:
        d_model: width of what comes and of the result.
        kernel_size: k, tokens seen at once.
        keep: the share of what it reads that dropout leaves, which the weights before training make up for.
    Source:
        Dauphin et al. 2017, arXiv:1612.08083, section 2; Gehring et al. 2017, section 3.2.
    """

    def __init__(self, d_model: int, kernel_size: int, keep: float) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        # The gates, one half at the start, take half of the outputs' deviation.
        self.project = normed_linear(kernel_size * d_model, 2 * d_model, gain=2 * keep**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """See every run of k tokens.

        Args:
            x: (B, T, D), with T at least k.
        Returns:
            (B, T - k + 1, D); position t holds what tokens t to t + k - 1 came to.
        """
        length = x.shape[1] - self.kernel_size + 1
        neighbours = torch.cat([x[:, first : first + length] for first in range(self.kernel_size)], dim=-1)
        return functional.glu(self.project(neighbours), dim=-1)
