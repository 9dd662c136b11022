"""Ctrl-C in a training: what is saved, and how to go on."""

import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def until_stopped(out: Path, work: Callable[[], Result]) -> Result | int:
    """Do something that trains; when it is stopped, say how to go on.

    Args:
        out: the run directory.
        work: trains in it.
    Returns:
        What `work` returned, or the exit code: 128 and the number of the signal.
    Raises:
        KeyboardInterrupt: it had not begun, so there is nothing to go on with.
    """
    from heedful.tasks.beginning import has_begun
    from heedful.tasks.curve_plan import is_curve
    from heedful.training.interruption import Interrupted

    try:
        return work()
    except Interrupted as stop:
        said, number = f"stopped after step {stop.step:,}; everything is saved", stop.signal_number
    except KeyboardInterrupt:
        if not has_begun(out) and not is_curve(out):
            raise
        said, number = "interrupted; what was saved is safe", int(signal.SIGINT)
    again = shlex.join(["heedful", "train", "translation", "--out", str(out), "--resume"])
    print(f"heedful: {said}. Go on with: {again}", file=sys.stderr)
    return 128 + number
