"""What takes longer than people like to wait in the dark: a bar in a terminal, a line now and then elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from heedful.training.pace import now_and_then

# What is faster shows nothing.
AFTER_SECONDS = 2.0


class Watch:
    """Is told how far something is, and shows it.

    Args:
        progress: draws.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def __call__(self, what: str, done: float, whole: float) -> None:
        """Show how far it is.

        Args:
            what: is being done.
            done: of `whole`.
            whole: 0 where nobody knows how much it is.
        """
        self._progress.update(self._task, description=what, completed=done, total=whole or None)


@contextmanager
def watching(wanted: bool = True) -> Iterator[Callable[[str, float, float], None]]:
    """Something that may take long; yields what is told how far it is, as a `Watch` is.

    Args:
        wanted: whether to show anything.
    """
    console = Console(file=sys.stderr)
    if wanted and (not sys.stderr.isatty() or console.is_dumb_terminal):
        yield now_and_then(lambda line: print(f"heedful: {line}", file=sys.stderr, flush=True))
        return
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left:", style="dim"),
        TimeRemainingColumn(),
        console=console,
        # It leaves no trace: the results are what stays.
        transient=True,
        redirect_stdout=False,
        disable=not wanted,
    )
    beginning = threading.Timer(AFTER_SECONDS, progress.start)
    beginning.daemon = True
    if not progress.disable:
        beginning.start()
    try:
        yield Watch(progress)
    finally:
        beginning.cancel()
        if not progress.disable:
            beginning.join()
        progress.stop()
