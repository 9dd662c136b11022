"""When to do again something that costs time and changes no result: saving, looking, drawing."""

import time
from collections.abc import Callable

# A log file should tell that something is alive, and no more.
LINE_EVERY_SECONDS = 10.0


class Pace:
    """Due every so often, and more seldom when it turns out to be dear.

    Args:
        every_seconds: between two times; 0 is never due.
        share: at most this share of the time may be spent on it.
    """

    def __init__(self, every_seconds: float, share: float) -> None:
        self._every = every_seconds
        self._share = share
        self._due = 0.0 if every_seconds > 0 else float("inf")

    @property
    def is_due(self) -> bool:
        """It is time; at the beginning too."""
        return time.monotonic() >= self._due

    def done(self, seconds: float) -> None:
        """It was done just now, and took so long."""
        if self._every > 0:
            self._due = time.monotonic() + max(self._every, seconds / self._share)


def now_and_then(say: Callable[[str], None]) -> Callable[[str, float, float], None]:
    """Someone to be told how far something is, who says it in a line every 10 seconds; what is faster says nothing.

    Args:
        say: takes a line without its end.
    Returns:
        Takes what is being done, how much of it is done, and how much it is; 0 where that is not known.
    """
    pace = Pace(LINE_EVERY_SECONDS, 1.0)
    pace.done(0.0)

    def tell(what: str, done: float, whole: float) -> None:
        if pace.is_due:
            say(f"{what}: {done:,.0f} of {whole:,.0f}" if whole else what)
            pace.done(0.0)

    return tell
