"""What is printed when a training that is no translation is done, and the figures of one on another file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from heedful.cli.console import output_console
from heedful.run.facts import FIGURE_NAMES, amount, duration, shown

if TYPE_CHECKING:
    from heedful.tasks.evidence import Published
    from heedful.tasks.scoring import FileScores


def show_outcome(published: "Published", usage: str) -> None:
    """Scores with intervals, what others reach, what it cost, where everything is, and how to use it.

    Args:
        published: the run.
        usage: a line that says how, as "classify   heedful classify runs/x < texts.txt".
    """
    console, result = output_console(120), published.result
    for item in published.scores:
        console.print(figures_table(item.figures, f"{item.n_sentences:,} in {item.data.partition(',')[0]}"))
        first = next(iter(item.figures))
        for name, value in item.baselines.items():
            said = f"{name}: {FIGURE_NAMES.get(first, (first,))[0]} {shown(first, value)}"
            console.print(said, markup=False, style="dim", soft_wrap=True)
    cost = f"{result.step:,} updates over {result.epoch:.1f} epochs in {duration(result.seconds)}"
    lines = [
        f"{amount(published.parameters)} parameters, {cost}",
        f"report     {published.path / 'report.html'}",
        usage,
    ]
    # A path may hold what looks like markup, and a command is copied whole.
    console.print(*lines, sep="\n", markup=False, soft_wrap=True)


def figures_table(figures: Mapping[str, Mapping[str, Any]], about: str) -> Table:
    """A row for each figure, with its 95% interval.

    Args:
        figures: by name.
        about: what they were made on.
    """
    table = Table(about, "score", "95% interval", box=None, header_style="bold", pad_edge=False)
    for name, figure in figures.items():
        interval = f"{shown(name, figure['low'])}–{shown(name, figure['high'])}"
        table.add_row(FIGURE_NAMES.get(name, (name,))[0], shown(name, figure["score"]), interval)
    return table


def show_file_scores(found: "FileScores") -> None:
    """Print the figures of a run on a file, and the comparison with another."""
    console = output_console(120)
    console.print(figures_table(found.figures, f"{found.n_examples:,} examples"))
    if found.against is not None and found.comparison is not None:
        compared, digits = found.comparison, found.comparison.digits()
        name = FIGURE_NAMES.get(found.headline, (found.headline,))[0]
        span = f"{compared.low:+.{digits}f} to {compared.high:+.{digits}f}"
        verdict = "a clear difference" if compared.clear else "it may be chance"
        line = f"{name} minus that of {found.against}: {compared.difference:+.{digits}f} ({span})"
        console.print(f"{line}, p = {compared.p_in_words}: {verdict}", markup=False, soft_wrap=True)
    signatures = "; ".join(dict.fromkeys(figure["signature"] for figure in found.figures.values()))
    console.print(signatures, style="dim", markup=False, soft_wrap=True)
