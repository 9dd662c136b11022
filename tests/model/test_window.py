import pytest
import torch

from heedful.model import window


@pytest.mark.parametrize("length", [1, 5, 6, 7])
def test_cut_and_join_are_inverses(length):
    query = torch.randn(2, 3, length, 4)
    blocks = window.cut(query, 3)
    assert blocks.shape == (2 * -(-length // 3), 3, 3, 4)
    assert torch.equal(window.join(blocks, length), query)


@pytest.mark.parametrize(("n_bytes", "sizes"), [(1, [1] * 5), (2 * 3 * 6 * 4 * 2, [2, 2, 1]), (1 << 20, [5])])
def test_pieces_hold_as_many_blocks_as_their_weights_allow_and_lose_none(monkeypatch, n_bytes, sizes):
    """Weights of a block: 2 heads, 3 queries, 6 keys, 4 bytes each."""
    monkeypatch.setattr(window, "WEIGHT_BYTES", n_bytes)
    blocks = torch.randn(5, 2, 3, 4), torch.randn(5, 1, 6, 4), torch.randn(5, 1, 6, 4), torch.ones(5, 1, 3, 6).bool()
    found = list(window.pieces(*blocks))
    assert [[len(each) for each in piece] for piece in found] == [[size] * 4 for size in sizes]
    assert all(
        torch.equal(torch.cat(pieces), whole) for pieces, whole in zip(zip(*found, strict=True), blocks, strict=True)
    )


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
