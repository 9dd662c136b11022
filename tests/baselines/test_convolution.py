import pytest
import torch
from torch.nn import functional

from heedful.baselines.convolution import GatedConvolution, normed_linear


def test_a_row_has_the_length_that_is_learned_and_the_direction_of_its_numbers():
    linear = normed_linear(3, 2).double()
    length, direction = linear.parametrizations.weight.original0, linear.parametrizations.weight.original1
    torch.testing.assert_close(linear.weight, length * direction / direction.norm(dim=1, keepdim=True))
    with torch.no_grad():
        length.copy_(torch.tensor([[2.0], [0.5]]))
    torch.testing.assert_close(linear.weight.norm(dim=1), torch.tensor([2.0, 0.5], dtype=torch.float64))


@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_equals_a_convolution_and_a_gate(kernel_size):
    layer = GatedConvolution(4, kernel_size, keep=0.9).double()
    x = torch.randn(2, 7, 4, dtype=torch.float64)
    # (2D, kD) with the neighbours side by side -> torch's (2D, D, k).
    kernel = layer.project.weight.unflatten(1, (kernel_size, 4)).transpose(1, 2)
    values, gates = functional.conv1d(x.transpose(1, 2), kernel, layer.project.bias).chunk(2, dim=1)
    torch.testing.assert_close(layer(x), (values * torch.sigmoid(gates)).transpose(1, 2))


@torch.no_grad()
def test_the_variance_is_kept_at_the_start():
    """Section 3.5: with small inputs, whose gates are half open, and a share of them dropped."""
    torch.manual_seed(1)
    layer = GatedConvolution(64, 3, keep=0.8)
    x = 0.1 * torch.randn(50, 40, 64)
    dropped = functional.dropout(x, 0.2)
    assert float(layer(dropped).std() / x.std()) == pytest.approx(1.0, abs=0.05)
