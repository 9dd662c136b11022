import pytest
import torch

from heedful.errors import LengthError
from heedful.model.cache import BLOCK, LayerCache, TransformerState, round_up


def state(n=2, width=2, max_len=40, n_keys=3):
    """One layer, one head of one number; the memory of sentence n is all n."""
    recalled = torch.arange(float(n)).view(1, n, 1, 1, 1).expand(2, n, 1, n_keys, 1).clone()
    mask = torch.ones(n, 1, 1, n_keys, dtype=torch.bool)
    return TransformerState(width, max_len, [torch.zeros(2, n * width, 1, 0, 1)], [recalled], mask)


def write(made, *values):
    """Read one token a row, whose key is the number given and whose value its negative."""
    positions = made.advance(1)
    key = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1)
    keys, negated = made.layer(0).append(key, -key)
    assert torch.equal(keys, -negated)
    return positions[:, 0].tolist()


def rows(made):
    return made.own[0][0, :, 0, :, 0].tolist()


def test_tokens_go_one_behind_the_other():
    made = state()
    assert write(made, 1, 2, 3, 4) == [0, 0, 0, 0]
    assert write(made, 5, 6, 7, 8) == [1, 1, 1, 1]
    assert [row[:3] for row in rows(made)] == [[1, 5, 0], [2, 6, 0], [3, 7, 0], [4, 8, 0]]
    assert made.lengths.tolist() == [2, 2]


def test_several_tokens_at_once():
    made = state(n=1)
    write(made, 1, 2)
    positions = made.advance(3)
    assert positions.tolist() == [[1, 2, 3], [1, 2, 3]]
    made.layer(0).append(torch.full((2, 1, 3, 1), 9.0), torch.zeros(2, 1, 3, 1))
    assert [row[:5] for row in rows(made)] == [[1, 9, 9, 9, 0], [2, 9, 9, 9, 0]]


def test_room_grows_by_blocks():
    made = state(n=1, width=1)
    rooms = []
    for token in range(BLOCK + 1):
        write(made, token)
        rooms.append(made.own[0].shape[3])
    assert rooms == [BLOCK] * BLOCK + [2 * BLOCK]
    assert rows(made)[0][: BLOCK + 1] == list(range(BLOCK + 1))
    assert made.own[0].is_contiguous()


def test_reorder_takes_what_the_parents_read():
    made = state()
    write(made, 1, 2, 3, 4)
    made.reorder(torch.tensor([[1, 1], [0, 1]]))
    assert [row[0] for row in rows(made)] == [2, 2, 3, 4]


def test_keep_and_admit_move_everything_together():
    made, other = state(n=3), state(n=1, max_len=50, n_keys=5)
    write(made, 1, 2, 3, 4, 5, 6)
    write(made, 1, 2, 3, 4, 5, 6)
    made.keep(torch.tensor([2, 0]))
    assert [row[:2] for row in rows(made)] == [[5, 5], [6, 6], [1, 1], [2, 2]]
    assert made.recalled[0][0, :, 0, 0, 0].tolist() == [2, 0]
    write(other, 7, 8)
    made.admit(other)
    assert made.lengths.tolist() == [2, 2, 1]
    assert made.memory_mask[:, 0, 0].int().tolist() == [[1, 1, 1, 0, 0]] * 2 + [[1, 1, 1, 1, 1]]
    assert made.max_len == 50
    assert other.own[0].shape == (2, 2, 1, BLOCK, 1)
    # Each at its own position.
    assert write(made, 1, 2, 3, 4, 5, 6) == [2, 2, 2, 2, 1, 1]
    assert [row[:3] for row in rows(made)] == [[5, 5, 1], [6, 6, 2], [1, 1, 3], [2, 2, 4], [7, 5, 0], [8, 6, 0]]


def test_keep_gives_back_room():
    made = state(n=2, width=1)
    late = state(n=1, width=1)
    for token in range(BLOCK + 1):
        write(made, token, token)
    write(late, 5)
    made.admit(late)
    made.keep(torch.tensor([2]))
    assert made.own[0].shape == (2, 1, 1, BLOCK, 1)
    made.keep(torch.tensor([], dtype=torch.int64))
    assert made.own[0].shape[1] == 0
    assert len(made.lengths) == 0


def test_a_decoder_alone_has_no_memory():
    made, other = (TransformerState(1, 9, [torch.zeros(2, 2, 1, 0, 1)], [], None) for _ in range(2))
    made.admit(other)
    made.keep(torch.tensor([3, 0]))
    assert (made.recalled, made.memory_mask) == ([], None)


def test_no_more_than_there_is_room_for():
    made = state(max_len=2)
    write(made, 1, 2, 3, 4)
    with pytest.raises(LengthError, match="room for 2 tokens, and more came: 3"):
        made.advance(2)
    assert made.lengths.tolist() == [1, 1]


def test_writing_in_a_slice_equals_writing_at_indices():
    key, value = torch.randn(2, 3, 2, 4, 5)
    caches = [torch.zeros(2, 3, 2, 8, 5) for _ in range(2)]
    LayerCache(caches[0], slice(2, 6)).append(key, value)
    slots = torch.arange(2, 6).expand(3, 4)
    LayerCache(caches[1], (torch.arange(3)[:, None], slots)).append(key, value)
    assert torch.equal(caches[0], caches[1])


@pytest.mark.parametrize(("length", "expected"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_round_up(length, expected):
    assert round_up(length) == expected
