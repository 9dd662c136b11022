"""A tokenizer that came with somebody else's model: the tokenizers library's own file, asked in few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tokenizers
from tokenizers.decoders import DecodeStream

from heedful.data.codec import Joined
from heedful.errors import OptionError, RunError, suggest

# What a token can be for, and the key that the configurations of other libraries have for it.
ROLES = ("pad", "unk", "bos", "eos", "cls", "sep", "mask")
# What such tokens are called, for a file that comes without a configuration.
USUAL = {
    "pad": ("[PAD]", "<pad>"),
    "unk": ("[UNK]", "<unk>"),
    "cls": ("[CLS]", "<s>"),
    "sep": ("[SEP]", "</s>"),
    "mask": ("[MASK]", "<mask>"),
}


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
        tokens: the ids of special tokens by what they are for, of ROLES; None finds those with the usual names.
        vocab_size: of the model; ids from there on are unknown to it. None: all of them are known.
    """

    def __init__(
        self, inner: tokenizers.Tokenizer, tokens: Mapping[str, int] | None = None, vocab_size: int | None = None
    ) -> None:
        tokens = _usual(inner) if tokens is None else tokens
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

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each piece of `encode` stands in the text: its characters from and up to."""
        return self._inner.encode(text, add_special_tokens=False).offsets

    @property
    def pad(self) -> int:
        """The id that fills rows up; the first of all where the model was trained without one: nobody looks at it."""
        return self.tokens.get("pad", 0)

    @property
    def bos(self) -> int:
        """The id that a decoder reads first.

        Raises:
            OptionError: the model has none.
        """
        return self.id("bos")

    @property
    def eos(self) -> int:
        """The id that ends a text.

        Raises:
            OptionError: the model has none.
        """
        return self.id("eos")

    @property
    def n_plain(self) -> int:
        """Any id may be made of characters."""
        return 0

    def beginning_with(self, token: int) -> "ForeignTokenizer":
        """The same tokenizer, of a model whose decoder reads this token first."""
        return ForeignTokenizer.from_json(self._json, {**self.tokens, "bos": token}, self.vocab_size)

    def join(self, first: Sequence[int], second: Sequence[int] | None = None) -> Joined:
        """What the model reads of the pieces of one text, or of two, with the special tokens that it expects."""
        # The library puts them around a text of its own cutting alone: they are read off one.
        probe = self._inner.encode("a") if second is None else self._inner.encode("a", "a")
        parts: list[Sequence[int]] = [first] if second is None else [first, second]
        ids: list[int] = []
        kinds: list[int] = []
        starts: list[int] = []
        for token, kind, text in zip(probe.ids, probe.type_ids, probe.sequence_ids, strict=True):
            if text is None:
                ids.append(token)
                kinds.append(kind)
            elif text == len(starts):
                starts.append(len(ids))
                ids += parts[text]
                kinds += [kind] * len(parts[text])
        return Joined(ids, kinds, starts[0], starts[1] if second is not None else None)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special tokens are skipped."""
        return self._inner.decode(list(ids), skip_special_tokens=True)

    def streamed(self, stream: DecodeStream, token: int) -> str:
        """What of a text is certain with one more of its tokens."""
        return stream.step(self._inner, token) or ""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Each token as it stands in the vocabulary."""
        return [self._inner.id_to_token(token) or f"<{token}>" for token in ids]

    def piece(self, token: int) -> str:
        """The name of a token in the vocabulary."""
        return self.pieces([token])[0]

    def to_json(self) -> str:
        """The file tokenizer.json, as it was read."""
        return self._json

    @classmethod
    def load(
        cls, path: Path, tokens: Mapping[str, int] | None = None, vocab_size: int | None = None
    ) -> "ForeignTokenizer":
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
        cls,
        text: str,
        tokens: Mapping[str, int] | None = None,
        vocab_size: int | None = None,
        origin: str = "tokenizer.json",
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


def _usual(inner: tokenizers.Tokenizer) -> dict[str, int]:
    """Special tokens with the usual names."""
    found = {}
    for role, names in USUAL.items():
        ids = [inner.token_to_id(name) for name in names]
        known = [token for token in ids if token is not None]
        if known:
            found[role] = known[0]
    return found
