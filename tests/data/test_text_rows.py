"""What a model reads of a text: everything, in as many windows as it takes, or a refusal that names the place."""

import pytest

from heedful.data.text_rows import TextRows, cut_of, places_of
from heedful.data.tokenizer import BOS, EOS, Tokenizer
from heedful.errors import LengthError

CODEC = Tokenizer.train(["the cat sat on the mat", "天气很好"] * 5, 320)
ROWS = TextRows(CODEC, 12)


def test_a_short_text_is_one_row():
    (row,) = ROWS.rows("the cat", 3, "text 3")
    assert list(row.ids) == [BOS, *CODEC.encode("the cat"), EOS]
    assert (row.text, set(row.kinds), row.words) == (3, {0}, ())


def test_a_long_text_is_windows_of_like_length_and_nothing_is_left_out():
    text = "the cat sat on the mat " * 6
    found = ROWS.rows(text, 0, "text 1")
    pieces = [token for row in found for token in row.ids[1:-1]]
    assert pieces == CODEC.encode(text)
    lengths = {len(row.ids) for row in found}
    assert max(lengths) <= 12
    assert max(lengths) - min(lengths) <= 1


def test_a_pair_is_one_row_or_refused():
    (row,) = ROWS.pair("cat", "mat", 0, "a.tsv:1")
    assert row.kinds.count(1) == len(CODEC.encode("mat")) + 1
    with pytest.raises(LengthError, match=r"a\.tsv:7: both texts have \d+ tokens and the model's window 12"):
        ROWS.pair("the cat sat on the mat", "the cat sat on the mat", 0, "a.tsv:7")


def test_words_are_found_by_their_first_piece():
    (row,) = ROWS.words(["the", "zebra", "sat"], 0, "a")
    assert [row.ids[place] for place in row.words] == [CODEC.encode(word)[0] for word in ("the", "zebra", "sat")]
    with pytest.raises(LengthError, match="text 9 has 42 tokens"):
        ROWS.words(["the"] * 40, 0, "text 9")


def test_how_lines_become_words_follows_from_the_words():
    assert cut_of(["今", "天", "good"]) == "characters"
    assert cut_of(["今天", "天气"]) == "words"
    assert cut_of(["a", "b"]) == "words"
    assert places_of("今 天ok", "characters") == [(0, 1), (2, 3), (3, 4), (4, 5)]
    assert places_of(" two  words", "words") == [(1, 4), (6, 11)]
