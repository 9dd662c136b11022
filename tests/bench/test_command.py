"""Errors and signals become a line and an exit code; our own mistakes are shown whole."""

from pathlib import Path

import pytest

from bench.command import make_app, run
from heedful.errors import OptionError
from heedful.training.interruption import Interrupted


def outcome(error, capsys, arguments=("--steps", "3")):
    """The exit code of a bench that raises this, and what it said."""
    app = make_app()

    @app.default
    def main(*, steps: int) -> None:
        if error is not None:
            raise error

    code = run(app, arguments)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (OptionError("give more"), 2, "heedful: give more\n"),
        (KeyboardInterrupt(), 130, "heedful: stopped; nothing is left half-written\n"),
        (Interrupted(7, Path("x"), 15), 143, "stopped; with --json the same command goes on behind the last training"),
    ],
)
def test_what_ends_a_bench_becomes_its_exit_code(error, code, said, capsys):
    found, err = outcome(error, capsys)
    assert found == code
    assert err.startswith(said) and bool(err) == bool(said)


def test_a_flag_that_there_is_not_is_the_callers_mistake(capsys):
    code, said = outcome(None, capsys, ["--stepz", "3"])
    assert code == 2
    assert said.count("\n") == 1 and "--stepz" in said


def test_our_own_mistakes_are_raised(capsys):
    with pytest.raises(ZeroDivisionError):
        outcome(ZeroDivisionError(), capsys)
