"""Windows cover every piece of a context, overlap, and know which characters their pieces are."""

from itertools import pairwise

import pytest

from heedful.data.passages import Passages, Window
from heedful.data.tokenizer import Tokenizer
from heedful.errors import LengthError

CONTEXT = " ".join(f"box {n} holds thing {n * 7 % 50}." for n in range(60))


@pytest.fixture(scope="module")
def codec():
    return Tokenizer.train([CONTEXT, "what does box 1 hold?"], 330)


def test_a_short_context_is_one_window(codec):
    (window,) = Passages(codec, 64).windows("what?", "box 1 holds thing 7.", 3, "question 3")
    read = codec.join(codec.encode("what?"), codec.encode("box 1 holds thing 7."))
    assert (list(window.ids), list(window.kinds), window.text) == (read.ids, read.kinds, 3)
    assert (window.begin, window.low, window.n) == (read.second, 0, len(codec.encode("box 1 holds thing 7.")))


def test_windows_cover_everything_and_overlap(codec):
    passages, pieces = Passages(codec, 60), codec.encode(CONTEXT)
    windows = passages.windows("what?", CONTEXT, 0, "it")
    assert len(windows) > 3
    for one in windows:
        assert len(one.ids) == 60
        assert list(one.ids[one.begin : one.begin + one.n]) == pieces[one.low : one.low + one.n]
    assert (windows[0].low, windows[-1].low + windows[-1].n) == (0, len(pieces))
    for one, other in pairwise(windows):
        assert one.low + one.n - other.low >= one.n // 2


def test_an_answer_stands_in_the_windows_that_hold_all_of_it(codec):
    passages = Passages(codec, 60)
    start = CONTEXT.index("box 30 holds")
    found = passages.span(CONTEXT, start, start + len("box 30 holds"))
    offsets = passages.offsets(CONTEXT)
    assert CONTEXT[offsets[found[0]][0] : offsets[found[1]][1]] == "box 30 holds"
    spelt = codec.encode(CONTEXT)[found[0] : found[1] + 1]
    held = 0
    for window in passages.windows("what?", CONTEXT, 0, "it"):
        first, last = window.positions(found)
        if (first, last) != (0, 0):
            held += 1
            assert list(window.ids[first : last + 1]) == spelt
    assert held >= 1


def test_an_answer_at_an_edge_is_not_there():
    window = Window((0,) * 9, (0,) * 9, 0, (), begin=3, low=10, n=5)
    assert [window.positions(pieces) for pieces in [(10, 14), (9, 11), (14, 15), (12, 12)]] == [
        (3, 7), (0, 0), (0, 0), (5, 5),
    ]  # fmt: skip
    assert window.pointable(10).tolist() == [True, False, False, *[True] * 5, False, False]


def test_part_of_a_piece_is_the_piece(codec):
    passages = Passages(codec, 60)
    word = passages.span("box 1 holds thing 7.", 13, 15)  # "hi" in "thing"
    offsets = passages.offsets("box 1 holds thing 7.")
    assert offsets[word[0]][0] <= 13
    assert offsets[word[1]][1] >= 15
    assert passages.span("box", 3, 3) is None


def test_a_question_without_room_is_refused(codec):
    with pytest.raises(LengthError, match=r"question 7 has \d+ tokens and the model reads 30 at once"):
        Passages(codec, 30).windows("what does box 1 hold? " * 9, CONTEXT, 6, "question 7")


def test_a_context_that_follows_another_is_cut_by_itself(codec):
    passages = Passages(codec, 60)
    assert len(passages.offsets("box 1")) == len(codec.encode("box 1"))
    assert len(passages.offsets("box 1 holds")) == len(codec.encode("box 1 holds"))
