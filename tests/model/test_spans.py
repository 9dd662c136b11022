"""The best spans equal those of trying every one."""

import itertools

import pytest
import torch

from heedful.model.spans import best_spans, log_probabilities


@pytest.mark.parametrize("longest", [1, 3, 50])
def test_as_if_every_span_had_been_tried(longest):
    generator = torch.Generator().manual_seed(longest)
    begin, end = torch.randn(2, 12, generator=generator)
    every = sorted(
        ((float(begin[i] + end[j]), i, j) for i, j in itertools.product(range(12), repeat=2) if i <= j < i + longest),
        reverse=True,
    )
    found = best_spans(begin, end, longest, 9)
    assert [(span.first, span.last) for span in found] == [(i, j) for _, i, j in every[:9]]
    assert [span.score for span in found] == pytest.approx([score for score, _, _ in every[:9]])


def test_where_none_can_begin_none_is_found():
    nowhere = torch.full((3,), -torch.inf)
    assert best_spans(nowhere, torch.zeros(3), 3, 2) == []
    only = torch.tensor([-torch.inf, 0.0, -torch.inf])
    assert [(span.first, span.last) for span in best_spans(only, only, 3, 5)] == [(1, 1)]


def test_probabilities_of_where_an_answer_may_stand_add_up():
    pointable = torch.tensor([[True, False, True, True], [True, True, False, False]])
    found = log_probabilities(torch.randn(2, 4, 2).bfloat16(), pointable).exp()
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.sum(1), torch.ones(2, 2))
    assert (found[~pointable] == 0).all()
