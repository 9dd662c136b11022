from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from heedful.baselines.state import Writing, WritingState, check_length, check_start, checked_memory
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory


@dataclass(frozen=True)
class Said(Writing):
    number: Tensor
    more: Tensor | None


def state(*numbers, n_sentences, width, source=None):
    return WritingState(Said(torch.tensor(numbers), None), source, n_sentences, width, max_len=9)


def memory(n_sentences, length=4):
    return Memory(torch.zeros(n_sentences, length, 2), torch.ones(n_sentences, length, dtype=torch.bool))


def test_beams_take_what_their_parents_remember():
    two = state(10, 11, 12, 20, 21, 22, n_sentences=2, width=3)
    two.reorder(torch.tensor([[2, 0, 0], [1, 1, 2]]))
    assert two.writing.number.tolist() == [12, 10, 10, 21, 21, 22]
    assert two.writing.more is None


def test_sentences_that_stay_take_their_source_along():
    keys = torch.arange(3.0)[:, None, None].expand(3, 4, 2)
    three = state(10, 11, 20, 21, 30, 31, n_sentences=3, width=2, source=(keys, -keys, torch.ones(3, 4)))
    three.advance(2)
    three.keep(torch.tensor([2, 0]))
    assert three.writing.number.tolist() == [30, 31, 10, 11]
    assert three.source[0][:, 0, 0].tolist() == [2, 0] and three.source[1][:, 0, 0].tolist() == [-2, 0]
    assert three.lengths.tolist() == [2, 2]


def test_others_come_behind_with_longer_sources():
    def looked_at(length):
        return torch.ones(1, length, 2), torch.ones(1, length, 2), torch.ones(1, length, dtype=torch.bool)

    one = state(10, 11, n_sentences=1, width=2, source=looked_at(2))
    one.advance(3)
    one.admit(state(20, 21, n_sentences=1, width=2, source=looked_at(3)))
    assert one.writing.number.tolist() == [10, 11, 20, 21]
    assert one.lengths.tolist() == [3, 0]
    assert one.source[2].tolist() == [[True, True, False], [True, True, True]]


def test_room_is_counted():
    one = state(10, n_sentences=1, width=1)
    one.advance(9)
    with pytest.raises(LengthError, match="room for 9 tokens, and more came: 10"):
        one.advance(1)
    assert one.lengths.tolist() == [9]


def test_what_does_not_fit_is_refused():
    @dataclass(frozen=True)
    class Own(Memory):
        pass

    own = Own(memory(2).values, memory(2).mask)
    assert checked_memory(own, Own) is own
    for other in (None, memory(2)):
        with pytest.raises(OptionError, match="give its memory"):
            checked_memory(other, Own)
    check_start(own, 2, 9, window=9)
    with pytest.raises(ShapeError, match="memory of 2 sentences to start 3"):
        check_start(own, 3, 9, window=9)
    with pytest.raises(LengthError, match="room for 10 tokens"):
        check_start(own, 2, 10, window=9)
    check_length(torch.zeros(1, 9), 9)
    with pytest.raises(LengthError, match="a sequence of 10 tokens exceeds the model's window of 9"):
        check_length(torch.zeros(1, 10), 9)
