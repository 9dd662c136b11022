"""The command line of a long bench: exit codes as those of `heedful`, and how to go on when one is stopped."""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from heedful.cli.main import DONE, ending
from heedful.cli.stopping import terminable
from heedful.errors import HeedfulError
from heedful.training.interruption import Interrupted


def make_app() -> App:
    """A parser that leaves errors to `run`."""
    return App(result_action="return_value", exit_on_error=False, print_error=False, suppress_keyboard_interrupt=False)


def run(app: App, arguments: Sequence[str] | None = None) -> int:
    """Run a bench.

    Args:
        app: from `make_app`.
        arguments: what stands behind its name; None reads it from the process.
    Returns:
        0 done, 2 the caller's mistake, 130 interrupted, 143 told to end. Our own mistakes are raised.
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with terminable():
            app(tokens)
    except Interrupted as stop:
        print("stopped; with --json the same command goes on behind the last training that was done", file=sys.stderr)
        return 128 + stop.signal_number
    except (HeedfulError, CycloptsError, KeyboardInterrupt) as error:
        return ending(error, debug=False)
    return DONE
