"""Pictures as inline SVG whose words stay text: learning curves and attention maps.

Drawn by hand: they take their colours from the page (light and dark), and any script shows in the reader's fonts.
"""

import html
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 420, 232
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 70, 14, 30
_MAX_POINTS = 240
# Cells of a map shrink until the page holds it, and no further than their words stay legible.
_CELL, _LEAST_CELL, _CELLS_WIDE = 26.0, 14.0, 780.0
_FONT = 13.0
MAX_PIECES = 60
# Letters of a name beside a dot, and how far apart two of them stand.
_MAX_NAME, _LINE = 24, 13.0


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Args:
        label: its name, written at its end.
        xs: in rising order.
        ys: as many.
        marks: whether each point is a measurement worth a dot.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    marks: bool = False


@dataclass(frozen=True)
class Dot:
    """A measurement in two ways.

    Args:
        label: its name, written beside it.
        x: along the horizontal axis.
        y: along the vertical one.
        low: lower end of the interval of `y`.
        high: upper end.
    """

    label: str
    x: float
    y: float
    low: float
    high: float


def escape(text: Any) -> str:
    """Text that is inert in HTML: control characters become visible; overrides of direction and lone surrogates "�"."""
    return html.escape("".join(_visible(letter) for letter in str(text)))


def line_chart(
    series: Sequence[Series], title: str, x_unit: str, best: str = "", sizes: Sequence[float] | None = None
) -> str:
    """An SVG chart of one to four lines; its axes hold every point.

    Args:
        series: at least one of them with at least one point.
        title: what the lines show; read aloud, not drawn.
        x_unit: of the horizontal axis, as "minutes".
        best: "high" or "low" puts an open circle around that point of each series with marks.
        sizes: makes the horizontal axis logarithmic, with these positive numbers written at it, the smallest first;
            None is a linear one from zero.
    """
    drawn = [_thinned(item) for item in series if len(item.xs)]
    scale: Callable[[float], float] = math.log2 if sizes else float
    xs = [scale(x) for item in drawn for x in item.xs]
    x_low, x_high = (min(xs), max(xs)) if sizes else (min(0.0, *xs), max(xs) or 1.0)
    y_low, y_high = _range(drawn)
    if len(drawn) == 1 and y_low > 0:
        y_low = 0.0  # its area is filled, and only from zero does an area tell the truth
    y_ticks = ticks(y_low, y_high)
    y_low, y_high = min(y_low, y_ticks[0]), max(y_high, y_ticks[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + (scale(x) - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)
        share = (y - y_low) / (y_high - y_low)
        return round(across, 1), round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [_axes(y_ticks, sizes or [tick for tick in ticks(x_low, x_high, 5) if tick <= x_high], place, x_unit)]
    for index, item in enumerate(drawn):
        points = [place(x, y) for x, y in zip(item.xs, item.ys, strict=True)]
        path = "M" + "L".join(f"{x} {y}" for x, y in points)
        if len(drawn) == 1:
            floor = _HEIGHT - _BOTTOM
            parts.append(f'<path class="area s{index}" d="{path}L{points[-1][0]} {floor}L{points[0][0]} {floor}Z"/>')
        parts.append(f'<path class="line s{index}" d="{path}"/>')
        if item.marks:
            parts += _dots(item, points, index, x_unit)
    parts += _end_labels(drawn, place)
    if best:
        parts += _best_points(drawn, best, place)
    spoken = "; ".join(f"{item.label} from {number(item.ys[0])} to {number(item.ys[-1])}" for item in drawn)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(f"{title} over {x_unit}: {spoken}")}">{"".join(parts)}</svg>'
    )


def dot_chart(dots: Sequence[Dot], title: str, x_unit: str) -> str:
    """An SVG chart of a few dots with their intervals, over a horizontal axis from zero.

    Args:
        dots: one to four.
        title: what they show; read aloud, not drawn.
        x_unit: of the horizontal axis, as "sentences/s".
    """
    y_ticks = ticks(min(dot.low for dot in dots), max(dot.high for dot in dots))
    x_ticks = ticks(0.0, max(dot.x for dot in dots) or 1.0, 5)

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + x / x_ticks[-1] * (_WIDTH - _LEFT - _RIGHT)
        share = (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return round(across, 1), round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts, heights = [_axes(y_ticks, x_ticks, place, x_unit)], _apart([place(dot.x, dot.y)[1] - 6 for dot in dots])
    for index, dot in enumerate(dots):
        (x, y), (_, low), (_, high) = place(dot.x, dot.y), place(dot.x, dot.low), place(dot.x, dot.high)
        said = f"{dot.label}: {number(dot.y)} ({number(dot.low)} to {number(dot.high)}) at {number(dot.x)} {x_unit}"
        # A name beside a dot at the right edge would leave the picture.
        anchor, beside = ("end", x - 8) if x > _WIDTH / 2 else ("start", x + 8)
        parts.append(
            f'<path class="line s{index}" d="M{x} {low}V{high}"/>'
            f'<circle class="s{index}" cx="{x}" cy="{y}" r="4.5"><title>{escape(said)}</title></circle>'
            f'<text class="end s{index}" x="{beside:.1f}" y="{heights[index]:.1f}" text-anchor="{anchor}">'
            f"{escape(_cut(dot.label, _MAX_NAME))}</text>"
        )
    spoken = "; ".join(f"{dot.label} {number(dot.y)} at {number(dot.x)}" for dot in dots)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(f"{title}, over {x_unit}: {spoken}")}">{"".join(parts)}</svg>'
    )


