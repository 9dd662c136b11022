"""Where tables go: as wide as the window, or of a fixed width where nobody looks."""

import sys

from rich.console import Console

# Of what is read by another program or goes into a file.
PIPED_WIDTH = 160


def output_console(piped_width: int | None = None) -> Console:
    """Standard output.

    Args:
        piped_width: characters of a line where it is no terminal; None is PIPED_WIDTH.
    """
    return Console(highlight=False, width=None if sys.stdout.isatty() else piped_width or PIPED_WIDTH)


def percent(share: float) -> str:
    """A share as people read it: what is not none is not 0%, and what is not all is not 100%."""
    if share in (0, 1):
        return f"{share:.0%}"
    rounded = f"{share:.1%}"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(rounded, rounded)
