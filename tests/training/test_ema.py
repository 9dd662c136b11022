import pytest
import torch
from torch import nn

from heedful.training.ema import Average
from tests.training.toy import same, toy_model, weights


def test_the_average_equals_a_loop_over_numbers():
    model = nn.Linear(1, 1, bias=False).double()
    average, expected = Average(model, 0.7), model.weight.item()
    for n in range(1, 30):
        with torch.no_grad():
            model.weight.fill_(n * n)
        average.update()
        decay = min(0.7, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * n * n
    assert float(average.values["weight"]) == pytest.approx(expected)
    assert average.n_updates == 29


def test_inside_the_block_the_model_is_the_average_and_stays_tied():
    model = toy_model()
    average = Average(model, 0.5)
    own = weights(model)
    with torch.no_grad():
        for each in average.values.values():
            each.add_(1.0)
    pointers = [parameter.data_ptr() for parameter in model.parameters()]
    with average.applied():
        for name, parameter in model.named_parameters():
            assert torch.equal(parameter, average.values[name])
        assert model.output.weight is model.encoder.embedding.tokens.weight
    assert same(weights(model), own)
    assert [parameter.data_ptr() for parameter in model.parameters()] == pointers


def test_saved_and_loaded_it_goes_on_alike():
    model = toy_model()
    one, other = Average(model, 0.9), Average(model, 0.9)
    one.update()
    with torch.no_grad():
        model.output.weight.mul_(2)
    one.update()
    other.load({name: each.clone() for name, each in one.values.items()}, one.n_updates)
    for average in (one, other):
        average.update()
    assert same(one.values, other.values)


def test_an_evaluation_that_fails_leaves_the_models_own_weights():
    model = toy_model()
    average, own = Average(model, 0.5), weights(model)
    next(iter(average.values.values())).add_(1.0)
    block = average.applied()
    block.__enter__()
    assert not same(weights(model), own)
    assert not block.__exit__(KeyError, KeyError(), None)
    assert same(weights(model), own)
