"""Our vocabulary as a SentencePiece model: the same pieces, joined in the same order.

SentencePiece has no step that cuts a text into words first. Pieces never reach across words here, so it mostly finds
the same ones by itself; where letters follow a quotation mark as they follow an apostrophe, it may not. It joins any
two pieces that make a third, where ours asks which two; and it does not compose letters and accents that stand apart.
How often that matters is measured when a model is exported.

Source:
    Kudo and Richardson 2018, arXiv:1808.06226; the fields are those of sentencepiece_model.proto.
"""

import struct
from collections.abc import Iterator

from heedful.data.tokenizer import BOS, EOS, PAD, UNK, Tokenizer

SPACE = "▁"
# Of a piece.
_NORMAL, _UNKNOWN, _CONTROL, _UNUSED, _BYTE = 1, 2, 3, 5, 6
# Of a model that joins pieces by their order.
_BPE = 2


def piece_names(tokenizer: Tokenizer) -> list[str]:
    """The V tokens as SentencePiece writes them, with "▁" for a space.

    A piece that holds a "▁" of the text cannot be told from one with a space; it has a name that no text has.
    """
    names = [tokenizer.piece(token) for token in range(tokenizer.vocab_size)]
    return [f"<{token}>" if SPACE in name else name.replace(" ", SPACE) for token, name in enumerate(names)]


def sentencepiece_model(tokenizer: Tokenizer, spaced: bool) -> bytes:
    """The file that `sentencepiece.SentencePieceProcessor` reads.

    Args:
        tokenizer: ours.
        spaced: whether a text begins as if a space stood before it. Ours looks at its first character; SentencePiece
            cannot, so here it is a matter of the language: not in Chinese and Japanese.
    """
    ranks: dict[str, int] = {}
    for left, right in tokenizer.merges:
        ranks.setdefault(left + right, len(ranks))
    names = piece_names(tokenizer)

    def piece(token: int) -> bytes:
        # Higher is joined earlier. Single characters are there from the start and need no rank.
        score = -float(ranks.get(tokenizer.piece(token), len(ranks)))
        kind = _kind(tokenizer, token)
        return _message(1, _text(1, names[token]) + _float(2, score) + _number(3, kind))

    return b"".join((*map(piece, range(len(names))), _trainer(len(names)), _normalizer(spaced)))


def _kind(tokenizer: Tokenizer, token: int) -> int:
    if token == UNK:
        return _UNKNOWN
    if token < tokenizer.n_specials:
        return _CONTROL
    if tokenizer.is_byte(token):
        return _BYTE
    return _UNUSED if SPACE in tokenizer.piece(token) else _NORMAL


def _trainer(vocab_size: int) -> bytes:
    ids = zip((40, 41, 42, 43), (UNK, BOS, EOS, PAD), strict=True)
    numbers = ((3, _BPE), (4, vocab_size), (35, True), *ids)  # 35: characters without a piece are spelt as bytes
    return _message(2, b"".join(_number(field, int(value)) for field, value in numbers))


def _normalizer(spaced: bool) -> bytes:
    # 3: the space before a text; 4: spaces in a row are one; 5: they are written as "▁".
    return _message(3, _text(1, "identity") + b"".join(_number(*pair) for pair in ((3, int(spaced)), (4, 1), (5, 1))))


def _number(field: int, value: int) -> bytes:
    return bytes((*_varint(field << 3), *_varint(value)))


def _float(field: int, value: float) -> bytes:
    return bytes(_varint(field << 3 | 5)) + struct.pack("<f", value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, value: bytes) -> bytes:
    return bytes((*_varint(field << 3 | 2), *_varint(len(value)))) + value


def _varint(value: int) -> Iterator[int]:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
