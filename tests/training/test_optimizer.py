import pytest
import torch
from torch import nn

from heedful.baselines.convolution import normed_linear
from heedful.training.optimizer import make_optimizer, normalise_gradients, split_parameters
from heedful.training.options import Slower, TrainingOptions
from tests.training.toy import toy_model, toy_options


def slow_adamw(weight, gradients, rate, decay, betas=(0.9, 0.98), epsilon=1e-9):
    """Algorithm 2 of arXiv:1711.05101, one number at a time."""
    theta, first, second = weight, 0.0, 0.0
    for step, gradient in enumerate(gradients, start=1):
        first = betas[0] * first + (1 - betas[0]) * gradient
        second = betas[1] * second + (1 - betas[1]) * gradient**2
        mean, square = first / (1 - betas[0] ** step), second / (1 - betas[1] ** step)
        theta = theta - rate * (mean / (square**0.5 + epsilon) + decay * theta)
    return theta


def test_adamw_equals_the_slow_one_and_decays_matrices_alone():
    model = nn.Linear(2, 2).double()
    begun = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = make_optimizer(model, toy_options(learning_rate=0.01, weight_decay=0.3))
    history = {name: [torch.randn_like(each) for _ in range(5)] for name, each in begun.items()}
    for step in range(5):
        for name, parameter in model.named_parameters():
            parameter.grad = history[name][step]
        optimizer.step()
    for name, parameter in model.named_parameters():
        decay = 0.3 if name == "weight" else 0.0
        for place in range(parameter.numel()):
            gradients = [float(gradient.flatten()[place]) for gradient in history[name]]
            expected = slow_adamw(float(begun[name].flatten()[place]), gradients, 0.01, decay)
            assert float(parameter.detach().flatten()[place]) == pytest.approx(expected, rel=1e-12)


def test_a_tied_table_decays_only_when_asked():
    model = toy_model()
    table = model.output.weight
    decayed, others = split_parameters(model, decay_embeddings=False)
    assert all(parameter.ndim == 2 and parameter is not table for parameter in decayed)
    assert any(parameter is table for parameter in others)
    assert len(decayed) + len(others) == len(list(model.parameters()))
    decayed, others = split_parameters(model, decay_embeddings=True)
    assert any(parameter is table for parameter in decayed)
    assert all(parameter.ndim == 1 for parameter in others)


def test_a_matrix_of_one_row_or_column_is_a_vector():
    """The lengths of normed weights, which neither decay nor are made orthogonal, and the projection to one score."""
    model = nn.Sequential(normed_linear(3, 4), nn.Linear(4, 1))
    inside = model[0].parametrizations.weight.original1
    decayed, _ = split_parameters(model, decay_embeddings=True)
    assert [id(each) for each in decayed] == [id(inside)]
    muon = make_optimizer(model, toy_options(orthogonal_rate=0.02)).parts[1]
    assert [id(each) for group in muon.param_groups for each in group["params"]] == [id(inside)]


@pytest.mark.parametrize("clip", [None, 0.1, 100.0])
def test_sums_become_a_mean_of_bounded_norm(clip):
    parameters = [nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(1))]
    sums = [torch.randn(3), torch.randn(2, 2)]
    for parameter, each in zip(parameters, sums, strict=False):
        parameter.grad = each.clone()
    norm = normalise_gradients(parameters, torch.tensor(5.0), clip)
    flat = torch.cat([each.flatten() for each in sums]) / 5
    length = flat.square().sum().sqrt()
    assert norm == pytest.approx(float(length))
    expected = flat * min(1.0, clip / float(length)) if clip else flat
    assert torch.allclose(torch.cat([parameter.grad.flatten() for parameter in parameters[:2]]), expected, atol=1e-6)
    assert parameters[2].grad is None


def test_parts_that_learn_slower_or_later():
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    slower = (Slower("0.", rate=0.5), Slower("1.", begins=0.5), Slower("", rate=1.0))
    optimizer = make_optimizer(model, TrainingOptions(10, learning_rate=0.1, weight_decay=0.1, slower=slower))
    before = [parameter.detach().clone() for parameter in model.parameters()]

    def moved(progress):
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step(1.0, progress)
        return [(b - a).detach().mean().item() for a, b in zip(before, model.parameters(), strict=True)]

    biases = moved(0.4)[1::2]
    # The first step of Adam is as long as the rate, whatever the gradient.
    assert biases == pytest.approx([-0.05, 0.0, -0.1], rel=1e-4)
    assert torch.equal(model[1].weight, before[2])
    assert moved(0.5)[3] < 0
