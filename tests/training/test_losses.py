import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from heedful.training import losses
from heedful.training.losses import smoothed_cross_entropy
from tests.reference.smoothed_loss import smoothed_loss

PAD = 0


def both(logits, labels, smoothing, ignore=PAD):
    """Loss, likelihood and gradient: ours (on a copy, as it overwrites) and the reference's."""
    ours, theirs = logits.clone().requires_grad_(), logits.double().clone().requires_grad_()
    # A product by one in between: logits come from a layer, never from a leaf.
    found = smoothed_cross_entropy(ours * 1, labels, smoothing, ignore)
    expected = smoothed_loss(theirs, labels, smoothing, ignore)
    (found[0] * 0.5).backward()
    (expected[0] * 0.5).backward() if expected[0].requires_grad else None
    slope = theirs.grad if theirs.grad is not None else torch.zeros_like(theirs)
    return (*found, ours.grad), (*expected, slope)


@given(
    seed=st.integers(0, 2**16),
    rows=st.integers(0, 6),
    classes=st.integers(2, 7),
    smoothing=st.sampled_from([0.0, 0.1, 0.9]),
    ignore=st.sampled_from([0, 1, -100]),
    scale=st.sampled_from([1.0, 60.0]),
)
def test_equals_the_definition(seed, rows, classes, smoothing, ignore, scale):
    torch.manual_seed(seed)
    logits = torch.randn(rows, classes, dtype=torch.float64) * scale
    labels = torch.randint(0, classes, (rows,))
    labels[torch.rand(rows) < 0.3] = ignore
    for found, expected in zip(*both(logits, labels, smoothing, ignore), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-10)


def test_equals_torch():
    logits, labels = torch.randn(20, 9), torch.randint(0, 9, (20,))
    expected = functional.cross_entropy(logits, labels, ignore_index=PAD, label_smoothing=0.1, reduction="sum")
    total, likelihood = smoothed_cross_entropy(logits.clone(), labels, 0.1, PAD)
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(likelihood, functional.cross_entropy(logits, labels, ignore_index=PAD, reduction="sum"))


def test_the_gradient_is_the_slope_of_the_loss():
    """By finite differences in float64."""
    labels, logits = torch.tensor([2, PAD, 1]), torch.randn(3, 4, dtype=torch.float64)
    (_, _, slope), _ = both(logits, labels, 0.2)
    for row in range(3):
        for column in range(4):
            totals = []
            for step in (1e-5, -1e-5):
                moved = logits.clone()
                moved[row, column] += step
                totals.append(smoothed_cross_entropy(moved, labels, 0.2, PAD)[0].item())
            # `both` goes back from half of the loss.
            assert slope[row, column].item() == pytest.approx((totals[0] - totals[1]) / 4e-5, abs=1e-9)


def test_bfloat16_is_exact_to_its_own_rounding():
    logits, labels = (torch.randn(50, 300) * 4).bfloat16(), torch.randint(0, 300, (50,))
    (total, likelihood, slope), expected = both(logits, labels, 0.1)
    assert (total.dtype, slope.dtype) == (torch.float32, torch.bfloat16)
    # The arithmetic is float32; only the gradient is stored in bfloat16.
    torch.testing.assert_close(total.double(), expected[0], rtol=1e-5, atol=0)
    torch.testing.assert_close(likelihood.double(), expected[1], rtol=1e-5, atol=0)
    torch.testing.assert_close(slope.double(), expected[2], rtol=2**-7, atol=1e-7)


@pytest.mark.parametrize("elements", [1, 7 * 9, 1 << 19])
def test_chunks_change_nothing(monkeypatch, elements):
    logits, labels = torch.randn(20, 9, dtype=torch.float64), torch.randint(0, 9, (20,))
    monkeypatch.setattr(losses, "CHUNK_ELEMENTS", elements)
    for found, expected in zip(*both(logits, labels, 0.1), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_ignored_rows_have_no_loss_and_no_gradient():
    labels = torch.tensor([3, PAD, 1])
    logits = torch.randn(3, 4)
    (total, likelihood, slope), _ = both(logits, labels, 0.1)
    assert not slope[1].any()
    logits[1] = 1e4
    (same_total, same_likelihood, _), _ = both(logits, labels, 0.1)
    assert (total, likelihood) == (same_total, same_likelihood)


def test_gradients_of_a_row_add_up_to_zero_and_vanish_at_the_smoothed_target():
    smoothing, classes = 0.3, 6
    target = torch.full((classes,), smoothing / classes, dtype=torch.float64)
    target[2] += 1 - smoothing
    (_, _, at_target), _ = both(target.log()[None], torch.tensor([2]), smoothing)
    assert at_target.abs().max() < 1e-15
    (_, _, elsewhere), _ = both(torch.randn(4, classes, dtype=torch.float64), torch.tensor([1, 2, 3, 4]), smoothing)
    assert elsewhere.sum(-1).abs().max() < 1e-15


def test_smoothing_costs_perplexity():
    """Section 5.4: at its goal a smoothed model still doubts the right token, by 0.9 + 0.1 / V of probability."""
    perplexities = []
    for smoothing in (0.1, 1e-9):
        goal = torch.full((8,), smoothing / 8, dtype=torch.float64)
        goal[3] += 1 - smoothing
        _, likelihood = smoothed_cross_entropy(goal.log()[None].requires_grad_() * 1, torch.tensor([3]), smoothing, PAD)
        perplexities.append(likelihood.exp().item())
    assert perplexities == pytest.approx([1 / 0.9125, 1])


def test_the_buffer_is_used_once():
    """The gradient lies where the logits were: once it is scaled, a second backward is refused, not wrong."""
    weight = torch.randn(4, 5, requires_grad=True)
    logits = weight * 1
    before = logits.detach().clone()
    total, _ = smoothed_cross_entropy(logits, torch.tensor([1, 2, 3, 4]), 0.0, PAD)
    assert not torch.equal(logits, before)
    total.backward(retain_graph=True)
    once = weight.grad.clone()
    total.backward(retain_graph=True)
    assert torch.equal(weight.grad, 2 * once)
    (3 * total).backward(retain_graph=True)
    torch.testing.assert_close(weight.grad, 5 * once)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()
