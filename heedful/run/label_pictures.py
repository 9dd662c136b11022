"""Pictures of a classifier: which labels it takes for which, and whether it is right as often as it says."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from heedful.run.charts import Series, escape, line_chart

# Labels of a picture at most: the page holds no more.
MOST = 24


def confusion_table(counts: NDArray[Any], labels: Sequence[str]) -> str:
    """A table of how often each label (a row) was told as each (a column), as HTML; darker where more often.

    Args:
        counts: (Y, Y).
        labels: names of rows and columns; the commonest MOST of them are shown.
    """
    order = sorted(range(len(labels)), key=lambda number: (-int(counts[number].sum()), number))[:MOST]
    shown = sorted(order)
    head = "".join(f'<th scope="col" class="n">{escape(labels[column])}</th>' for column in shown)
    rows = []
    for row in shown:
        whole = max(1, int(counts[row].sum()))
        cells = []
        for column in shown:
            share = counts[row, column] / whole
            colour = "--first" if row == column else "--second"
            tint = f"background:color-mix(in srgb, var({colour}) {round(70 * share)}%, transparent)"
            cells.append(f'<td class="n" style="{tint}">{int(counts[row, column]):,}</td>')
        rows.append(f'<tr><th scope="row">{escape(labels[row])}</th>{"".join(cells)}</tr>')
    left = f" (the {MOST} commonest of {len(labels):,} labels)" if len(labels) > MOST else ""
    return (
        '<div class="card"><h3>What is told of what '
        f'<span class="soft small">a row: true; a column: told{left}</span></h3>'
        '<div class="scroll" tabindex="0" role="region" aria-label="What is told of what"><table class="confusion">'
        f'<thead><tr><th scope="col">true</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></div>'
    )


def calibration_chart(bins: Sequence[tuple[float, float, int]]) -> str:
    """How often the model is right over how sure it is, as HTML; on the diagonal it is right as often as it says.

    Args:
        bins: mean confidence, accuracy and number of examples, shares in [0, 1].
    """
    sure = [100 * confidence for confidence, _, _ in bins]
    right = [100 * accuracy for _, accuracy, _ in bins]
    series = [Series("right", sure, right, marks=True), Series("as it says", [0.0, 100.0], [0.0, 100.0])]
    chart = line_chart(series, "How often it is right", "% sure")
    return (
        '<div class="pair"><div class="card"><h3>Right as often as it says? '
        f'<span class="soft small">% right over % sure</span></h3>{chart}</div></div>'
    )
