"""The loss of each kind of answer, by hand."""

import math

import pytest
import torch

from heedful.data.label_batch import IGNORED, LabelBatch
from heedful.interface import Source
from heedful.training.labelling import Labelling, loss_of
from tests.model.test_heads import headed

EVEN = torch.zeros(2, 4)


def test_one_label():
    total, count = loss_of(EVEN, torch.tensor([0, 3]), "one")
    assert total.item() == pytest.approx(2 * math.log(4))
    assert count.item() == 2


def test_many_labels_are_averaged():
    total, count = loss_of(EVEN, torch.tensor([[1.0, 0, 0, 1], [0, 0, 0, 0]]), "many")
    assert total.item() == pytest.approx(2 * math.log(2))
    assert count.item() == 2


def test_a_number():
    total, _ = loss_of(torch.tensor([[1.0], [2.0]]), torch.tensor([4.0, 2.0]), "number")
    assert total.item() == pytest.approx(9 / 2)


def test_tags_that_are_not_asked_for_do_not_count():
    labels = torch.tensor([[IGNORED, 1, IGNORED], [0, 2, 3]])
    total, count = loss_of(torch.zeros(2, 3, 4), labels, "tags")
    assert total.item() == pytest.approx(4 * math.log(4))
    assert count.item() == 4


def test_half_precision_is_not_summed_in_half_precision():
    total, _ = loss_of(torch.zeros(4096, 4, dtype=torch.bfloat16), torch.zeros(4096, dtype=torch.long), "one")
    assert total.item() == pytest.approx(4096 * math.log(4), rel=1e-5)


def test_the_objective_asks_the_head():
    model = headed("encoder", "mean")
    batch = LabelBatch(Source(torch.tensor([[4, 5]]), torch.ones(1, 2, dtype=torch.bool)), torch.tensor([2]))
    loss = Labelling("one")(model, batch)
    expected = -model.score(batch.source).log_softmax(-1)[0, 2]
    assert loss.total.item() == pytest.approx(expected.item(), rel=1e-5)
    loss.total.backward()
    assert model.head.output.weight.grad is not None
