"""What is printed when a training is done."""

import sys

from rich.console import Console
from rich.table import Table

from heedful.run.facts import amount, duration
from heedful.tasks.evidence import Published


def show_result(published: Published) -> None:
    """Scores with intervals, what it cost, where everything is, and how to use it."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(scores_table(published))
    result = published.result
    console.print(
        f"{amount(published.parameters)} parameters, {result.step:,} updates over {result.epoch:.1f} epochs in "
        f"{duration(result.seconds)}"
    )
    console.print(f"report     {published.path / 'report.html'}")
    console.print(f"translate  heedful translate {published.path} < in.txt > out.txt")


def scores_table(published: Published) -> Table:
    """A row for each direction, with BLEU, chrF and TER and their 95% intervals."""
    table = Table("", "BLEU", "lower-cased", "chrF", "TER", "sentences", box=None, header_style="bold", pad_edge=False)
    for item in published.scores:
        cells = []
        for name in ("bleu", "bleu_lowercase", "chrf", "ter"):
            figure = item.figures[name]
            cells.append(f"{figure['score']:.1f} [dim]({figure['low']:.1f}–{figure['high']:.1f})[/]")
        table.add_row(f"{item.source} → {item.target}", *cells, f"{item.n_sentences:,} {item.data}")
    return table
