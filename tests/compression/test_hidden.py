from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from heedful.compression.hidden import HiddenStates, Learner, encoder_pairs, layer_pairs
from heedful.data.batch import collate
from heedful.data.tokenizer import EOS
from heedful.errors import OptionError
from heedful.interface import Source
from heedful.model.transformer import Transformer
from tests.contract.families import SMALL

PAIRS = encoder_pairs(2, 4)
BATCH = collate([[5, 6, 7, EOS], [6, EOS]], [[8], [9, 5]])
# Of an encoder alone, as BERT's are: no decoder is needed for it.
TEACHER = replace(SMALL, d_model=24, n_encoder_layers=4, n_decoder_layers=0)


@pytest.fixture
def teacher():
    torch.manual_seed(1)
    return Transformer(TEACHER).double().eval()


@pytest.fixture
def learner():
    torch.manual_seed(2)
    return Learner(Transformer(replace(SMALL, n_decoder_layers=0)).double(), 16, 24).double()


def test_layers_are_spread_evenly_and_the_last_learns_from_the_last():
    assert layer_pairs(2, 4) == [(0, 1), (1, 3)]
    assert layer_pairs(3, 3) == [(0, 0), (1, 1), (2, 2)]
    assert layer_pairs(4, 12) == [(0, 2), (1, 5), (2, 8), (3, 11)]
    assert layer_pairs(6, 3) == [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]
    assert encoder_pairs(1, 2) == [("encoder.blocks.0", "encoder.blocks.1")]


def by_hand(learner, teacher, measure):
    """Token by token and layer by layer, without padding."""
    total = 0
    for sentence in ([5, 6, 7, EOS], [6, EOS]):
        values = torch.tensor([sentence])
        source = Source(values, torch.ones_like(values, dtype=torch.bool))
        mine, its = _states(learner.student, source), _states(teacher, source)
        for one, other in layer_pairs(2, 4):
            for state, wanted in zip(mine[one][0], its[other][0].detach(), strict=True):
                projected = learner.projection.weight @ state
                if measure == "mse":
                    total = total + ((projected - wanted) ** 2).sum() / 24 / 2
                else:
                    apart = functional.normalize(projected, dim=0) - functional.normalize(wanted, dim=0)
                    total = total + (apart**2).sum() / 2 / 2
    return total


@pytest.mark.parametrize("measure", ["mse", "cosine"])
def test_equals_tokens_by_themselves_and_so_do_the_gradients(learner, teacher, measure):
    loss = HiddenStates(teacher, PAIRS, measure)(learner, BATCH)
    expected = by_hand(learner, teacher, measure)
    torch.testing.assert_close(loss.total, expected, rtol=1e-9, atol=1e-12)
    assert loss.count == 6
    watched = [learner.projection.weight, learner.student.encoder.blocks[0].feed_forward_residual.norm.weight]
    found = torch.autograd.grad(loss.total, watched)
    for slope, wanted in zip(found, torch.autograd.grad(expected, watched), strict=True):
        torch.testing.assert_close(slope, wanted, rtol=1e-8, atol=1e-11)


def test_equal_widths_need_no_projection_and_the_teacher_itself_is_at_no_distance(teacher):
    learner = Learner(Transformer(TEACHER).double(), 24, 24)
    assert not list(learner.projection.parameters())
    learner.student.load_state_dict(teacher.state_dict())
    same = HiddenStates(teacher, encoder_pairs(4, 4))
    assert same(learner, BATCH).total == 0
    assert HiddenStates(teacher, PAIRS)(learner, BATCH).total > 0


def test_a_learner_is_its_student():
    whole = Learner(Transformer(SMALL).eval(), 16, 24)
    memory = whole.encode(BATCH.source)
    assert torch.equal(memory.values, whole.student.encode(BATCH.source).values)
    assert torch.equal(
        whole.logits(whole.decode(BATCH.target, memory)),
        whole.student.logits(whole.student.decode(BATCH.target, memory)),
    )
    state = whole.start(memory, 2, 1, 4)
    assert whole.step(torch.tensor([[1], [1]]), state).shape == (2, 1, 16)
    assert whole.max_len == SMALL.max_len


def test_a_layer_that_is_not_there(learner, teacher):
    with pytest.raises(OptionError, match=r"Transformer has no module 'encoder\.blocks\.4'"):
        HiddenStates(teacher, [("encoder.blocks.0", "encoder.blocks.4")])(learner, BATCH)


def _states(model, source):
    """What every layer leaves, through the layers one by one."""
    stack = model.encoder
    x = stack.embedding(source.values, torch.arange(source.values.shape[1])[None])
    found = []
    for block in stack.blocks:
        x = block(x, None, stack.rotary(torch.arange(source.values.shape[1])[None], x.dtype))
        found.append(x)
    return found
