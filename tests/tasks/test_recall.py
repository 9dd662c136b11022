import numpy as np
import pytest
import torch

from heedful.data.tokenizer import BOS, EOS
from heedful.numerics import Numerics
from heedful.tasks import recall
from heedful.tasks.recall import LENGTHS, LONGEST, PLACES, SIZE, SYMBOLS, measure_recall
from heedful.tasks.setup import Setup


class Parrot(torch.nn.Module):
    """Knows the source by heart, but for some places."""

    def __init__(self, forgotten):
        super().__init__()
        self.forgotten = forgotten
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def encode(self, source):
        return source.values

    def decode(self, target, memory):
        return memory.clone()

    def logits(self, symbols):
        symbols[:, self.forgotten] = 0
        return torch.nn.functional.one_hot(symbols, SIZE.vocab_size).float()


def test_a_lesson_is_its_own_translation():
    batch = recall._copies(np.random.default_rng(1), [3, 5])
    for row, length in enumerate((3, 5)):
        symbols = batch.source.values[row, :length]
        assert set(symbols.tolist()) <= set(SYMBOLS.tolist())
        assert batch.source.mask[row].sum() == length
        assert batch.target.values[row, 0] == BOS
        assert batch.labels[row, : length + 1].tolist() == [*symbols.tolist(), EOS]


def test_places_are_scored_one_by_one_and_the_end_is_none():
    batch = recall._copies(np.random.default_rng(1), [5] * 7)
    assert recall._right(Parrot([]), batch).tolist() == [1.0] * 5
    assert recall._right(Parrot([0, 3]), batch).tolist() == [0.0, 1.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("model", ["rnn", "transformer"])
def test_the_same_again_and_chance_is_left_alone(model):
    setup = Setup(model, None, SIZE, Numerics("cpu", "float32", "default", 1))
    state = torch.get_rng_state()
    told = []
    first, again = measure_recall(setup, 2), measure_recall(setup, 2, tell=lambda *how_far: told.append(how_far))
    assert told == [("remembering random symbols", number, 2) for number in (0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    assert first == again
    assert first.lengths == LENGTHS and first.places == PLACES
    assert max(PLACES) == LONGEST == max(LENGTHS)
    assert all(0 <= share <= 0.5 for share in (*first.copied, *first.recalled))


@pytest.mark.slow
def test_attention_remembers_what_one_vector_forgets():
    """The point of Bahdanau et al. 2015, section 1, on symbols that cannot be guessed."""
    numerics = Numerics("cpu", "float32", "default", 1)
    plain, attending = (measure_recall(Setup(name, None, SIZE, numerics)) for name in ("rnn", "rnn-attention"))
    assert attending.copied[-1] > plain.copied[-1] + 0.3
