from unittest.mock import patch

import pytest

from heedful.cli import console


def test_a_pipe_has_a_fixed_width_and_a_window_its_own(monkeypatch):
    monkeypatch.setenv("COLUMNS", "77")
    assert console.output_console().width == console.PIPED_WIDTH
    assert console.output_console(120).width == 120
    with patch("heedful.cli.console.sys.stdout.isatty", return_value=True, create=True):
        assert console.output_console().width == 77
        assert console.output_console(120).width == 77


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0%"), (0.00001, "<0.1%"), (0.0123, "1.2%"), (0.29, "29.0%"), (2 / 3, "66.7%"), (1427 / 1428, "99.9%"),
        (0.9996, ">99.9%"), (1, "100%"),
    ],
)  # fmt: skip
def test_a_share_is_none_or_all_only_where_it_is(share, said):
    assert console.percent(share) == said
