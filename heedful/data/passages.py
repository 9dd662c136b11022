"""What a model reads of a question and of the text that answers it: overlapping windows that know their characters."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from heedful.data.codec import Codec
from heedful.data.text_rows import Row
from heedful.errors import LengthError

# Pieces that two windows of one text share: an answer at the edge of one stands within the other.
OVERLAP = 128
# A window must show this much of the text, or there is nothing to find.
LEAST_ROOM = 16


@dataclass(frozen=True)
class Window(Row):
    """A question and a part of its context.

    Args:
        begin: where the pieces of the context stand in `ids`.
        low: the first of them, counted in the context.
        n: how many they are.
    """

    begin: int = 0
    low: int = 0
    n: int = 0

    def pointable(self, width: int) -> np.ndarray:
        """Where an answer may stand: in the context, or at the first position, which says that there is none.

        Args:
            width: of the batch.
        Returns:
            (width,) bool.
        """
        places = np.arange(width)
        return np.asarray((places == 0) | (places >= self.begin) & (places < self.begin + self.n))

    def positions(self, pieces: tuple[int, int]) -> tuple[int, int]:
        """Where an answer stands in `ids`; both 0 where this window does not hold all of it.

        Args:
            pieces: its first and its last, counted in the context.
        """
        first, last = (piece - self.low for piece in pieces)
        return (self.begin + first, self.begin + last) if 0 <= first <= last < self.n else (0, 0)


@dataclass
class Passages:
    """How questions and contexts are laid out.

    Args:
        codec: cuts them.
        width: tokens that are read at once, all special ones counted.
    """

    codec: Codec
    width: int
    _last: tuple[str, list[int], list[tuple[int, int]]] | None = field(default=None, init=False, repr=False)

    def windows(self, question: str, context: str, number: int, place: str) -> list[Window]:
        """A question with its context: one window, or several where the context is longer.

        Args:
            question: on one line.
            context: to be read.
            number: of the question.
            place: for messages, as "question 3".
        Raises:
            LengthError: the question leaves no room for the context.
        """
        asked, pieces = self.codec.encode(question), self._pieces(context)[0]
        room = self.width - len(self.codec.join(asked, []).ids)
        if room < min(LEAST_ROOM, len(pieces)):
            raise LengthError(
                f"{place} has {len(asked):,} tokens and the model reads {self.width:,} at once, its text included: "
                "shorten it; nothing is cut in silence"
            )
        step = room - min(OVERLAP, room // 2)
        n_more = max(0, -(-(len(pieces) - room) // step))
        lows = [min(part * step, len(pieces) - room) for part in range(n_more + 1)] if n_more else [0]
        found = []
        for low in lows:
            read = self.codec.join(asked, pieces[low : low + room])
            assert read.second is not None, "two texts were joined"
            shown = min(room, len(pieces) - low)
            found.append(Window(tuple(read.ids), tuple(read.kinds), number, (), read.second, low, shown))
        return found

    def offsets(self, context: str) -> Sequence[tuple[int, int]]:
        """Where each piece of a context stands: its characters from and up to."""
        return self._pieces(context)[1]

    def span(self, context: str, start: int, end: int) -> tuple[int, int] | None:
        """The first and the last piece of an answer.

        Args:
            context: it stands in.
            start: its first character.
            end: the one behind its last.
        Returns:
            None where no piece has its characters.
        """
        offsets = self._pieces(context)[1]
        first = bisect_right(offsets, start, key=lambda place: place[1])
        last = bisect_left(offsets, end, key=lambda place: place[0]) - 1
        return (first, last) if first <= last else None

    def _pieces(self, context: str) -> tuple[list[int], list[tuple[int, int]]]:
        # Questions of one context follow each other, so that the last one is all that is worth keeping.
        if self._last is None or self._last[0] != context:
            self._last = context, self.codec.encode(context), self.codec.offsets(context)
        return self._last[1], self._last[2]
