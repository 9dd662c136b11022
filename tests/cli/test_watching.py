"""A bar is drawn in a terminal and of what takes long; elsewhere there is a line now and then."""

import io
import sys
import threading
from unittest.mock import patch

import pytest

from heedful.cli import watching as module
from heedful.cli.watching import watching
from heedful.training import pace


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(stream: io.StringIO, seconds: float, monkeypatch, **more: bool) -> str:
    """What is left on a stream by something that goes on until the bar is there, or could be."""
    monkeypatch.setattr(module, "AFTER_SECONDS", seconds)
    with patch.object(sys, "stderr", stream), watching(**more) as watch:
        watch("counting sheep", 0, 0)
        watch("counting [sheep]", 3, 4)
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer) and seconds == 0:
                thread.join()
    return stream.getvalue()


def test_a_terminal_shows_how_far_it_is(monkeypatch):
    text = drawn(Terminal(), 0, monkeypatch)
    assert "counting [sheep]" in text
    assert "75%" in text
    # The cursor is back.
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1


@pytest.mark.parametrize(("stream", "more"), [(io.StringIO(), {}), (Terminal(), {"wanted": False})])
def test_nobody_is_shown_what_they_do_not_watch(monkeypatch, stream, more):
    assert drawn(stream, 0, monkeypatch, **more) == ""


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch):
    monkeypatch.setattr(pace, "LINE_EVERY_SECONDS", 1e-9)
    assert drawn(io.StringIO(), 0, monkeypatch) == "heedful: counting sheep\nheedful: counting [sheep]: 3 of 4\n"


def test_what_is_fast_shows_nothing(monkeypatch):
    before = threading.active_count()
    assert drawn(Terminal(), 60, monkeypatch) == ""
    assert threading.active_count() == before


def test_an_error_takes_the_bar_away(monkeypatch):
    monkeypatch.setattr(module, "AFTER_SECONDS", 0)
    stream = Terminal()
    with patch.object(sys, "stderr", stream), pytest.raises(KeyboardInterrupt), watching():
        raise KeyboardInterrupt
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h")
