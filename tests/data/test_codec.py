"""Pieces are found in the text that they were cut from, whatever it is written in."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.data import codec as codec_module
from heedful.data.codec import Codec, _origins, offsets_in
from heedful.data.tokenizer import BOS, EOS, Tokenizer

TEXTS = ["the cat sat on the mat", "the dog sat", "今天天气很好", "天气好 the cat"] * 3


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Tokenizer.train(TEXTS, 400)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a bc", [(0, 1), (2, 4)]),
        ("", []),
    ],
)
def test_by_hand(text, expected):
    assert offsets_in(text, " " + text if text else "", [" a", " bc"] if text else []) == expected


def test_bytes_of_a_character_stand_where_it_stands():
    assert offsets_in("é x", " é x", [" ", "<0xC3>", "<0xA9>", " x"]) == [(0, 0), (0, 1), (0, 1), (2, 3)]


def test_what_was_composed_is_found_as_it_was_written():
    text = "x e\u0301a b"  # two characters become one
    assert offsets_in(text, " x éa b", [" x", " é", "a", " b"]) == [(0, 1), (2, 4), (4, 5), (6, 7)]


@given(st.text(alphabet="abc é今天e\u0301 \u0301한ᄒ", max_size=30))
def test_offsets_never_leave_the_text_nor_go_back(codec, text):
    found = codec.offsets(text)
    assert len(found) == len(codec.encode(text))
    ends = [0]
    for begin, end in found:
        assert 0 <= begin <= end <= len(text)
        assert end >= ends[-1]
        ends.append(end)


@pytest.mark.parametrize("text", ["the cat", "天气好", "the 天气 cat sat", " the  cat "])
def test_the_words_are_cut_out(codec, text):
    cut = [text[begin:end] for begin, end in codec.offsets(text)]
    assert "".join(cut) == text.replace(" ", "")


def test_texts_are_put_together(codec):
    alone, both = codec.join([9, 10]), codec.join([9, 10], [11])
    assert alone == ([BOS, 9, 10, EOS], [0, 0, 0, 0], 1, None)
    assert both == ([BOS, 9, 10, EOS, 11, EOS], [0, 0, 0, 0, 1, 1], 1, 4)
    assert both.ids[both.second] == 11


@given(st.text(alphabet="ae\u0301\u0323 我가\u1100\u1161\u11a8\u09c7\u09be\n", max_size=12))
def test_what_each_place_was_made_of_as_with_all_of_the_text(text):
    normal = normalize("NFC", text)
    lengths = [len(normalize("NFC", text[:end])) for end in range(len(text) + 1)]
    expected = [max(end for end, made in enumerate(lengths) if made <= length) for length in range(len(normal) + 1)]
    found = _origins(text, normal)
    # The beginning of a text is its first character, whatever is composed of it.
    assert list(found)[1:] == expected[1:] and found[0] == 0


def test_long_text_without_spaces_costs_no_more_than_its_length(monkeypatch):
    read = []

    def counted(form, text):
        read.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(codec_module.unicodedata, "normalize", counted)
    text = "我e\u0301" * 500
    normal = normalize("NFC", text)
    assert _origins(text, normal)[-1] == len(text)
    assert sum(read) < 3 * len(text)
