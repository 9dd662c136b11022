from dataclasses import replace

import pytest
import torch
from torch import nn

from heedful.architecture import Architecture
from heedful.model.norm import make_norm

SMALL = Architecture(10, d_model=12, n_heads=3, d_ff=20, dropout=0.0)


def test_norms_by_their_formulas():
    x = torch.randn(4, 12, dtype=torch.float64)
    layer_norm = make_norm(SMALL).double()
    centred = x - x.mean(-1, keepdim=True)
    torch.testing.assert_close(layer_norm(x), centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt())
    rms = make_norm(replace(SMALL, norm="rms")).double()
    torch.testing.assert_close(rms(x), x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt())
    assert make_norm(replace(SMALL, bias=False)).bias is None


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_token_is_normed_by_itself(norm):
    """Neither its sentence, nor the batch, nor whether the model is in training has a part in it; see batch norm."""
    ours, theirs = make_norm(replace(SMALL, norm=norm)), nn.BatchNorm1d(12)
    x = torch.randn(4, 6, 12)
    x[2:, 3:] = 0.0  # padding
    for which, differs in ((ours, False), (lambda x: theirs(x.mT).mT, True)):
        assert torch.equal(which(x)[:1], which(x[:1])) is not differs
    trained = [ours(x), theirs(x.mT)]
    ours.eval(), theirs.eval()
    assert torch.equal(ours(x), trained[0])
    assert not torch.equal(theirs(x.mT), trained[1])


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_what_is_added_to_the_variance_is_a_value(norm):
    x = torch.zeros(1, 12, dtype=torch.float64)
    x[0, :2] = torch.tensor([1e-3, -1e-3])
    found = make_norm(replace(SMALL, norm=norm, norm_eps=0.5)).double()(x)
    torch.testing.assert_close(found, x / (2e-6 / 12 + 0.5) ** 0.5)
