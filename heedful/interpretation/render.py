"""An attention map as people look at it: in a terminal, darker where the model looked longer."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from heedful.interpretation.attention_maps import AttentionMap

# From the background of a dark terminal to amber.
_DARK, _BRIGHT = np.array([28, 32, 44]), np.array([255, 176, 58])


def heat_map(attention: AttentionMap) -> RenderableType:
    """A table: a row for each target token, a column for each source token, each cell coloured by its weight.

    Where the terminal is too narrow for all columns the rest follows below, so that none is cut.

    Args:
        attention: what to show; words rather than pieces are easier to read.
    """
    return _HeatMap(attention)


class _HeatMap:
    """What fits in a line is known only when it is drawn."""

    def __init__(self, attention: AttentionMap) -> None:
        self._attention = attention

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        attention = self._attention
        head = max((Text(token).cell_len + 1 for token in attention.target), default=0)
        for number, columns in enumerate(_blocks(attention.source, options.max_width - head)):
            if number:
                yield ""
            yield _block(attention, columns)


def _blocks(tokens: Sequence[str], room: int) -> Iterator[range]:
    """Neighbouring columns that fit side by side; one that is too wide alone stands alone."""
    first, used = 0, 0
    for column, token in enumerate(tokens):
        width = _width(token)
        if column > first and used + width > room:
            yield range(first, column)
            first, used = column, 0
        used += width
    yield range(first, len(tokens))


def _block(attention: AttentionMap, columns: range) -> Table:
    table = Table(box=None, padding=0, pad_edge=False, show_header=True, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    for column in columns:
        table.add_column(Text(f" {attention.source[column]} "), justify="center", no_wrap=True)
    top = float(attention.weights.max(initial=0.0)) or 1.0
    for token, row in zip(attention.target, attention.weights, strict=True):
        cells = [_cell(float(row[column]), float(row[column]) / top, attention.source[column]) for column in columns]
        table.add_row(Text(f"{token} ", style="bold"), *cells)
    return table


def _width(token: str) -> int:
    return max(4, Text(token).cell_len + 2)


def _cell(weight: float, share: float, token: str) -> Text:
    red, green, blue = (_DARK + (_BRIGHT - _DARK) * share).astype(int)
    ink = "black" if share > 0.5 else "grey70"
    figure = f"{round(100 * weight):d}" if weight >= 0.05 else ""
    return Text(figure.center(_width(token)), style=Style(color=ink, bgcolor=f"rgb({red},{green},{blue})"))
