"""Text to pieces and back: joint byte-pair encoding with byte fallback, lossless for text in normal form C."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from heedful.data.codec import Joined, offsets_in
from heedful.data.vocabulary import choose_alphabet, count_types, learn_merges
from heedful.errors import OptionError, RunError, suggest

PAD, UNK, BOS, EOS = range(4)
SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")
# What stands in a corrupted text in the place of words: one mark for all, or one for each gap.
MASK, N_GAPS = "<mask>", 64
GAPS = tuple(f"<gap{number}>" for number in range(N_GAPS))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
# Bounds the memory of the caches. A text longer than a word or two (Chinese has no spaces) is not worth keeping.
MAX_CACHED, MAX_CACHED_LENGTH = 1 << 18, 32

# Scripts written without spaces: runs of them are cut from what surrounds them, and take no space before them.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー"
_LETTER = rf"[\p{{L}}\p{{M}}&&[^{_UNSPACED}]]"
# A word type: letters with the space before them, a run of Han or kana, one digit, one punctuation mark (repeated:
# "..."), or one white space. Bounded, so that a file without spaces costs no more than another.
_WORD = "|".join((
    rf" ?{_LETTER}{{1,64}}(?:['’]{_LETTER}{{1,64}}){{0,4}}",
    rf"[{_UNSPACED}]{{1,64}}",
    r" ?\p{N}",
    r" ?([^\s\p{L}\p{M}\p{N}])\1{0,15}",
    r"\s",
))  # fmt: skip
_OPENS_UNSPACED = rf"\A (?=[{_UNSPACED}\u3000-\u303f\uff01-\uffee])"
_NFC = normalizers.NFC()
_WITHOUT_FIRST_LETTER = normalizers.Replace(tokenizers.Regex(rf"\A{_LETTER}"), "")
_NORMALIZER = normalizers.Sequence(
    [_NFC, normalizers.Prepend(" "), normalizers.Replace(tokenizers.Regex(_OPENS_UNSPACED), "")]
)
_SPLIT = pre_tokenizers.Split(tokenizers.Regex(_WORD), "isolated")


class Tokenizer:
    """A vocabulary shared by all languages of a model. Pieces carry the space before them.

    The ids: 0 pad, 1 unk, 2 bos, 3 eos, a tag for each language to translate into, the marks, 256 bytes, then the
    pieces.

    Args:
        pieces: the pieces behind the bytes, in the order of their ids.
        merges: pairs of pieces, in the order in which they are joined.
        languages: the languages that have a tag.
        marks: further special tokens, as `MASK` and `GAPS`; what looks like one in a text is none.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        merges: Sequence[tuple[str, str]],
        languages: Sequence[str] = (),
        marks: Sequence[str] = (),
    ) -> None:
        self.languages = tuple(dict.fromkeys(languages))
        for language in self.languages:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", language):
                raise OptionError(f"a language is named by a code such as 'en' or 'zh': got {language!r}")
        self.merges = list(merges)
        self.marks = tuple(marks)
        self.n_specials = len(SPECIALS) + len(self.languages) + len(self.marks)
        names = [*SPECIALS, *(f"<2{language}>" for language in self.languages), *self.marks, *BYTES, *pieces]
        self._names = names
        self._inner = _pipeline({name: index for index, name in enumerate(names)}, self.merges)
        self._inner.add_special_tokens(names[: self.n_specials])
        self._word_ids: dict[str, list[int]] = {}
        self._chunk_types: dict[str, list[str]] = {}
        self._chunk_ids: dict[str, list[int]] = {}

    @classmethod
    def train(
        cls, texts: Iterable[str], vocab_size: int, languages: Sequence[str] = (), marks: Sequence[str] = ()
    ) -> "Tokenizer":
        """Learn a vocabulary; it is smaller than asked when the text does not hold that many pieces.

        Args:
            texts: lines of all languages, in any order; read once, an even sample of them counts.
            vocab_size: the most ids, special ones and bytes counted.
            languages: codes of the languages to translate into; each gets a tag such as <2en>.
            marks: further special tokens.
        Raises:
            OptionError: vocab_size does not hold the bytes, or a language is no code.
        """
        blank = cls([], [], languages, marks)
        room = vocab_size - blank.vocab_size
        if room < 1:
            raise OptionError(
                f"vocab_size must exceed {blank.vocab_size} (special tokens, tags, bytes): got {vocab_size}; try 8000"
            )
        counts = count_types(texts, blank.word_types)
        return cls(*learn_merges(counts, choose_alphabet(counts, room), room), languages, marks)

    @classmethod
    def characters(cls, texts: Iterable[str], most: int, marks: Sequence[str] = ()) -> "Tokenizer":
        """A vocabulary of single characters; those that occur once, and the rarest beyond `most`, are spelt as bytes.

        Args:
            texts: as for `train`.
            most: characters that may have a piece.
            marks: further special tokens.
        """
        counts = count_types(texts, cls([], []).word_types)
        return cls(choose_alphabet(counts, -(-most * 4 // 3))[:most], [], marks=marks)

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return len(self._names)

    @property
    def n_plain(self) -> int:
        """Number of special tokens, tags and bytes: the ids below this are not made of characters."""
        return self.n_specials + len(BYTES)

    def tag_id(self, language: str) -> int:
        """The id of the tag that asks for a translation into this language.

        Raises:
            OptionError: there is no such tag.
        """
        if language not in self.languages:
            tail = suggest(language, self.languages) if self.languages else "; this model has a single direction"
            raise OptionError(f"no tag for the language {language!r}{tail}")
        return len(SPECIALS) + self.languages.index(language)

    def mark_id(self, mark: str) -> int:
        """The id of one of the marks.

        Raises:
            OptionError: there is no such mark.
        """
        if mark not in self.marks:
            raise OptionError(f"this vocabulary has no {mark}: take a model that was trained with it")
        return len(SPECIALS) + len(self.languages) + self.marks.index(mark)

    def encode(self, text: str, opening: bool = True) -> list[int]:
        """The pieces of a text, without special tokens; what looks like one in the text is spelt out.

        Args:
            text: to be cut.
            opening: whether a text begins here; False goes on with one, and no space is put before it.
        """
        ids: list[int] = []
        for chunk in self.chunks(text, opening):
            known = self._chunk_ids.get(chunk)
            if known is None:
                known = [token for word in self.chunk_types(chunk) for token in self.word_ids(word)]
                _remember(self._chunk_ids, chunk, known)
            ids += known
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special tokens are skipped, bytes that are not UTF-8 become U+FFFD."""
        return self._inner.decode([token for token in ids if token >= self.n_specials], skip_special_tokens=False)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each piece of `encode` stands in the text: its characters from and up to, the space before left out."""
        names = [self._names[token] for token in self.encode(text)]
        return offsets_in(text, "".join(self.chunks(text)), names)

    def join(self, first: Sequence[int], second: Sequence[int] | None = None) -> Joined:
        """What an encoder reads of one text, or of two: <s> first </s>, and second </s> behind it."""
        ids = [BOS, *first, EOS]
        if second is None:
            return Joined(ids, [0] * len(ids), 1)
        return Joined([*ids, *second, EOS], [0] * len(ids) + [1] * (len(second) + 1), 1, len(ids))

    @property
    def pad(self) -> int:
        """The id that fills rows up."""
        return PAD

    @property
    def bos(self) -> int:
        """The id that a decoder reads first."""
        return BOS

    @property
    def eos(self) -> int:
        """The id that ends a text."""
        return EOS

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Each token as people see it: "▁" stands for a space, <0xE4> for a byte."""
        return [self._names[token].replace(" ", "▁") for token in ids]

    def is_byte(self, token: int) -> bool:
        """Whether a token is one byte of a character that has no piece: the model has hardly seen that character."""
        return self.n_specials <= token < self.n_specials + len(BYTES)

    def chunks(self, text: str, opening: bool = True) -> list[str]:
        """The text in normal form C, cut before each space: nothing is ever joined across.

        Args:
            text: to be cut.
            opening: as for `encode`.
        """
        if not text:
            return []
        if not text.isascii():
            text = _NFC.normalize_str(text)
        first, *rest = text.split(" ")
        if not opening:
            return [first] * bool(first) + [" " + chunk for chunk in rest]
        return [" " + first if not first or first[0].isascii() else _NORMALIZER.normalize_str(first)] + [
            " " + chunk for chunk in rest
        ]

    def chunk_types(self, chunk: str) -> list[str]:
        """The word types of one of the `chunks`."""
        known = self._chunk_types.get(chunk)
        if known is None:
            known = [word for word, _ in _SPLIT.pre_tokenize_str(chunk)]
            _remember(self._chunk_types, chunk, known)
        return known

    def word_types(self, text: str) -> list[str]:
        """The words, runs of Han, digits and marks of a text; pieces never reach across them."""
        return [word for chunk in self.chunks(text) for word in self.chunk_types(chunk)]

    def word_ids(self, word: str) -> list[int]:
        """The pieces of one word type."""
        known = self._word_ids.get(word)
        if known is None:
            known = [token.id for token in self._inner.model.tokenize(word)]
            _remember(self._word_ids, word, known)
        return known

    def piece(self, token: int) -> str:
        """The characters of a token as they stand in the vocabulary."""
        return self._names[token]

    def word(self, token: int) -> str | None:
        """The word that a token spells by itself, without the space before it: "▁cat" is "cat", "我们" is itself.

        Returns:
            None for special tokens and bytes, for a space alone, and for letters without a space before them: they go
            on with a word, except in scripts that have no spaces.
        """
        name = self._names[token]
        if token < self.n_plain or _WITHOUT_FIRST_LETTER.normalize_str(name) != name:
            return None
        return name.strip() or None

    def letters(self) -> tuple[np.ndarray, np.ndarray]:
        """Which tokens go on with a word, and which may be gone on with, in scripts that have spaces: (V,) bool each.

        A word is split between two tokens where the second goes on and the first may be gone on with: letters without a
        space before them behind letters or a space alone, and the later bytes of a character.
        """
        names = ["."] * self.n_specials + [chr(byte) for byte in range(128)] + ["."] * 128 + self._names[self.n_plain :]
        going = np.array([_WITHOUT_FIRST_LETTER.normalize_str(name) != name for name in names])
        ends = [name[-1] for name in names]
        open_ended = np.array([end == " " or _WITHOUT_FIRST_LETTER.normalize_str(end) != end for end in ends])
        high = self.n_specials + 0x80
        going[high : self.n_specials + 0xC0] = True
        open_ended[high : self.n_plain] = True
        return going, open_ended

    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """How many bytes of UTF-8 and how many characters each token stands for: (V,) int64 each, 0 of special ones.

        The first byte of a character that is spelt as bytes counts as the character.
        """
        pieces = self._names[self.n_plain :]
        n_bytes = [0] * self.n_specials + [1] * 256 + [len(piece.encode()) for piece in pieces]
        leads = [int(not 0x80 <= byte < 0xC0) for byte in range(256)]
        return np.array(n_bytes), np.array([0] * self.n_specials + leads + [len(piece) for piece in pieces])

    def to_json(self) -> str:
        """The file tokenizer.json, as the tokenizers library writes it."""
        return self._inner.to_str()

    def save(self, path: Path) -> None:
        """Write tokenizer.json."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read tokenizer.json.

        Raises:
            RunError: the file is missing, damaged, or another program's.
        """
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"cannot read the tokenizer {path}: {error.strerror}; train it first") from None
        except UnicodeDecodeError:
            raise RunError(f"the tokenizer {path} is damaged: it is not UTF-8; restore the file") from None
        except RunError as error:
            raise RunError(f"the tokenizer {path} cannot be used: {error}") from None

    @staticmethod
    def wrote(text: str) -> bool:
        """Whether a tokenizer.json is one of ours, be it damaged, and not one of another program."""
        return all(json.dumps(name) in text for name in (*SPECIALS, BYTES[0], BYTES[-1])) and '"type":"BPE"' in "".join(
            text.split()
        )

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """The inverse of `to_json`.

        Raises:
            RunError: the text is not what `to_json` writes.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise RunError(f"expected JSON, which ends at character {error.pos}; restore the file") from None
        names, merges = _read_model(values)
        n_specials = names.index(BYTES[0]) if BYTES[0] in names else 0
        rebuilt = names[: len(SPECIALS)] == list(SPECIALS) and names[n_specials : n_specials + 256] == list(BYTES)
        extra = names[len(SPECIALS) : n_specials]
        tags = [name for name in extra if re.fullmatch(r"<2[A-Za-z][A-Za-z0-9_-]*>", name)]
        marks = extra[len(tags) :]
        if not rebuilt or extra[: len(tags)] != tags or not all(mark in (MASK, *GAPS) for mark in marks):
            raise RunError("the special tokens are not those of heedful; train or import the model again")
        tokenizer = cls(names[n_specials + 256 :], merges, [tag[2:-1] for tag in tags], marks)
        if json.loads(tokenizer.to_json()) != values:
            raise RunError("it was written by another program or another version; train or import the model again")
        return tokenizer


def _read_model(values: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """Names in the order of their ids, and the merges; checked, because the library dies of what does not fit."""
    model = values.get("model") if isinstance(values, dict) else None
    vocabulary, merges = (model.get("vocab"), model.get("merges")) if isinstance(model, dict) else (None, None)
    if not isinstance(vocabulary, dict) or not isinstance(merges, list):
        raise RunError("expected a model with a vocabulary and merges; restore the file")
    by_id = {index: name for name, index in vocabulary.items() if isinstance(index, int)}
    if sorted(by_id) != list(range(len(vocabulary))):
        raise RunError("the ids of the vocabulary have gaps; restore the file")
    for pair in merges:
        strings = isinstance(pair, list) and len(pair) == 2 and all(isinstance(piece, str) for piece in pair)
        if not strings or not {*pair, pair[0] + pair[1]} <= vocabulary.keys():
            raise RunError(f"the merge {pair!r} does not fit the vocabulary; restore the file")
    return [by_id[index] for index in range(len(by_id))], [(left, right) for left, right in merges]


def _remember(cache: dict[str, Any], key: str, value: Any) -> None:
    if len(key) <= MAX_CACHED_LENGTH:
        if len(cache) >= MAX_CACHED:
            cache.clear()
        cache[key] = value


def _pipeline(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> tokenizers.Tokenizer:
    model = models.BPE(vocab=vocabulary, merges=merges, unk_token=SPECIALS[UNK], byte_fallback=True)
    inner = tokenizers.Tokenizer(model)
    inner.normalizer = _NORMALIZER
    inner.pre_tokenizer = _SPLIT
    inner.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return inner
