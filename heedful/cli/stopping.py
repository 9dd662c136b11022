"""Ctrl-C and SIGTERM: what is saved of a training, and how to go on."""

import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


class Terminated(KeyboardInterrupt):
    """SIGTERM came: what an interruption undoes or saves, it does too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Inside the block SIGTERM raises `Terminated`, wherever no training takes better care of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        # None: whoever embeds Python set it, and only they can set it again.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise Terminated


def until_stopped(out: Path, work: Callable[[], Result], verb: str = "train translation") -> Result | int:
    """Do something that trains; when it is stopped, say how to go on.

    Args:
        out: the run directory.
        work: trains in it.
        verb: that goes on there with --resume, with its arguments.
    Returns:
        What `work` returned, or the exit code: 128 and the number of the signal.
    Raises:
        KeyboardInterrupt: it had not begun, so there is nothing to go on with.
    """
    from heedful.tasks.beginning import has_begun
    from heedful.tasks.curve_plan import is_curve
    from heedful.tasks.distillation import is_distillation
    from heedful.tasks.duel_plan import is_duel
    from heedful.training.interruption import Interrupted

    try:
        return work()
    except Interrupted as stop:
        said, number = f"stopped after step {stop.step:,}; everything is saved", stop.signal_number
    except KeyboardInterrupt as stop:
        if not (has_begun(out) or is_curve(out) or is_duel(out) or is_distillation(out)):
            raise
        said = "interrupted; what was saved is safe"
        number = int(signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)
    again = shlex.join(["heedful", *shlex.split(verb), "--out", str(out), "--resume"])
    print(f"heedful: {said}. Go on with: {again}", file=sys.stderr)
    return 128 + number
