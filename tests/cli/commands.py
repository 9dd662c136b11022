"""Commands in process, with text on standard input."""

import io
import sys
from unittest.mock import patch

from heedful.cli.main import main


class Typed(io.TextIOWrapper):
    """Standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(capsys, *arguments: object, typed: str | bytes = b"", terminal: bool = False) -> tuple[int, str, str]:
    """One command: its exit code, standard output and standard error."""
    raw = typed.encode() if isinstance(typed, str) else typed
    stream = (Typed if terminal else io.TextIOWrapper)(io.BytesIO(raw), encoding="ascii")
    with patch.object(sys, "stdin", stream):
        code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def refused(capsys, *arguments: object, typed: str | bytes = b"") -> str:
    """The one line of a command that the caller got wrong."""
    code, out, err = run(capsys, *arguments, typed=typed)
    assert (code, out) == (2, ""), err
    assert err.startswith("heedful: ")
    assert err.count("\n") == 1
    return err
