import pytest
import torch

from heedful.baselines.alignment import Alignment

SCORES = ["additive", "dot", "general"]


def states():
    torch.manual_seed(5)
    query, values = torch.randn(2, 3, 6, dtype=torch.float64), torch.randn(2, 4, 6, dtype=torch.float64)
    return query, values, torch.tensor([[True, True, True, True], [True, True, False, False]])


def scored(alignment, query, value):
    """The score of one pair of states, as the papers have it."""
    if alignment.score is not None:
        bent = torch.tanh(alignment.query.weight @ query + alignment.key.weight @ value + alignment.key.bias)
        return alignment.score.weight[0] @ bent
    return query @ value if not list(alignment.parameters()) else query @ (alignment.key.weight @ value)


@pytest.mark.parametrize("score", SCORES)
def test_equals_one_pair_at_a_time(score):
    alignment = Alignment(score, 6).double()
    query, values, mask = states()
    found = alignment(query, alignment.keys(values), values, mask)
    for row, n_read in enumerate([4, 2]):
        for place in range(3):
            scores = [scored(alignment, query[row, place], values[row, i]) for i in range(n_read)]
            weights = torch.stack(scores).softmax(0)
            expected = sum(weight * values[row, i] for i, weight in enumerate(weights))
            torch.testing.assert_close(found[row, place], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_the_weights_pass_where_they_can_be_watched_and_changed(score):
    alignment = Alignment(score, 6).double()
    query, values, mask = states()
    seen = []

    def look_at_the_first(module, inputs, output):
        seen.append(output)
        only = torch.zeros_like(output)
        only[..., 0] = 1
        return only

    alignment.weights.register_forward_hook(look_at_the_first)
    found = alignment(query, alignment.keys(values), values, mask)
    assert seen[0].shape == (2, 1, 3, 4)
    torch.testing.assert_close(seen[0].sum(-1), torch.ones(2, 1, 3, dtype=torch.float64))
    assert not seen[0][1, :, :, 2:].any()
    torch.testing.assert_close(found, values[:, :1].expand(2, 3, 6))
