import pytest
import torch

from heedful.model import window


@pytest.mark.parametrize("length", [1, 5, 6, 7])
def test_cut_and_join_are_inverses(length):
    query = torch.randn(2, 3, length, 4)
    blocks = window.cut(query, 3)
    assert blocks.shape == (2 * -(-length // 3), 3, 3, 4)
    assert torch.equal(window.join(blocks, length), query)


@pytest.mark.parametrize("causal", [False, True])
def test_each_block_has_the_keys_around_it(causal):
    """Keys numbered from 1; 0 stands where there is none."""
    key = torch.arange(1.0, 6.0).view(1, 1, 5, 1)
    blocks = window.around(key, 2, causal)[:, 0, :, 0].tolist()
    before_and_own = [[0, 0, 1, 2], [1, 2, 3, 4], [3, 4, 5, 0]]
    behind = [[3, 4], [5, 0], [0, 0]]
    assert blocks == (before_and_own if causal else [a + b for a, b in zip(before_and_own, behind, strict=True)])


@pytest.mark.parametrize("causal", [False, True])
def test_who_may_look_at_whom(causal):
    """Pair by pair: the keys that a query may see in its block are those that it may see in the whole sequence."""
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])[:, None, None]
    allowed = window.allowed(mask, 3, causal)
    numbers = window.around(torch.arange(7.0).view(1, 1, 7, 1).expand(2, 1, 7, 1) + 1, 3, causal)
    for row in range(2):
        for query in range(7):
            block, place = row * 3 + query // 3, query % 3
            seen = sorted(int(n) - 1 for n in numbers[block, 0, :, 0][allowed[block, 0, place]].tolist())
            near = [s for s in range(7) if abs(s - query) <= 3 and mask[row, 0, 0, s] and not (causal and s > query)]
            assert seen == near
