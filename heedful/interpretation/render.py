"""An attention map as people look at it: in a terminal, darker where the model looked longer."""

import numpy as np
from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from heedful.interpretation.attention_maps import AttentionMap

# From the background of a dark terminal to amber.
_DARK, _BRIGHT = np.array([28, 32, 44]), np.array([255, 176, 58])


def heat_map(attention: AttentionMap, cell_width: int = 0) -> RenderableType:
    """A table: a row for each target token, a column for each source token, each cell coloured by its weight.

    Args:
        attention: what to show; words rather than pieces are easier to read.
        cell_width: of a column in terminal cells; 0 fits each column to its token.
    """
    table = Table(box=None, padding=0, pad_edge=False, show_header=True, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    for token in attention.source:
        table.add_column(Text(f" {token} "), justify="center", no_wrap=True, min_width=cell_width or None)
    top = float(attention.weights.max(initial=0.0)) or 1.0
    for token, row in zip(attention.target, attention.weights, strict=True):
        cells = [
            _cell(float(weight), float(weight) / top, source)
            for weight, source in zip(row, attention.source, strict=True)
        ]
        table.add_row(Text(f"{token} ", style="bold"), *cells)
    return table


def _cell(weight: float, share: float, token: str) -> Text:
    red, green, blue = (_DARK + (_BRIGHT - _DARK) * share).astype(int)
    ink = "black" if share > 0.5 else "grey70"
    width = max(4, Text(token).cell_len + 2)
    figure = f"{round(100 * weight):d}" if weight >= 0.05 else ""
    return Text(figure.center(width), style=Style(color=ink, bgcolor=f"rgb({red},{green},{blue})"))
