"""Ctrl-C and SIGTERM: finish the step, save, say how to go on."""

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupted(Exception):
    """Training was asked to stop, and has saved everything that it needs to go on.

    Args:
        step: steps done.
        folder: where the checkpoint is.
        signal_number: what asked.
    """

    def __init__(self, step: int, folder: Path, signal_number: int) -> None:
        super().__init__(f"stopped after step {step}; {folder} has everything to go on with")
        self.step = step
        self.folder = folder
        self.signal_number = signal_number


class Interruption:
    """Inside the block the first SIGINT or SIGTERM is remembered; the second quits at once; after it all is as before.

    Outside the main thread no signal can be caught, and nothing is changed.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            # None: the handler was not installed from Python and cannot be put back from it.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = number
