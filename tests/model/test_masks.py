import pytest
import torch

from heedful.interface import Source
from heedful.model.masks import narrow, near, visible


def test_visible_is_the_mask_of_keys():
    mask = torch.tensor([[True, True], [True, False]])
    assert torch.equal(visible(Source(torch.ones(2, 2, dtype=torch.int64), mask)), mask[:, None, None])


def test_packed_documents_do_not_see_each_other():
    documents = torch.tensor([[7, 7, 8, 0]])
    mask = torch.tensor([[True, True, True, False]])
    seen = visible(Source(torch.ones(1, 4, dtype=torch.int64), mask, documents))
    assert seen.int()[0, 0].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("causal", "window", "expected"),
    [
        (False, None, [True] * 5),
        (True, None, [False, False, True, True, True]),
        (False, 1, [False, True, True, True, False]),
        (True, 1, [False, False, True, True, False]),
    ],
)
def test_near(causal, window, expected):
    assert near(torch.tensor([[-2, -1, 0, 1, 2]]), causal, window).tolist() == [expected]


def test_narrow_joins_the_three():
    query = torch.zeros(2, 1, 4, 1)
    keys = torch.tensor([[True, True, True, False], [True, True, False, False]])[:, None, None]
    assert narrow(None, False, None, query) is None
    assert narrow(keys, False, None, query) is keys
    for mask in (None, keys):
        found = narrow(mask, True, 2, query).expand(2, 1, 4, 4)
        for row in range(2):
            for t in range(4):
                for s in range(4):
                    expected = 0 <= t - s <= 2 and (mask is None or bool(mask[row, 0, 0, s]))
                    assert bool(found[row, 0, t, s]) == expected
