"""What is printed when a training is done."""

import shlex

from rich.table import Table

from heedful.cli.console import output_console
from heedful.run.facts import amount, duration, in_words
from heedful.tasks.evidence import Published


def show_result(published: Published) -> None:
    """Scores with intervals, what it cost, where everything is, and how to use it."""
    console = output_console(120)
    console.print(scores_table(published))
    result = published.result
    to = f" --to {published.scores[0].target}" if len(published.scores) > 1 else ""
    cost = f"{result.step:,} updates over {result.epoch:.1f} epochs in {duration(result.seconds)}"
    readings = dict.fromkeys(in_words(item.figures["bleu"]["score"]) for item in published.scores)
    lines = [
        f"as a rule of thumb: {'; '.join(readings)}",
        f"{amount(published.parameters)} parameters, {cost}",
        f"report     {published.path / 'report.html'}",
        f"translate  heedful translate {shlex.quote(str(published.path))}{to} < in.txt > out.txt",
    ]
    # A path may hold what looks like markup, and a command is copied whole.
    console.print(*lines, sep="\n", markup=False, soft_wrap=True)


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
