"""Words and runs taken out of a text: which, how many, and that nothing is lost."""

from itertools import pairwise

import numpy as np
import pytest

from heedful.data import chance
from heedful.data.corrupt import SPAN, Gaps, Masking
from heedful.data.tokenizer import BOS, GAPS, MASK, PAD, Tokenizer
from heedful.errors import OptionError

TEXT = "unbelievable things happen, don't they? 我们都知道 3.14 naïve"


@pytest.fixture(scope="module")
def tokenizer():
    # Two merges alone: most words have several pieces.
    return Tokenizer.train([TEXT] * 2, 340, marks=(MASK, *GAPS))


def words_of(tokenizer, masking, tokens):
    """The words as masking groups them, by asking for each word alone."""
    going, open_ended = masking.going, masking.open_ended
    words = [[tokens[0]]]
    for before, token in pairwise(tokens):
        if going[token] and open_ended[before]:
            words[-1].append(token)
        else:
            words.append([token])
    return [tokenizer.decode(word) for word in words]


@pytest.mark.parametrize("known", [100, 20, 0])
def test_words_are_whole_however_they_are_spelt(known):
    # Characters, some of which have no piece and are spelt as bytes.
    tokenizer = Tokenizer.characters([TEXT] * 2, known, marks=(MASK,))
    masking = Masking.of(tokenizer, 0.3)
    found = words_of(tokenizer, masking, tokenizer.encode(TEXT))
    assert found[:8] == ["unbelievable", "things", "happen", ",", "don", "'", "t", "they"]
    assert found[8:17] == ["?", "", *"我们都知道", "", "3"]


def test_masks_cover_words_at_the_rate_asked_for(tokenizer):
    masking = Masking.of(tokenizer, 0.25)
    ids = tokenizer.encode(TEXT)
    tokens = np.array([BOS, *ids] * 200)[None]
    shown, labels = masking(tokens, np.arange(tokens.shape[1])[None], purpose=5)
    asked = labels != PAD
    assert (labels[asked] == tokens[asked]).all()
    assert (shown[~asked] == tokens[~asked]).all()
    assert not asked[tokens == BOS].any()
    starts = ~(masking.going[tokens[0, 1:]] & masking.open_ended[tokens[0, :-1]])
    # The two halves of a word share their fate.
    assert (asked[0, 1:] == asked[0, :-1])[~starts].all()
    n_words = starts.sum()
    assert asked[0, 1:][starts].sum() / n_words == pytest.approx(0.25, abs=0.03)
    share = [(shown[asked] == tokenizer.mark_id(MASK)).mean(), (shown[asked] == tokens[asked]).mean()]
    assert share == pytest.approx([0.8, 0.1], abs=0.02)
    assert (shown[asked] >= tokenizer.n_specials).sum() + (shown == tokenizer.mark_id(MASK)).sum() == asked.sum()


def test_chance_is_of_the_place_and_the_purpose_alone(tokenizer):
    masking = Masking.of(tokenizer, 0.25)
    tokens = np.array(tokenizer.encode(TEXT))[None]
    places = np.arange(100, 100 + tokens.shape[1])[None]
    once = masking(tokens, places, 5)
    both = masking(np.concatenate([tokens, tokens]), np.concatenate([places + 7, places]), 5)
    assert (both[0][1] == once[0][0]).all()
    assert (both[1][1] == once[1][0]).all()
    assert any((masking(tokens, places, purpose)[1] != once[1]).any() for purpose in range(3))


def put_back(read, written, gaps):
    """The text that a corrupted one and its answer make up, of a mark for each gap."""
    spans, current = {}, None
    for token in written:
        if token in gaps.marks:
            current = spans.setdefault(token, [])
        else:
            current.append(token)
    return [token for mark in read for token in spans.get(mark, [mark])]


@pytest.mark.parametrize("n", [2, 3, 7, 40, 250])
def test_gaps_and_what_was_in_them_are_the_text(tokenizer, n):
    gaps = Gaps.spans(tokenizer, 0.15)
    tokens = 400 + np.arange(n)
    for purpose in range(20):
        read, written = gaps(tokens, purpose)
        assert put_back(read.tolist(), written.tolist(), gaps) == tokens.tolist()
        marks = [token for token in read.tolist() if token in gaps.marks]
        assert marks == list(gaps.marks[: len(marks)])
        assert len(written) - len(marks) == min(max(1, round(0.15 * n)), n - 1)
        # Two gaps side by side would be one.
        assert not any(one in gaps.marks and other in gaps.marks for one, other in pairwise(read))


def test_infilling_writes_everything(tokenizer):
    gaps = Gaps.infilling(tokenizer, 0.3)
    tokens = 400 + np.arange(100)
    read, written = gaps(tokens, 3)
    assert written.tolist() == tokens.tolist()
    assert (read == tokenizer.mark_id(MASK)).sum() == round(30 / SPAN)
    assert len(read) == 70 + round(30 / SPAN)


def test_gaps_are_spread_evenly(tokenizer):
    gaps = Gaps.spans(tokenizer, 0.2)
    out = np.zeros(30)
    for number in range(600):
        read, _ = gaps(400 + np.arange(30), chance.key(number))
        out += ~np.isin(400 + np.arange(30), read)
    assert out.sum() / 600 == pytest.approx(6)
    # At the ends a little less: no gap reaches over them.
    assert out.min() > 600 * 0.2 * 0.35
    assert out[4:-4].min() > 600 * 0.2 * 0.75
    assert out.max() < 600 * 0.2 * 1.4


@pytest.mark.parametrize("rate", [0.0, 0.04, 0.6, float("nan")])
def test_rates_that_teach_nothing(tokenizer, rate):
    with pytest.raises(OptionError, match="taken out"):
        Masking.of(tokenizer, rate)


def test_a_vocabulary_without_marks():
    with pytest.raises(OptionError, match="no <mask>"):
        Masking.of(Tokenizer([], []), 0.2)
