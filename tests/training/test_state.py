import json

import pytest
import torch

from heedful.training.log import Window
from heedful.training.state import Ranking, State
from heedful.training.step import Step, gradient, step_seed
from tests.training.toy import ToyBatches, ToyObjective, same, toy_model, toy_options, weights


def learn(state, n, first=0):
    step = Step(state.model, ToyObjective(), torch.float32).train()
    for number in range(first, first + n):
        gradient(step, [ToyBatches().batch(0, number % 6)], 1, 1.0, step_seed(0, number), state.device)
        state.update(1e-2)


def copied(tensors):
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize("average", [None, 0.9])
@pytest.mark.parametrize("n", [0, 3])
def test_loaded_it_goes_on_bit_by_bit(average, n):
    options = toy_options(average=average, on_bad_step="rollback")
    one, other = State(toy_model(), options), State(toy_model(), options)
    one.set_anchor()
    learn(one, n)
    one.counters.step, one.window = n, Window(total=0.1 + 0.2, tokens=5)
    learn(other, 5, 9)
    other.load(copied(one.tensors()), json.loads(json.dumps(one.values())))
    assert same(one.tensors(), other.tensors())
    assert one.values() == other.values()
    for state in (one, other):
        learn(state, 2, n)
    assert same(one.tensors(), other.tensors())
    one.rollback()
    other.rollback()
    assert same(one.tensors(), other.tensors())


def test_rollback_brings_back_the_anchor_and_can_do_it_again():
    state = State(toy_model(), toy_options())
    learn(state, 2)
    state.set_anchor()
    then = copied(state._tensors())
    for _ in range(2):
        learn(state, 3, 2)
        assert not same(state._tensors(), then)
        state.rollback()
        assert same(state._tensors(), then)


def test_what_is_shown_is_the_average_in_evaluation_mode():
    state = State(toy_model().train(), toy_options())
    learn(state, 3)
    own = weights(state.model)
    with state.showing() as model:
        assert not model.training
        assert not torch.is_grad_enabled()
        assert all(torch.equal(each, state.weights()[name]) for name, each in model.named_parameters())
    assert state.model.training
    assert same(weights(state.model), own)
    state.load_weights(copied(state.weights()))
    assert not same(weights(state.model), own)


def test_buffers_of_the_state_dict_are_saved_and_restored():
    model = toy_model()
    model.register_buffer("seen", torch.zeros(2))
    model.register_buffer("table", torch.ones(2), persistent=False)
    state = State(model, toy_options())
    before = state.buffers()
    model.seen.add_(3)
    assert "model.seen" in state.tensors()
    assert "model.table" not in state.tensors()
    assert torch.equal(state.weights()["seen"], torch.full((2,), 3.0))
    state.restore_buffers(before)
    assert torch.equal(model.seen, torch.zeros(2))


def test_a_ranking_by_hand():
    ranking = Ranking()
    found = [ranking.add(step, score) for step, score in enumerate([1.0, 3.0, 3.0, float("nan"), 2.0], start=1)]
    assert found == [True, True, False, False, False]
    assert ranking == Ranking(last_step=5, best_step=2, best_score=3.0, n_stale=3)
    assert not Ranking().add(1, float("nan"))
    assert ranking.add(6, 3.5)
    assert ranking.n_stale == 0
