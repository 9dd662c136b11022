"""Buckets of distances, by a slow and obvious rule; that steps equal wholes is the contract's matter."""

import math
from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.interface import Source
from heedful.model.relative import RelativeBias, bucket
from heedful.model.transformer import Transformer

SHAPE = Architecture(
    11, d_model=8, n_heads=2, d_ff=8, n_encoder_layers=1, n_decoder_layers=0, dropout=0.0, encoder_positions="relative",
    order="pre", relative_buckets=8, relative_distance=16,
)  # fmt: skip


def slow(distance: int, n_buckets: int, farthest: int, causal: bool) -> int:
    """Buckets of one number each up to a half of them, then ranges whose ends grow by one factor."""
    first = 0
    if not causal:
        n_buckets //= 2
        first, distance = (n_buckets, distance) if distance > 0 else (0, -distance)
    else:
        distance = max(0, -distance)
    near = n_buckets // 2
    if distance < near:
        return first + distance
    share = math.log(distance / near) / math.log(farthest / near)
    return first + min(n_buckets - 1, near + math.floor(share * (n_buckets - near) + 1e-6))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n_buckets", "farthest"), [(8, 16), (32, 128), (16, 20)])
def test_buckets(n_buckets, farthest, causal):
    distances = torch.arange(-300, 301)
    found = bucket(distances, n_buckets, farthest, causal).tolist()
    assert found == [slow(each, n_buckets, farthest, causal) for each in distances.tolist()]
    assert (min(found), max(found)) == (0, n_buckets - 1)


def test_by_hand():
    # Four buckets a direction: 0, 1, 2 to 5 and further, where 2 * (16 / 2) ** 0.5 = 5.7 parts the last two.
    assert bucket(torch.tensor([0, -1, -2, -5, -6, -99, 1, 2, 6]), 8, 16, False).tolist() == [0, 1, 2, 2, 3, 3, 5, 6, 7]


def test_the_bias_is_a_number_for_each_pair_and_head():
    relative = RelativeBias(SHAPE, causal=False)
    found = relative(torch.tensor([[4]]), torch.arange(6)[None])
    assert found.shape == (1, 2, 1, 6)
    for key in range(6):
        assert torch.equal(found[0, :, 0, key], relative.table.weight[slow(key - 4, 8, 16, False)])


def test_only_distances_count():
    """Text further back in a row of packed texts is read as if it stood in front."""
    model = Transformer(SHAPE).double().eval()
    tokens = torch.randint(1, 11, (1, 9), generator=torch.Generator().manual_seed(0))
    mask, documents = torch.ones(1, 9, dtype=torch.bool), torch.tensor([[0] * 4 + [1] * 5])
    packed = model.encode(Source(tokens, mask, documents)).values
    alone = model.encode(Source(tokens[:, 4:], mask[:, 4:])).values
    torch.testing.assert_close(packed[:, 4:], alone)
    learned = Transformer(replace(SHAPE, encoder_positions="learned")).double().eval()
    torch.nn.init.normal_(learned.encoder.embedding.added.table)
    moved = learned.encode(Source(tokens, mask, documents)).values[:, 4:]
    assert not torch.allclose(moved, learned.encode(Source(tokens[:, 4:], mask[:, 4:])).values)
