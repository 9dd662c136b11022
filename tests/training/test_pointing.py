"""The loss of a span is what a loop over rows and answers says."""

import pytest
import torch
from torch.nn import functional

from heedful.data.label_batch import IGNORED
from heedful.data.passages import Window
from heedful.data.span_batch import SpanBatch, SpanBatches
from heedful.interface import Source
from heedful.model.heads import Head, Headed
from heedful.training.pointing import Pointing, span_loss
from tests.model.test_heads import headed


def test_the_loss_of_a_loop():
    torch.manual_seed(0)
    scores = torch.randn(3, 5, 2)
    pointable = torch.tensor([[True, False, True, True, True]] * 2 + [[True, True, False, False, False]])
    answers = [[(2, 3), (2, 4)], [(0, 0)], [(1, 1)]]
    spans = torch.full((3, 2, 2), IGNORED)
    expected = 0.0
    for row, several in enumerate(answers):
        for number, (first, last) in enumerate(several):
            spans[row, number] = torch.tensor([first, last])
            for side, place in enumerate((first, last)):
                allowed = scores[row, pointable[row], side]
                likely = scores[row, place, side] - torch.logsumexp(allowed, 0)
                expected -= float(likely) / 2 / len(several)
    total, count = span_loss(scores, pointable, spans)
    assert float(total) == pytest.approx(expected, rel=1e-5)
    assert (int(count), count.dtype) == (3, torch.int64)


def test_a_model_learns_to_point():
    model = headed("encoder", "each")
    width = model.trunk.architecture.d_model
    model = Headed(model.trunk, Head(width, 2, "each", 0.0), "encoder")
    rows = [Window((5, 6, 7, 4 + n, 8, 2), (0,) * 6, n, (), begin=1, low=0, n=4) for n in range(4)]
    batches = SpanBatches(rows, [[(3, 3)], [(1, 2)], [(0, 0)], [(2, 4)]], 0, 400, seed=1)
    optimizer, losses = torch.optim.Adam(model.parameters(), 0.02), []
    for _ in range(40):
        loss = Pointing()(model, batches.batch(0, 0))
        losses.append(float((loss.total / loss.count).detach()))
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
    assert losses[-1] < 0.3 < losses[0]


def test_how_far_it_points_from_where_a_teacher_points():
    torch.manual_seed(0)
    scores, wanted = torch.randn(2, 3, 2, requires_grad=True), torch.randn(2, 3, 2)
    pointable = torch.tensor([[True, True, True], [True, False, True]])
    source = Source(torch.ones(2, 3, dtype=torch.long), torch.ones(2, 3, dtype=torch.bool))
    batch = SpanBatch(source, pointable, torch.zeros(2, 1, 2, dtype=torch.long))
    found = Pointing().divergence(scores, wanted, batch, 2.0)
    expected = []
    for row in range(2):
        sides = [[side[row, pointable[row], end] / 2 for end in (0, 1)] for side in (scores, wanted)]
        each = [
            functional.kl_div(mine.log_softmax(-1), its.softmax(-1), reduction="sum")
            for mine, its in zip(*sides, strict=True)
        ]
        expected.append(sum(each).item() / 2)
    assert found.tolist() == pytest.approx(expected, rel=1e-5)
    assert Pointing().counted(batch).tolist() == [1, 1]
    found.sum().backward()
    assert scores.grad.isfinite().all()
    assert scores.grad[1, 1].tolist() == [0, 0]
