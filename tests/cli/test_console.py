from unittest.mock import patch

from heedful.cli import console


def test_a_pipe_has_a_fixed_width_and_a_window_its_own(monkeypatch):
    monkeypatch.setenv("COLUMNS", "77")
    assert console.output_console().width == console.PIPED_WIDTH
    assert console.output_console(120).width == 120
    with patch("heedful.cli.console.sys.stdout.isatty", return_value=True, create=True):
        assert console.output_console().width == 77
        assert console.output_console(120).width == 77
