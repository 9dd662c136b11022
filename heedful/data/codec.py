"""Text to numbers and back, whoever's tokenizer does it: what a task asks of one, and where its pieces stand."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

# Below the first mark of Unicode.
_LAST_ALONE = "\u02ff"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Joined(NamedTuple):
    """What an encoder reads of one text, or of two.

    Args:
        ids: with all special tokens.
        kinds: the type of each: 0 of the first text, 1 of the second where the tokenizer tells them apart.
        first: where the pieces of the first text begin.
        second: where those of the second begin; None of a single text.
    """

    ids: list[int]
    kinds: list[int]
    first: int
    second: int | None = None


class Codec(Protocol):
    """A tokenizer, ours or another's. `heedful.data.tokenizer.Tokenizer` is one."""

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        ...

    @property
    def n_plain(self) -> int:
        """Ids below this are not made of characters."""
        ...

    @property
    def pad(self) -> int:
        """The id that fills rows up."""
        ...

    @property
    def bos(self) -> int:
        """The id that a decoder reads first."""
        ...

    @property
    def eos(self) -> int:
        """The id that ends a text."""
        ...

    def encode(self, text: str) -> list[int]:
        """The pieces of a text, without special tokens."""
        ...

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each piece of `encode` stands in the text: its characters from and up to."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special tokens are skipped."""
        ...

    def join(self, first: Sequence[int], second: Sequence[int] | None = None) -> Joined:
        """What a model reads of the pieces of one text, or of two."""
        ...

    def piece(self, token: int) -> str:
        """The name of a token in the vocabulary."""
        ...

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Each token as people see it."""
        ...

    def to_json(self) -> str:
        """The file tokenizer.json."""
        ...


def offsets_in(text: str, spelt: str, pieces: Sequence[str]) -> list[tuple[int, int]]:
    """Where pieces stand in the text that they were cut from.

    Args:
        text: as it was given.
        spelt: what was cut: the text in normal form C, with a space put before it or not.
        pieces: that make `spelt` again, one behind the other; those of a byte, as <0xE4>, spell a character together.
    Returns:
        Of each piece its characters from and up to, white space before it left out; all bytes of a character are there.
    """
    normal = unicodedata.normalize("NFC", text)
    ahead = len(spelt) - len(normal)
    origin = _origins(text, normal)
    found, place, missing = [], 0, 0
    for name in pieces:
        byte = _BYTE.fullmatch(name)
        if byte is None:
            begin, end = place + len(name) - len(name.lstrip()), place + len(name)
            place = end
        else:
            missing = missing or _bytes_of(int(byte[1], 16))
            begin, end = place, place + 1
            missing -= 1
            place += not missing
        begin, end = max(0, begin - ahead), min(max(0, end - ahead), len(normal))
        found.append((origin[min(begin, end)], origin[end]))
    return found


def _bytes_of(lead: int) -> int:
    """How many bytes a character has that begins with this one."""
    return 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)


def _origins(text: str, normal: str) -> Sequence[int]:
    """Of each place in the normal form, its end included, the place in the text that it was made of."""
    if text == normal:
        return range(len(text) + 1)
    # Nothing is composed across these, so that each letter can be looked at with its marks alone.
    edges = [place for place, letter in enumerate(text) if not (place and _joins(letter))] + [len(text)]
    places = [0]
    for start, stop in pairwise(edges):
        part = text[start:stop]
        lengths = [len(unicodedata.normalize("NFC", part[:end])) for end in range(1, len(part) + 1)]
        for length in range(1, lengths[-1] + 1):
            # The longest beginning that makes no more than this: marks behind a letter belong to it.
            places.append(start + max(end for end, made in enumerate(lengths, 1) if made <= length or end == 1))
    return places


def _joins(letter: str) -> bool:
    """Whether a character may become one with those before it: a mark, or the later part of a Korean syllable."""
    return letter > _LAST_ALONE and (unicodedata.category(letter)[0] == "M" or "\u1160" <= letter <= "\u11ff")
