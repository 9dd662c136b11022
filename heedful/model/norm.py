"""The norms of the residual stream."""

from torch import nn

from heedful.architecture import Architecture


def make_norm(architecture: Architecture) -> nn.Module:
    """Layer norm (arXiv:1607.06450) or RMS norm (arXiv:1910.07467) over d_model."""
    width, eps = architecture.d_model, architecture.norm_eps
    if architecture.norm == "rms":
        return nn.RMSNorm(width, eps=1e-6 if eps is None else eps)
    return nn.LayerNorm(width, eps=1e-5 if eps is None else eps, bias=architecture.bias)
