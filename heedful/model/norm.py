"""The norms of the residual stream."""

from torch import nn

from heedful.architecture import Architecture


def make_norm(architecture: Architecture) -> nn.Module:
    """Layer norm (arXiv:1607.06450) or RMS norm (arXiv:1910.07467) over d_model."""
    if architecture.norm == "rms":
        return nn.RMSNorm(architecture.d_model, eps=architecture.eps)
    return nn.LayerNorm(architecture.d_model, eps=architecture.eps, bias=architecture.bias)
