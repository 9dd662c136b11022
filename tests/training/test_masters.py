import pytest
import torch
from torch import nn

from heedful.training.masters import computing_in
from tests.training.toy import same, toy_model, weights


def test_every_place_has_one_copy_and_its_master_back_afterwards():
    model = toy_model()
    own, before = dict(model.named_parameters(remove_duplicate=False)), weights(model)
    with computing_in(torch.bfloat16, model):
        inside = dict(model.named_parameters(remove_duplicate=False))
        assert inside.keys() == own.keys()
        assert {each.dtype for each in inside.values()} == {torch.bfloat16}
        assert len({id(each) for each in inside.values()}) == len({id(each) for each in own.values()})
        assert model.output.weight is model.encoder.embedding.tokens.weight is model.decoder.embedding.tokens.weight
    after = dict(model.named_parameters(remove_duplicate=False))
    assert all(after[name] is own[name] for name in own)
    assert same(weights(model), before)


def test_a_failure_inside_brings_the_masters_back():
    model = nn.Linear(2, 2)
    with pytest.raises(ZeroDivisionError), computing_in(torch.bfloat16, model):
        _ = 1 / 0
    assert isinstance(model.weight, nn.Parameter)
    assert model.weight.dtype == torch.float32


def test_an_rnn_computes_with_the_copies_too():
    model = nn.GRU(3, 4, 2)
    x = torch.randn(5, 2, 3)
    reference = nn.GRU(3, 4, 2)
    reference.load_state_dict(model.state_dict())
    reference.bfloat16()
    with computing_in(torch.bfloat16, model):
        found, _ = model(x.bfloat16())
        found.sum().backward()
    expected, _ = reference(x.bfloat16())
    expected.sum().backward()
    assert torch.equal(found, expected)
    for (name, parameter), other in zip(model.named_parameters(), reference.parameters(), strict=True):
        assert torch.equal(parameter.grad, other.grad.float()), name
    assert model(x)[0].dtype == torch.float32


def test_equal_dtypes_are_left_alone():
    model = nn.Linear(2, 2)
    weight = model.weight
    with computing_in(torch.float32, model):
        assert model.weight is weight
