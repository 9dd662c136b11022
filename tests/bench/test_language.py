"""The bench of language models: both systems are of one size, and both learn."""

import pytest
import torch

from bench.language import GPT, SIZES, Size, our_shape, our_step, random_windows, their_step
from heedful import numerics
from heedful.model.transformer import Transformer
from heedful.tasks.models import n_parameters

TINY = Size(16, 2, 2, 8, 2, 20, 0.0)


@pytest.mark.parametrize("size", [*SIZES.values(), TINY])
def test_both_have_the_same_products(size):
    ours, theirs = Transformer(our_shape(size)), GPT(size)
    positions = size.window * size.d_model
    assert sum(one.numel() for one in theirs.parameters()) - positions == n_parameters(ours)


def test_theirs_sees_nothing_that_comes_later():
    torch.manual_seed(1)
    model = GPT(TINY).eval()
    values = torch.randint(20, (1, 8))
    changed = values.clone()
    changed[0, -1] = (values[0, -1] + 1) % 20
    labels = torch.full((1, 8), -100)
    labels[0, :-1] = 3
    assert torch.equal(model(values, labels), model(changed, labels))
    labels[0, -1] = 3
    assert not torch.equal(model(values, labels), model(changed, labels))


def test_both_learn():
    machine, windows = numerics.choose("cpu"), random_windows(TINY, 1)
    assert windows.n_labels == windows.inputs.values.numel() == 16
    with numerics.applied(machine):
        for step in (our_step(TINY, machine, None), our_step(TINY, machine, 0.02), their_step(TINY, "cpu")):
            step(windows)
            step(windows)