def heat_map(source: Sequence[str], target: Sequence[str], weights: NDArray[Any], label: str) -> str:
    """How much each target piece (a row) looked at each source piece (a column); `MAX_PIECES` of both at most.

    Args:
        source: S pieces, as people see them.
        target: T pieces.
        weights: a (T, S) array of shares in [0, 1].
        label: read aloud before the strongest links.
    """
    values = np.nan_to_num(np.asarray(weights, dtype=float))
    assert values.shape == (len(target), len(source)), f"expected {(len(target), len(source))}: got {values.shape}"
    source, target = ([_short(piece) for piece in pieces[:MAX_PIECES]] for pieces in (source, target))
    values = values[: len(target), : len(source)]
    cell = max(_LEAST_CELL, min(_CELL, _CELLS_WIDE / max(len(source), 1)))
    font = min(_FONT, 0.72 * cell)
    left = 14 + max((_breadth(piece, font) for piece in target), default=0)
    heads, top, overhang = _column_heads(source, left, cell, font)
    width, height = left + cell * len(source) + overhang, top + cell * len(target) + 4
    parts = [heads]
    for row, piece in enumerate(target):
        y = top + cell * row
        middle = y + cell / 2 + 0.38 * font
        parts.append(f'<text x="{left - 8:.0f}" y="{middle:.1f}" text-anchor="end">{escape(piece)}</text>')
        for column in range(len(source)):
            link = f"{piece} ← {source[column]}"
            parts.append(_cell(left + cell * column, y, cell, float(values[row, column]), link))
    strongest = [
        f"{piece} looks most at {source[int(values[row].argmax())]}"
        for row, piece in enumerate(target)
        if len(source) and values[row].max() > 0
    ]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg class="heat" {size} font-size="{font:.1f}" role="img" '
        f'aria-label="{escape(f"{label}: " + ", ".join(strongest))}">{"".join(parts)}</svg>'
    )


def ticks(low: float, high: float, n_ticks: int = 4) -> list[float]:
    """Round numbers that cover a range: steps of 1, 2 or 5 times a power of ten.

    Args:
        low: start of the range.
        high: its end.
        n_ticks: about how many steps.
    """
    span = (high - low) or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / n_ticks))
    step = next(size * factor for factor in (1, 2, 5, 10) if span / (size * factor) <= n_ticks * 1.001)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, max(last, first + 1) + 1)]


def number(value: float) -> str:
    """A number in at most five characters or so: 0.002, 2.31, 36.4, 24k, 1.2M."""
    size = abs(value)
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            return f"{value / (1e3 if letter == 'k' else unit):.3g}{letter}"
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100 or value == int(value):
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1:
        return f"{value:.2f}"
    return f"{value:.2g}" if size >= 0.0001 else f"{value:.0e}".replace("e-0", "e-")


def _visible(letter: str) -> str:
    code = ord(letter)
    if code < 32 and letter not in "\n\t":
        return chr(0x2400 + code)
    # Overrides of direction could make the page around a sentence read backwards.
    hidden = code == 127 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or 0xD800 <= code <= 0xDFFF
    return "\ufffd" if hidden else letter


def _thinned(item: Series) -> Series:
    """At most 240 points, each the mean of its neighbours; the last one is kept as it is."""
    if len(item.xs) <= _MAX_POINTS:
        return item
    groups = np.array_split(np.arange(len(item.xs) - 1), _MAX_POINTS - 1)
    xs, ys = np.asarray(item.xs, dtype=float), np.asarray(item.ys, dtype=float)
    means = [(float(xs[group].mean()), float(ys[group].mean())) for group in groups]
    means.append((float(xs[-1]), float(ys[-1])))
    return Series(item.label, [x for x, _ in means], [y for _, y in means], marks=False)


def _range(series: Sequence[Series]) -> tuple[float, float]:
    every = [y for item in series for y in item.ys]
    low, high = min(every), max(every)
    return (low, high) if high > low else (low - 0.5 * (abs(low) or 1), low + 0.5 * (abs(low) or 1))


def _axes(y_ticks: Sequence[float], x_ticks: Sequence[float], place: Any, x_unit: str) -> str:
    parts = []
    x_end, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    bottom = y_ticks[0]
    for tick in y_ticks:
        y = place(x_ticks[0], tick)[1]
        parts.append(f'<path class="grid" d="M{_LEFT} {y}H{x_end}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>')
    for tick in x_ticks:
        x = place(tick, bottom)[0]
        parts.append(f'<text class="tick" x="{x}" y="{floor + 17}" text-anchor="middle">{number(tick)}</text>')
    parts.append(f'<text class="tick" x="{x_end + 20}" y="{floor + 17}">{escape(x_unit)}</text>')
    return "".join(parts)


