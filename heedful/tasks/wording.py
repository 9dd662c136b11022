"""What a language model asks of a tokenizer, ours or another's: beginnings, gaps, and spelling as tokens come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenizers.decoders import DecodeStream

from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.spelling import Spelling
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, Tokenizer
from heedful.errors import OptionError

# No token: of a model that ends nothing.
NEVER = -1


class Spelled(Protocol):
    """The text of tokens that come one after the other; see `Spelling`."""

    def add(self, token: int) -> str:
        """What is certain with this token and was not before."""
        ...

    def end(self) -> str:
        """What waited and will not be completed."""
        ...


@dataclass(frozen=True)
class Gapped:
    """A text with gaps as a model reads it.

    Args:
        ids: with all special tokens.
        places: of the gaps among them.
    """

    ids: list[int]
    places: list[int]


class Wording(Protocol):
    """A tokenizer as a language model uses it."""

    @property
    def eos(self) -> int:
        """Ends a text; `NEVER` where nothing does."""
        ...

    @property
    def unwritten(self) -> Sequence[int]:
        """Tokens that stand in no text, the end apart."""
        ...

    def begin(self, prompt: str) -> list[int]:
        """What a decoder reads of a text that it is to go on with; never nothing."""
        ...

    def spelling(self, prompt: str) -> Spelled:
        """The text of what is written behind a prompt."""
        ...

    def gapped(self, text: str) -> Gapped:
        """A text with `MASK` in the place of each gap."""
        ...

    def said(self, token: int, before: int) -> str:
        """The text of a token behind another, the space between them with it."""
        ...


@dataclass(frozen=True)
class OwnWording:
    """With a tokenizer of heedful's.

    Args:
        tokenizer: of the model.
    """

    tokenizer: Tokenizer

    @property
    def eos(self) -> int:
        """See Wording."""
        return EOS

    @property
    def unwritten(self) -> list[int]:
        """See Wording."""
        return [token for token in range(self.tokenizer.n_specials) if token != EOS]

    def begin(self, prompt: str) -> list[int]:
        """See Wording."""
        return [BOS, *self.tokenizer.encode(prompt)]

    def spelling(self, prompt: str) -> Spelling:
        """See Wording."""
        return Spelling(self.tokenizer, opening=not prompt)

    def gapped(self, text: str) -> Gapped:
        """See Wording.

        Raises:
            OptionError: there are more gaps than the vocabulary has marks.
        """
        parts = text.split(MASK)
        one = self.tokenizer.marks == (MASK,)
        if not one and len(parts) - 1 > len(GAPS):
            raise OptionError(f"a text may have {len(GAPS)} gaps: got {len(parts) - 1}")
        tokens, places = [BOS], []
        for number, part in enumerate(parts):
            if number:
                places.append(len(tokens))
                tokens.append(self.tokenizer.mark_id(MASK if one else GAPS[number - 1]))
            # The space before a gap belongs to the word that was taken out.
            kept = part.removesuffix(" ") if number < len(parts) - 1 else part
            tokens += self.tokenizer.encode(kept, opening=number == 0 and bool(kept)) if kept else []
        return Gapped([*tokens, EOS], places)

    def said(self, token: int, before: int) -> str:
        """See Wording."""
        return self.tokenizer.piece(token)


class _Stream:
    """Spelling with the tokenizers library.

    Args:
        tokenizer: of the tokens.
        read: tokens that stand before what is spelt.
    """

    def __init__(self, tokenizer: ForeignTokenizer, read: Sequence[int]) -> None:
        self._tokenizer, self._stream = tokenizer, DecodeStream(list(read), skip_special_tokens=True)
        self._waiting: list[int] = []

    def add(self, token: int) -> str:
        said = self._tokenizer.streamed(self._stream, token)
        self._waiting = [] if said else [*self._waiting, token]
        return said

    def end(self) -> str:
        return self._tokenizer.decode(self._waiting)


@dataclass(frozen=True)
class ForeignWording:
    """With a tokenizer that came with an imported model.

    Args:
        tokenizer: of the model; its "bos" is what the decoder reads first where a prompt holds nothing.
    """

    tokenizer: ForeignTokenizer

    @property
    def eos(self) -> int:
        """See Wording."""
        return self.tokenizer.tokens.get("eos", NEVER)

    @property
    def unwritten(self) -> list[int]:
        """See Wording."""
        return sorted(set(self.tokenizer.tokens.values()) - {self.eos})

    def begin(self, prompt: str) -> list[int]:
        """See Wording."""
        read = self.tokenizer.read(prompt)
        # What stands behind a text would end it.
        end = len(read.ids)
        while end > 1 and read.texts[end - 1] is None:
            end -= 1
        return read.ids[:end] or [self.tokenizer.bos]

    def spelling(self, prompt: str) -> _Stream:
        """See Wording."""
        return _Stream(self.tokenizer, self.begin(prompt) if prompt else [])

    def gapped(self, text: str) -> Gapped:
        """See Wording.

        Raises:
            OptionError: the tokenizer has no mask, or the text holds that mask as well.
        """
        mask = self.tokenizer.id("mask")
        theirs = self.tokenizer.piece(mask)
        if theirs != MASK and theirs in text:
            raise OptionError(f"the text holds {theirs}, the mark of this model itself: write {MASK} in its place")
        ids = self.tokenizer.read(text.replace(MASK, theirs)).ids
        return Gapped(ids, [place for place, token in enumerate(ids) if token == mask])

    def said(self, token: int, before: int) -> str:
        """See Wording."""
        return self.tokenizer.decode([before, token]).removeprefix(self.tokenizer.decode([before]))


def wording_of(tokenizer: Tokenizer | ForeignTokenizer) -> Wording:
    """How a language model uses a tokenizer."""
    return OwnWording(tokenizer) if isinstance(tokenizer, Tokenizer) else ForeignWording(tokenizer)
