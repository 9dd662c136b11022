import pytest
import torch

from heedful.errors import LengthError
from heedful.model.cache import BLOCK, LayerCache, TransformerState, round_up


def state(n=2, width=2, max_len=40, n_keys=3):
    """One layer, one head of one number; the memory of sentence n is all n."""
    recalled = torch.arange(float(n)).view(1, n, 1, 1, 1).expand(2, n, 1, n_keys, 1).clone()
    mask = torch.ones(n, 1, 1, n_keys, dtype=torch.bool)
    return TransformerState(width, max_len, [torch.zeros(2, n, 1, 0, 1)], [recalled], mask)


def write(made, *values, window=None):
    """Read as many tokens a row as there are; the key of each is the number given and its value the negative.

    Returns:
        For each row the positions of its tokens, and for each token the keys that it sees.
    """
    n, width = len(made.lengths), made.width
    key = torch.tensor(values, dtype=torch.float32).view(n, 1, -1, 1)
    positions, mask = made.advance(key.shape[2] // width, window)
    keys, negated = made.layer(0).append(key, -key)
    assert torch.equal(keys, -negated)
    seen = [
        [keys[sentence, 0, mask[sentence, 0, query], 0].tolist() for query in range(mask.shape[2])]
        for sentence in range(n)
    ]
    return positions.reshape(n * width, -1).tolist(), [row for part in seen for row in part]


def test_tokens_go_one_behind_the_other():
    made = state()
    assert write(made, 1, 2, 3, 4) == ([[0]] * 4, [[1], [2], [3], [4]])
    assert write(made, 5, 6, 7, 8) == ([[1]] * 4, [[1, 5], [2, 6], [3, 7], [4, 8]])
    assert made.lengths.tolist() == [2, 2]


def test_several_tokens_at_once():
    made = state(n=1)
    write(made, 1, 2)
    positions, seen = write(made, 3, 4, 5, 6, 7, 8)
    assert positions == [[1, 2, 3], [1, 2, 3]]
    assert seen == [[1, 3], [1, 3, 4], [1, 3, 4, 5], [2, 6], [2, 6, 7], [2, 6, 7, 8]]
    assert write(made, 9, 10) == ([[4], [4]], [[1, 3, 4, 5, 9], [2, 6, 7, 8, 10]])


@pytest.mark.parametrize("step", [1, 2])
def test_a_window_forgets_what_is_far(step):
    made = state(n=1, width=1)
    seen = []
    for first in range(0, 6, step):
        seen += write(made, *range(first, first + step), window=2)[1]
    assert seen == [[0], [0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]


def test_room_grows_by_blocks():
    made = state(n=1, width=1)
    rooms = []
    for token in range(BLOCK + 1):
        write(made, token)
        rooms.append(made.room)
    assert rooms == [BLOCK] * BLOCK + [2 * BLOCK]
    assert write(made, BLOCK + 1)[1] == [list(range(BLOCK + 2))]
    assert made.own[0].is_contiguous()


def test_beams_see_what_their_ancestors_read():
    made = state()
    write(made, 1, 2, 3, 4)
    made.reorder(torch.tensor([[1, 1], [0, 1]]))
    assert write(made, 5, 6, 7, 8)[1] == [[2, 5], [2, 6], [3, 7], [4, 8]]
    made.reorder(torch.tensor([[1, 0], [1, 1]]))
    assert write(made, 9, 10, 11, 12)[1] == [[2, 6, 9], [2, 5, 10], [4, 8, 11], [4, 8, 12]]


def test_keep_and_admit_move_everything_together():
    made, other = state(n=3), state(n=1, max_len=50, n_keys=5)
    write(made, 1, 2, 3, 4, 5, 6)
    write(made, 1, 2, 3, 4, 5, 6)
    made.reorder(torch.tensor([[1, 0], [0, 1], [0, 0]]))
    made.keep(torch.tensor([2, 0]))
    assert made.recalled[0][0, :, 0, 0, 0].tolist() == [2, 0]
    write(other, 7, 8)
    made.admit(other)
    assert made.lengths.tolist() == [2, 2, 1]
    assert made.memory_mask[:, 0, 0].int().tolist() == [[1, 1, 1, 0, 0]] * 2 + [[1, 1, 1, 1, 1]]
    assert made.max_len == 50
    assert other.own[0].shape == (2, 1, 1, 2 * BLOCK, 1)
    # Each at its own position.
    positions, seen = write(made, 1, 2, 3, 4, 5, 6)
    assert positions == [[2], [2], [2], [2], [1], [1]]
    assert seen == [[5, 5, 1], [5, 5, 2], [2, 2, 3], [1, 1, 4], [7, 5], [8, 6]]


def test_keep_gives_back_room():
    made = state(n=2, width=1)
    late = state(n=1, width=1)
    for token in range(BLOCK + 1):
        write(made, token, token)
    write(late, 5)
    made.admit(late)
    made.keep(torch.tensor([2]))
    assert made.room == BLOCK
    assert made.own[0].shape == (2, 1, 1, BLOCK, 1)
    assert write(made, 6)[1] == [[5, 6]]
    made.keep(torch.tensor([], dtype=torch.int64))
    assert made.own[0].shape[1] == len(made.lengths) == len(made.ancestors) == 0


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
    LayerCache(caches[1], slots).append(key, value)
    assert torch.equal(caches[0], caches[1])


@pytest.mark.parametrize(("length", "expected"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_round_up(length, expected):
    assert round_up(length) == expected
