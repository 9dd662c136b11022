import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.compression import distill
from heedful.compression.distill import Mixture, WordLevel, distilled_cross_entropy
from heedful.data.batch import collate
from heedful.data.tokenizer import EOS, PAD
from heedful.errors import OptionError
from heedful.training.objectives import TeacherForcing
from tests.contract.families import BUILD
from tests.reference.distilled_loss import distilled_loss

MIXTURE = Mixture(0.4, 2.0, 0.1)
PAIRS = [([5, 6, 7, EOS], [8, 9]), ([6, EOS], [9, 5, 6, 7]), ([7, 7, EOS], [])]


def both(logits, labels, taught, mixture, ignore=PAD):
    """Loss, likelihood, divergence and gradient: ours and the reference's."""
    ours, theirs = logits.clone().requires_grad_(), logits.double().clone().requires_grad_()
    # A product by one in between: logits come from a layer, never from a leaf.
    found = distilled_cross_entropy(ours * 1, labels, lambda rows: taught[rows], mixture, ignore)
    expected = distilled_loss(theirs, labels, taught, *vars(mixture).values(), ignore)
    (found[0] * 0.5).backward()
    (expected[0] * 0.5).backward() if expected[0].requires_grad else None
    slope = theirs.grad if theirs.grad is not None else torch.zeros_like(theirs)
    return (*found, ours.grad), (*expected, slope)


