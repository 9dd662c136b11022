import pytest
import torch

from heedful.model.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_share_and_scale(p, dtype):
    torch.manual_seed(1)
    dropped = Dropout(p)(torch.ones(200, 500, dtype=dtype)).double()
    # What is left of p after rounding to a 256th.
    rounded = round(p * 256) / 256
    assert abs(rounded - p) <= 1 / 512
    assert (dropped == 0).double().mean().item() == pytest.approx(rounded, abs=0.006)
    kept = dropped[dropped != 0].unique()
    assert len(kept) == 1
    assert kept.item() == pytest.approx(1 / (1 - rounded), rel=1e-6 if dtype == torch.float32 else 2**-8)
    assert dropped.mean().item() == pytest.approx(1, abs=0.04)


def test_entries_are_independent():
    """The shares of pairs both dropped, side by side and in a column, are those of chance."""
    gone = (Dropout(0.5)(torch.ones(400, 256)) == 0).double()
    for ahead in (1, 2, 7, 8, 9, 64):
        assert (gone[:, ahead:] * gone[:, :-ahead]).mean().item() == pytest.approx(0.25, abs=0.01)
    assert (gone[1:] * gone[:-1]).mean().item() == pytest.approx(0.25, abs=0.01)


def test_the_gradient_is_the_mask():
    x = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    y = Dropout(0.4)(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(y, x * slope)
    assert set(slope.unique().tolist()) <= {0.0, 256 / (256 - 102)}


def test_a_seed_decides():
    layer, x = Dropout(0.5), torch.ones(7, 11)
    draws = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        draws.append(layer(x))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert not torch.equal(layer(x), draws[2])


def test_nothing_happens_without_training_or_probability():
    x = torch.randn(4, 4)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 3, 7)])
def test_any_shape_and_the_largest_probability(shape):
    """One of 256 always stays: no division by zero."""
    dropped = Dropout(0.9999)(torch.ones(shape))
    assert dropped.shape == shape
    assert set(dropped.unique().tolist()) <= {0.0, 256.0}


def test_it_names_its_probability():
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"
