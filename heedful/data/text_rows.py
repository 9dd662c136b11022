"""What a model reads of a text: one row of tokens, or several windows where the text is longer than it can read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from heedful.data.codec import Codec
from heedful.errors import LengthError

# How a line becomes words, where each word has a tag.
Cut = Literal["words", "characters"]
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]")


@dataclass(frozen=True)
class Row:
    """Tokens to be read together.

    Args:
        ids: with all special tokens.
        kinds: the type of each.
        text: which text it is of, from 0.
        words: of a tagged text, where the first piece of each word stands.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    text: int
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class TextRows:
    """How texts are laid out.

    Args:
        codec: cuts them.
        max_len: tokens that the model reads at most.
    """

    codec: Codec
    max_len: int

    def rows(self, text: str, number: int, place: str) -> list[Row]:
        """A text: one row, or as many windows as it takes, of equal length to one token.

        Args:
            text: to be read.
            number: of the text.
            place: for messages, as "text 3" or "data.tsv:7".
        """
        pieces = self.codec.encode(text)
        room = self.max_len - len(self.codec.join([]).ids)
        n_windows = max(1, -(-len(pieces) // room))
        edges = [part * len(pieces) // n_windows for part in range(n_windows + 1)]
        joined = [self.codec.join(pieces[low:high]) for low, high in pairwise(edges)]
        return [Row(tuple(one.ids), tuple(one.kinds), number) for one in joined]

    def pair(self, first: str, second: str, number: int, place: str) -> list[Row]:
        """Two texts in one row.

        Args:
            first: text.
            second: text.
            number: of the pair.
            place: for messages.
        Raises:
            LengthError: both together are longer than what the model can read.
        """
        joined = self.codec.join(self.codec.encode(first), self.codec.encode(second))
        if len(joined.ids) > self.max_len:
            raise LengthError(
                f"{place}: both texts have {len(joined.ids):,} tokens and the model's window {self.max_len:,}: shorten "
                "them; nothing is cut in silence"
            )
        return [Row(tuple(joined.ids), tuple(joined.kinds), number)]

    def words(self, words: Sequence[str], number: int, place: str) -> list[Row]:
        """A sentence whose words are known.

        Args:
            words: none empty.
            number: of the sentence.
            place: for messages.
        Raises:
            LengthError: it is longer than what the model can read.
        """
        pieces: list[int] = []
        starts = []
        for word in words:
            starts.append(len(pieces))
            pieces += self.codec.encode(word)
        joined = self.codec.join(pieces)
        if len(joined.ids) > self.max_len:
            raise LengthError(
                f"{place} has {len(joined.ids):,} tokens and the model's window {self.max_len:,}: split it into "
                "sentences; nothing is cut in silence"
            )
        return [Row(tuple(joined.ids), tuple(joined.kinds), number, tuple(joined.first + start for start in starts))]


def cut_of(words: Sequence[str]) -> Cut:
    """How texts like these become words: most of them single characters of a script without spaces, or not.

    Args:
        words: of many sentences.
    """
    single = sum(len(word) == 1 and _HAN.fullmatch(word) is not None for word in words)
    return "characters" if 2 * single > len(words) else "words"


def places_of(text: str, cut: Cut) -> list[tuple[int, int]]:
    """Where the words of a line stand: its characters from and up to, white space left out.

    Args:
        text: a line.
        cut: how it becomes words.
    """
    return [match.span() for match in re.finditer(r"\S" if cut == "characters" else r"\S+", text)]
