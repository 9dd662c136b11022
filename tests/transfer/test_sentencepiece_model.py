"""Read back what `heedful.transfer.sentencepiece` writes; other people's files stand beside tokenizer_files."""

import pytest

from heedful.errors import RunError
from heedful.transfer.sentencepiece import piece_names, sentencepiece_model
from heedful.transfer.sentencepiece_model import (
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    Piece,
    SentencePieceModel,
    read_sentencepiece,
    tokenizer_of,
)
from tests.transfer.small import TOKENIZER


def test_what_we_write_is_what_is_read(tmp_path):
    (tmp_path / "a.model").write_bytes(sentencepiece_model(TOKENIZER, spaced=True))
    found = read_sentencepiece(tmp_path / "a.model")
    assert [piece.text for piece in found.pieces] == piece_names(TOKENIZER)
    assert [piece.kind for piece in found.pieces[:4]] == [CONTROL, UNKNOWN, CONTROL, CONTROL]
    assert {piece.kind for piece in found.pieces[6:262]} == {BYTE}
    assert (found.joins, found.bytes_known, found.prefixed) == (True, True, True)


def by_hand(joins):
    texts = ["<unk>", "</s>", "▁", "a", "b", "ab", "▁ab", "abb"]
    scores = [0, 0, -5, -3, -3, -4, -4.5, -1]
    kinds = [UNKNOWN, CONTROL, *[NORMAL] * 6]
    return SentencePieceModel([*map(Piece, texts, scores, kinds)], joins, False, b"", True, True)


@pytest.mark.parametrize("joins", [False, True])
def test_by_hand(joins):
    inner = tokenizer_of(by_hand(joins))
    # As a whole the likeliest is "▁" with "abb" behind it: -6 against -7.5; joined by order, "abb" is not reached
    # before "ab" is made, and is then.
    assert inner.encode("abb").tokens == ["▁", "abb"]
    assert inner.encode("  ab   xb ").tokens == ["▁ab", "▁", "x" if not joins else "<unk>", "b"]
    assert inner.encode("  ab   xb ").ids == [6, 2, 0, 4]
    assert inner.decode([6, 2, 3]) == "ab a"


def test_ids_of_another_vocabulary():
    inner = tokenizer_of(by_hand(joins=False), {"</s>": 0, "<unk>": 1, "zz": 2, "abb": 3, "▁": 4, "a": 5})
    assert inner.encode("abb zz").ids[:2] == [4, 3]
    # "b" has no id there: it gets one behind the last.
    assert min(inner.encode("b").ids[1:]) >= 6


@pytest.mark.parametrize("content", [b"", b"\x0a\xff", b"\x0b", b"\x0a\x02\x10\x01", b"text that is none"])
def test_damage(content, tmp_path):
    (tmp_path / "a.model").write_bytes(content)
    with pytest.raises(RunError, match=r"a\.model is damaged, or no SentencePiece model"):
        read_sentencepiece(tmp_path / "a.model")
