"""The same text becomes the same pieces in SentencePiece."""

import pytest

from heedful.data import phrasebook
from heedful.data.tokenizer import Tokenizer
from heedful.transfer.sentencepiece import piece_names, sentencepiece_model

library = pytest.importorskip("sentencepiece", reason="the extra 'export' is not installed")

PAIRS = phrasebook.generate(300)
ENGLISH, CHINESE = [pair.english for pair in PAIRS], [pair.chinese for pair in PAIRS]
TOKENIZER = Tokenizer.train([*ENGLISH, *CHINESE], 1500, ["en", "zh"])
NAMES = piece_names(TOKENIZER)


def processor(spaced: bool, tokenizer: Tokenizer = TOKENIZER):
    return library.SentencePieceProcessor(model_proto=sentencepiece_model(tokenizer, spaced))


@pytest.mark.parametrize(("texts", "spaced"), [(ENGLISH, True), (CHINESE, False)])
def test_every_sentence_is_cut_alike_and_put_together_again(texts, spaced):
    theirs = processor(spaced)
    for text in texts:
        ids = TOKENIZER.encode(text)
        assert theirs.encode(text) == ids
        assert theirs.decode_pieces([NAMES[token] for token in ids]) == text


@pytest.mark.parametrize("text", ["It's 1999, isn't it?", "ﬁ ☃ <s> <2zh> </s>", 'a-b... (c) "d"', "x  y"])
def test_rare_characters_are_bytes_and_what_looks_special_is_text(text):
    assert processor(True).encode(text) == TOKENIZER.encode(" ".join(text.split()))


def test_merges_are_made_in_their_order():
    # "bc" is learned first, so "abc" is a, bc; by the alphabet or by length it would be ab, c.
    by_hand = Tokenizer([" ", "a", "b", "c", "bc", "ab"], [("b", "c"), ("a", "b")])
    assert by_hand.pieces(by_hand.encode("abc"))[-2:] == ["a", "bc"]
    assert processor(True, by_hand).encode("abc") == by_hand.encode("abc")


def test_a_piece_of_the_text_that_looks_like_a_space_has_another_name():
    by_hand = Tokenizer(["a", " a", "▁a"], [])
    names = piece_names(by_hand)
    assert names[-3:] == ["a", "▁a", f"<{by_hand.vocab_size - 1}>"]
    assert len(set(names)) == by_hand.vocab_size
    assert processor(True, by_hand).get_piece_size() == by_hand.vocab_size
