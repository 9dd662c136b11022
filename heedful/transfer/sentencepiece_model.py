"""A SentencePiece model as the tokenizers library would cut: the same pieces with the same ids.

Source:
    Kudo and Richardson 2018, arXiv:1808.06226; the fields are those of sentencepiece_model.proto.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers

from heedful.errors import RunError
from heedful.run.disk import naming

SPACE = "▁"
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = range(1, 7)
_UNIGRAM, _BPE = 1, 2


@dataclass(frozen=True)
class Piece:
    """An entry of the vocabulary; its place is its id.

    Args:
        text: with SPACE for a space.
        score: log-probability, or for joined pieces how early they are joined.
        kind: NORMAL, UNKNOWN, CONTROL, USER, UNUSED or BYTE.
    """

    text: str
    score: float
    kind: int


@dataclass(frozen=True)
class SentencePieceModel:
    """What a file says.

    Args:
        pieces: in the order of their ids.
        joins: pieces are joined by their order; else the likeliest ones are taken.
        bytes_known: whether characters without a piece are spelt as bytes.
        charsmap: what becomes of characters beforehand, as the library has compiled it.
        prefixed: whether a space is put in front.
        trimmed: whether spaces are taken from the ends and made one inside.
    """

    pieces: list[Piece]
    joins: bool
    bytes_known: bool
    charsmap: bytes
    prefixed: bool
    trimmed: bool


def read_sentencepiece(path: Path) -> SentencePieceModel:
    """Read a .model or .spm file.

    Raises:
        RunError: it is missing or damaged, or cuts by characters or words alone.
    """
    with naming(path, "read"):
        content = path.read_bytes()
    try:
        return _model(content)
    except (ValueError, KeyError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise RunError(f"{path} is damaged, or no SentencePiece model ({error}); fetch it again") from error


def _model(content: bytes) -> SentencePieceModel:
    pieces, trainer, normalizer = [], b"", b""
    for field, value in _fields(content):
        if field == 1 and isinstance(value, bytes):
            parts = dict(_fields(value))
            text, score, kind = parts[1], parts.get(2, b"\0\0\0\0"), parts.get(3, NORMAL)
            assert isinstance(text, bytes) and isinstance(score, bytes) and isinstance(kind, int)
            pieces.append(Piece(text.decode(), struct.unpack("<f", score)[0], kind))
        elif field == 2 and isinstance(value, bytes):
            trainer = value
        elif field == 3 and isinstance(value, bytes):
            normalizer = value
    options, rules = dict(_fields(trainer)), dict(_fields(normalizer))
    kind, charsmap = options.get(3, _UNIGRAM), rules.get(2, b"")
    if not pieces or kind not in (_UNIGRAM, _BPE) or not isinstance(charsmap, bytes):
        raise ValueError("expected pieces of the kind unigram or bpe")
    return SentencePieceModel(
        pieces, kind == _BPE, bool(options.get(35, 0)), charsmap, bool(rules.get(3, 1)), bool(rules.get(4, 1))
    )


def tokenizer_of(model: SentencePieceModel, ids: Mapping[str, int] | None = None) -> tokenizers.Tokenizer:
    """A tokenizer that cuts alike.

    Args:
        model: to be rebuilt.
        ids: of pieces, where they are not their places in the file. What the file does not know is never chosen for a
            text that can be cut without it, and pieces of the file that have no id get one behind the last.
    """
    inner = tokenizers.Tokenizer(_joining(model) if model.joins else _likeliest(model, ids))
    steps: list[normalizers.Normalizer] = [normalizers.Precompiled(model.charsmap)] if model.charsmap else []
    if model.trimmed:
        steps += [normalizers.Replace(tokenizers.Regex(" {2,}"), " "), normalizers.Strip()]
    if model.prefixed:
        steps.append(normalizers.Prepend(SPACE))
    inner.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", SPACE)])
    last = [decoders.Strip(" ", 1, 0)] if model.prefixed else []
    inner.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *last])
    inner.add_special_tokens([piece.text for piece in model.pieces if piece.kind in (CONTROL, UNKNOWN)])
    inner.add_tokens([AddedToken(piece.text, normalized=False) for piece in model.pieces if piece.kind == USER])
    return inner


def _likeliest(model: SentencePieceModel, ids: Mapping[str, int] | None) -> models.Model:
    scores = {piece.text: piece.score for piece in model.pieces}
    unknown = next(piece.text for piece in model.pieces if piece.kind == UNKNOWN)
    names = list(scores) if ids is None else sorted(ids, key=lambda name: ids[name])
    names += [] if ids is None else [name for name in scores if name not in ids]
    # So unlikely that nothing is gained by any number of them.
    never = 1e6 * (min(scores.values()) - 1)
    vocabulary = [(name, scores.get(name, never)) for name in names]
    return models.Unigram(vocabulary, names.index(unknown), model.bytes_known)


def _joining(model: SentencePieceModel) -> models.Model:
    """Any two pieces that make a third are joined, those first that make the one with the highest score."""
    known = {piece.text: token for token, piece in enumerate(model.pieces)}
    merges = [
        (-piece.score, known[left], known[right], left, right)
        for piece in model.pieces
        if piece.kind == NORMAL
        for cut in range(1, len(piece.text))
        if (left := piece.text[:cut]) in known and (right := piece.text[cut:]) in known
    ]
    unknown = next(piece.text for piece in model.pieces if piece.kind == UNKNOWN)
    pairs = [(left, right) for *_, left, right in sorted(merges)]
    return models.BPE(vocab=known, merges=pairs, unk_token=unknown, fuse_unk=True, byte_fallback=model.bytes_known)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: numbers as they are, all else as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield key >> 3, number
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(message, at)
        if size is None or at + size > len(message):
            raise ValueError(f"a field of the kind {kind} at byte {at}")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