@given(
    seed=st.integers(0, 2**16),
    rows=st.integers(0, 6),
    classes=st.integers(2, 7),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    temperature=st.sampled_from([0.5, 1.0, 4.0]),
    smoothing=st.sampled_from([0.0, 0.1]),
    ignore=st.sampled_from([0, 1, -100]),
)
def test_equals_the_definition(seed, rows, classes, share, temperature, smoothing, ignore):
    torch.manual_seed(seed)
    logits, taught = torch.randn(2, rows, classes, dtype=torch.float64) * 3
    labels = torch.randint(0, classes, (rows,))
    labels[torch.rand(rows) < 0.3] = ignore
    mixture = Mixture(share, temperature, smoothing)
    for found, expected in zip(*both(logits, labels, taught, mixture, ignore), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_the_gradient_is_the_slope_of_the_loss():
    """By finite differences in float64."""
    torch.manual_seed(0)
    labels, (logits, taught) = torch.tensor([2, PAD, 1]), torch.randn(2, 3, 4, dtype=torch.float64)
    (_, _, _, slope), _ = both(logits, labels, taught, MIXTURE)
    for row in range(3):
        for column in range(4):
            totals = []
            for step in (1e-5, -1e-5):
                moved = logits.clone()
                moved[row, column] += step
                totals.append(distilled_cross_entropy(moved, labels, lambda rows: taught[rows], MIXTURE, PAD)[0].item())
            # `both` goes back from half of the loss.
            assert slope[row, column].item() == pytest.approx((totals[0] - totals[1]) / 4e-5, abs=1e-9)


def test_by_hand():
    """The teacher is sure of 3:1, the student of 1:1, and the label is the likelier one."""
    taught, logits = torch.tensor([[math.log(3), 0.0]]), torch.zeros(1, 2)
    (total, likelihood, divergence, slope), _ = both(logits, torch.tensor([0]), taught, Mixture(0.5, 1.0, 0.0), -1)
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert divergence.item() == pytest.approx(expected, rel=1e-5)
    assert likelihood.item() == pytest.approx(math.log(2), rel=1e-5)
    assert total.item() == pytest.approx(0.5 * math.log(2) + 0.5 * expected, rel=1e-5)
    # Half of half of (0.5 - 1) from the label, half of half of (0.5 - 0.75) from the teacher.
    assert slope[0].tolist() == pytest.approx([-0.1875, 0.1875])


@pytest.mark.parametrize("elements", [1, 7 * 9, 1 << 19])
def test_chunks_change_nothing_and_the_teacher_is_asked_for_no_more_than_one(monkeypatch, elements):
    monkeypatch.setattr(distill, "CHUNK_ELEMENTS", elements)
    logits, taught = torch.randn(2, 20, 9, dtype=torch.float64)
    labels = torch.randint(0, 9, (20,))
    for found, expected in zip(*both(logits, labels, taught, MIXTURE), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    asked = []
    distilled_cross_entropy(logits, labels, lambda rows: asked.append(rows) or taught[rows], MIXTURE, PAD)
    assert max(rows.stop - rows.start for rows in asked) <= max(1, elements // 9)
    assert len(asked) == -(-20 // max(1, elements // 9))


def test_bfloat16_is_exact_to_its_own_rounding():
    torch.manual_seed(1)
    logits, taught = (torch.randn(2, 50, 300) * 4).bfloat16()
    (total, _, divergence, slope), expected = both(logits, torch.randint(0, 300, (50,)), taught, MIXTURE)
    assert (total.dtype, slope.dtype) == (torch.float32, torch.bfloat16)
    torch.testing.assert_close(total.double(), expected[0], rtol=1e-5, atol=0)
    torch.testing.assert_close(divergence.double(), expected[2], rtol=1e-5, atol=0)
    torch.testing.assert_close(slope.double(), expected[3], rtol=2**-7, atol=1e-6)


def test_a_student_that_is_its_teacher_has_nothing_to_learn_from_it():
    logits = torch.randn(5, 6, dtype=torch.float64)
    labels = torch.arange(1, 6)
    (total, _, divergence, slope), _ = both(logits, labels, logits, Mixture(1.0, 3.0, 0.1))
    assert (total.item(), divergence.item()) == pytest.approx((0, 0), abs=1e-12)
    assert slope.abs().max() < 1e-12


@pytest.mark.parametrize("teacher", ["encoder-decoder, modern", "rnn, dot", "convolutions"])
def test_a_transformer_learns_from_any_family_and_padding_says_nothing(teacher):
    """A batch is its sentences one by one; without the teacher's share it is teacher forcing."""
    torch.manual_seed(0)
    student, taught_by = BUILD["encoder-decoder"]().double(), BUILD[teacher]().double().eval()
    objective = WordLevel(taught_by, MIXTURE)
    whole = objective(student, _batch(PAIRS))
    whole.total.backward()
    slopes = [parameter.grad.clone() for parameter in student.parameters()]
    student.zero_grad()
    alone = [objective(student, _batch([pair])) for pair in PAIRS]
    sum(loss.total for loss in alone).backward()
    torch.testing.assert_close(whole.total, sum(loss.total for loss in alone), rtol=1e-10, atol=0)
    for name in ("nll", "kl"):
        expected = sum(loss.figures[name][0] for loss in alone)
        torch.testing.assert_close(whole.figures[name][0], expected, rtol=1e-10, atol=0)
    for slope, parameter in zip(slopes, student.parameters(), strict=True):
        torch.testing.assert_close(slope, parameter.grad, rtol=1e-9, atol=1e-12)
    assert whole.count == 9
    assert all(parameter.grad is None for parameter in taught_by.parameters())
    plain = WordLevel(taught_by, replace(MIXTURE, share=0.0))(student, _batch(PAIRS))
    torch.testing.assert_close(plain.total, TeacherForcing(0.1)(student, _batch(PAIRS)).total, rtol=1e-12, atol=0)


def test_learning_brings_the_student_to_its_teacher():
    torch.manual_seed(0)
    student, teacher = BUILD["encoder-decoder"](), BUILD["rnn, dot"]().eval()
    objective, batch = WordLevel(teacher, Mixture(1.0)), _batch(PAIRS)
    optimizer = torch.optim.Adam(student.parameters(), 1e-2)
    divergences = []
    for _ in range(20):
        loss = objective(student, batch)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        divergences.append(loss.figures["kl"][0].item())
    assert divergences[-1] < 0.1 * divergences[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [((1.1, 1.0, 0.1), "share is in"), ((0.5, 0.0, 0.1), "temperature must be above 0"), ((0.5, 1.0, 1.0), "smooth")],
)
def test_what_is_no_mixture(values, said):
    with pytest.raises(OptionError, match=said):
        Mixture(*values)


def _batch(pairs):
    return collate([source for source, _ in pairs], [target for _, target in pairs])