def _dots(item: Series, points: Sequence[tuple[float, float]], index: int, x_unit: str) -> list[str]:
    return [
        f'<circle class="s{index}" cx="{px}" cy="{py}" r="2.4">'
        f"<title>{number(x)} {escape(x_unit)}: {number(y)}</title></circle>"
        for (px, py), x, y in zip(points, item.xs, item.ys, strict=True)
    ]


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of names, pushed down where one would stand on another."""
    found, last = list(heights), -math.inf
    for index in sorted(range(len(found)), key=found.__getitem__):
        found[index] = last = max(found[index], last + _LINE)
    return found


def _end_labels(series: Sequence[Series], place: Any) -> list[str]:
    """The name and last value of each line at its end, pushed apart where they would overlap."""
    ends = sorted((place(item.xs[-1], item.ys[-1])[1], index, item) for index, item in enumerate(series))
    lowest = _HEIGHT - _BOTTOM - 15
    heights = [min(y, lowest - 28 * (len(ends) - 1 - rank)) for rank, (y, _, _) in enumerate(ends)]
    parts, last = [], -math.inf
    for height, (_, index, item) in zip(heights, ends, strict=True):
        last = max(height, last + 28)
        parts.append(
            f'<text class="end s{index}" x="{_WIDTH - _RIGHT + 8}" y="{last:.1f}">{escape(item.label)}'
            f'<tspan class="value" x="{_WIDTH - _RIGHT + 8}" dy="13">{number(item.ys[-1])}</tspan></text>'
        )
    return parts


def _best_points(series: Sequence[Series], best: str, place: Any) -> list[str]:
    """Open circles; their values beside them where the end of a line does not say it already and all have room."""
    circles, values, places = [], [], []
    for index, item in enumerate(series):
        if not item.marks:
            continue
        chosen = max(item.ys) if best == "high" else min(item.ys)
        x, y = place(item.xs[list(item.ys).index(chosen)], chosen)
        said = number(chosen)
        circles.append(f'<circle class="best s{index}" cx="{x}" cy="{y}" r="4.5"><title>best: {said}</title></circle>')
        if chosen != item.ys[-1]:
            above = max(y - 9 if best == "high" else y + 19, 10)
            places.append((x, above))
            values.append(f'<text class="tick" x="{x}" y="{above:.1f}" text-anchor="middle">best {said}</text>')
    crowded = any(abs(x - u) < 54 and abs(y - v) < 12 for (x, y), (u, v) in combinations(places, 2))
    return circles if crowded else circles + values


def _column_heads(pieces: Sequence[str], left: float, cell: float, font: float) -> tuple[str, float, float]:
    """The names above the columns, how high they are, and how far the last one reaches over.

    What fits is level; Chinese and its like stand upright, letter below letter; the rest is slanted.
    """
    widest = max((_breadth(piece, font) for piece in pieces), default=0)
    longest = max((len(piece) for piece in pieces), default=0)
    level = widest <= cell - 3
    upright = not level and longest <= 4 and all(len(piece) == 1 or all(map(_is_wide, piece)) for piece in pieces)
    line = 1.15 * font
    top = 11 + font if level else 10 + line * longest if upright else 12 + 0.75 * widest
    parts = []
    for column, piece in enumerate(pieces):
        x, y = left + cell * (column + 0.5), top - 7
        if upright:
            letters = "".join(
                f'<tspan x="{x:.1f}" y="{y - line * (len(piece) - 1 - index):.1f}">{escape(letter)}</tspan>'
                for index, letter in enumerate(piece)
            )
            parts.append(f'<text text-anchor="middle">{letters}</text>')
        else:
            turn = 'text-anchor="middle"' if level else f'transform="rotate(-45 {x:.1f} {y:.1f})"'
            parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {turn}>{escape(piece)}</text>')
    return "".join(parts), top, 6.0 if level or upright else 0.75 * widest


def _cell(x: float, y: float, size: float, weight: float, link: str) -> str:
    # A little more than its share, so that a third is seen; below a hundredth there is nothing to see.
    strength = min(max(weight, 0.0), 1.0) ** 0.8
    filled = f' fill-opacity="{strength:.2f}"' if weight >= 0.01 else ' class="none"'
    return (
        f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{size - 2:.1f}" height="{size - 2:.1f}" rx="{size / 9:.1f}"'
        f"{filled}><title>{escape(link)}: {weight:.2f}</title></rect>"
    )


def _short(piece: str) -> str:
    return _cut(piece.replace("▁", "").strip() or "␣", 16)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _breadth(text: str, font: float) -> float:
    """About how wide a text is; characters of East Asia are square."""
    return font * sum(1.04 if _is_wide(letter) else 0.585 for letter in text)
