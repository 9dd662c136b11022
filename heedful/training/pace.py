"""When to do again something that costs time and changes no result: saving, looking, drawing."""

import time


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
