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


def row_by_row(scores, wanted, temperature=1.0):
    """KL(wanted || scores) of each row, by sums over the labels."""
    found = []
    for mine, its in zip((scores / temperature).tolist(), (wanted / temperature).tolist(), strict=True):
        ours, theirs = ([math.exp(x) / sum(math.exp(y) for y in side) for x in side] for side in (mine, its))
        found.append(sum(p * math.log(p / q) for p, q in zip(theirs, ours, strict=True)))
    return found


SCORES, WANTED = torch.tensor([[1.0, -2, 0.5], [0, 0, 3]]), torch.tensor([[0.5, 1.0, -1], [0, 0, 3]])


def of(labels):
    return LabelBatch(Source(torch.tensor([[4], [5]]), torch.ones(2, 1, dtype=torch.bool)), torch.tensor(labels))


def test_how_far_one_label_is_from_a_teachers():
    told = Labelling("one")
    assert told.divergence(SCORES, WANTED, of([0, 1])).tolist() == pytest.approx(row_by_row(SCORES, WANTED), abs=1e-6)
    softer = told.divergence(SCORES, WANTED, of([0, 1]), 3.0)
    assert softer.tolist() == pytest.approx(row_by_row(SCORES, WANTED, 3.0), abs=1e-6)
    assert told.counted(of([0, 1])).tolist() == [1, 1]


def test_how_far_several_labels_are_each_by_itself():
    found = Labelling("many").divergence(SCORES, WANTED, of([[1.0, 0, 0], [0, 0, 1]]), 2.0)
    expected = []
    for mine, its in zip(SCORES, WANTED, strict=True):
        each = [torch.stack([side, torch.zeros(3)], -1) for side in (mine, its)]
        expected.append(sum(row_by_row(*each, 2.0)) / 3)
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


def test_how_far_a_number_is():
    found = Labelling("number").divergence(torch.tensor([[1.0], [2.0]]), torch.tensor([[4.0], [2.0]]), of([0.0, 0.0]))
    assert found.tolist() == pytest.approx([9 / 2, 0])


def test_how_far_tags_are_of_the_words_that_are_asked():
    batch = LabelBatch(of([0, 0]).source, torch.tensor([[0, IGNORED, 2], [IGNORED, IGNORED, 1]]))
    scores, wanted = torch.stack([SCORES, SCORES.flip(0), -SCORES], 1), torch.stack([WANTED, SCORES, WANTED], 1)
    found = Labelling("tags").divergence(scores, wanted, batch)
    first, last = (row_by_row(scores[:, place], wanted[:, place]) for place in (0, 2))
    assert found.tolist() == pytest.approx([first[0] + last[0], last[1]], rel=1e-5)
    assert Labelling("tags").counted(batch).tolist() == [2, 1]
