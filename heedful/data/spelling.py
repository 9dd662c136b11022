"""Tokens to text as they come, one by one: nothing is said before it is certain."""

import codecs

from heedful.data.tokenizer import Tokenizer


class Spelling:
    """The text of tokens that come one after the other. Bytes wait until they make a character.

    Args:
        tokenizer: of the tokens.
        opening: whether a text begins here; the space before its first word is left out.
    """

    def __init__(self, tokenizer: Tokenizer, opening: bool) -> None:
        self._tokenizer, self._opening = tokenizer, opening
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """What is certain with this token and was not before; special tokens say nothing."""
        if token < self._tokenizer.n_specials:
            return ""
        if self._tokenizer.is_byte(token):
            said = self._bytes.decode(bytes([int(self._tokenizer.piece(token)[3:5], 16)]))
        else:
            said = self.end() + self._tokenizer.piece(token)
        if self._opening and said:
            said = said.removeprefix(" ")
            self._opening = False
        return said

    def end(self) -> str:
        """What waited and will not be completed: U+FFFD in its place."""
        return self._bytes.decode(b"", final=True)


class Stops:
    """Text that ends where one of some strings would begin; what might become one waits.

    Args:
        stops: the strings.
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._held = ""
        self.reached = False

    def add(self, text: str) -> str:
        """What is certain with this text; `reached` is then whether the end has come."""
        self._held += text
        places = [place for place in (self._held.find(stop) for stop in self._stops) if place >= 0]
        if places:
            self.reached = True
            said, self._held = self._held[: min(places)], ""
            return said
        waiting = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        certain = len(self._held) - waiting
        said, self._held = self._held[:certain], self._held[certain:]
        return said

    def end(self) -> str:
        """What waited and became none."""
        said, self._held = self._held, ""
        return said


def _overlap(text: str, stop: str) -> int:
    """Letters at the end of a text with which the string may begin."""
    return next(n for n in range(min(len(text), len(stop) - 1), -1, -1) if text.endswith(stop[:n]))
