"""A tokenizer that came with somebody else's model: the tokenizers library's own file, asked in few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import tokenizers

from heedful.errors import OptionError, RunError, suggest

# What a token can be for, and the key that the configurations of other libraries have for it.
ROLES = ("pad", "unk", "bos", "eos", "cls", "sep", "mask")


class Coder(Protocol):
    """What every tokenizer can do, this one and `heedful.data.tokenizer.Tokenizer`."""

    @property
    def vocab_size(self) -> int:
        """Number of ids."""

    def encode(self, text: str) -> list[int]:
        """The pieces of a text, without special tokens around it."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special tokens are skipped."""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Each token as people see it."""


@dataclass(frozen=True)
class Reading:
    """A text, or two, as a model reads it.

    Args:
        ids: with the special tokens that the model expects around them.
        kinds: of each token, 0 for the first text and 1 for the second, where the model tells them apart.
        offsets: of each token, where it begins and ends in its own text, in characters; (0, 0) for special ones.
        texts: of each token, 0 or 1 for the text that it is of, None for special ones.
    """

    ids: list[int]
    kinds: list[int]
    offsets: list[tuple[int, int]]
    texts: list[int | None]


class ForeignTokenizer:
    """The same pieces that the model was trained with.

    Nothing is cut and nothing is filled up, whatever the file says of it.

    Args:
        inner: of the tokenizers library.
        tokens: the ids of special tokens by what they are for, of ROLES.
        vocab_size: of the model; ids from there on are unknown to it. None: all of them are known.
    """

    def __init__(self, inner: tokenizers.Tokenizer, tokens: Mapping[str, int], vocab_size: int | None = None) -> None:
        for role in tokens:
            if role not in ROLES:
                raise OptionError(f"a token is not for {role!r}{suggest(role, ROLES)}")
        self._json = inner.to_str()
        self._inner = inner
        self._inner.no_truncation()
        self._inner.no_padding()
        self.tokens = dict(tokens)
        self.vocab_size = inner.get_vocab_size() if vocab_size is None else vocab_size

    def id(self, role: str) -> int:
        """The id of the token for something: "mask", say.

        Raises:
            OptionError: the model has none.
        """
        if role not in self.tokens:
            raise OptionError(f"this model has no token for {role!r}{suggest(role, self.tokens or ROLES)}")
        return self.tokens[role]

    def token(self, piece: str) -> int | None:
        """The id of a piece; None where there is none."""
        return self._inner.token_to_id(piece)

    def encode(self, text: str) -> list[int]:
        """The pieces of a text, without special tokens around it."""
        return self._known(self._inner.encode(text, add_special_tokens=False).ids)

    def read(self, text: str, second: str | None = None) -> Reading:
        """A text, or two, with the special tokens that the model expects."""
        found = self._inner.encode(text) if second is None else self._inner.encode(text, second)
        return Reading(self._known(found.ids), found.type_ids, found.offsets, found.sequence_ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special tokens are skipped."""
        return self._inner.decode(list(ids), skip_special_tokens=True)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Each token as it stands in the vocabulary."""
        return [self._inner.id_to_token(token) or f"<{token}>" for token in ids]

    def to_json(self) -> str:
        """The file tokenizer.json, as it was read."""
        return self._json

    @classmethod
    def load(cls, path: Path, tokens: Mapping[str, int], vocab_size: int | None = None) -> "ForeignTokenizer":
        """Read tokenizer.json.

        Args:
            path: the file.
            tokens: as for the class.
            vocab_size: as for the class.
        Raises:
            RunError: the file is missing or damaged.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"cannot read the tokenizer {path} ({error}); restore the file") from None
        return cls.from_json(text, tokens, vocab_size, str(path))

    @classmethod
    def from_json(
        cls, text: str, tokens: Mapping[str, int], vocab_size: int | None = None, origin: str = "tokenizer.json"
    ) -> "ForeignTokenizer":
        """The inverse of `to_json`.

        Raises:
            RunError: the text is not what the tokenizers library writes.
        """
        try:
            inner = tokenizers.Tokenizer.from_str(text)
        except Exception as error:  # noqa: BLE001 (the library raises nothing narrower)
            raise RunError(f"{origin} cannot be used: {error}; restore the file") from None
        found = cls(inner, tokens, vocab_size)
        found._json = text
        return found

    def _known(self, ids: list[int]) -> list[int]:
        """Ids of the model: what it has no vector for is unknown to it."""
        if not ids or max(ids) < self.vocab_size:
            return ids
        unknown = self.id("unk")
        return [token if token < self.vocab_size else unknown for token in ids]
