"""What is printed when a training is done."""

import shlex

from rich.table import Table

from heedful.cli.console import output_console
from heedful.run.facts import FIGURE_NAMES, amount, duration, in_words, shown
from heedful.tasks.evidence import Published


def show_result(published: Published) -> None:
    """Scores with intervals, what it cost, where everything is, and how to use it."""
    console = output_console(120)
    console.print(scores_table(published))
    result = published.result
    to = f" --to {published.scores[0].target}" if len(published.scores) > 1 else ""
    cost = f"{result.step:,} updates over {result.epoch:.1f} epochs in {duration(result.seconds)}"
    readings = dict.fromkeys(in_words(item.figures["bleu"]["score"]) for item in published.scores)
    chosen = dict.fromkeys(item.data for item in published.scores if "," in item.data)
    lines = [
        *(f"on {data}" for data in chosen),
        f"as a rule of thumb: {'; '.join(readings)}",
        f"{amount(published.parameters)} parameters, {cost}",
        f"report     {published.path / 'report.html'}",
        f"translate  heedful translate {shlex.quote(str(published.path))}{to} < in.txt > out.txt",
    ]
    # A path may hold what looks like markup, and a command is copied whole.
    console.print(*lines, sep="\n", markup=False, soft_wrap=True)


def show_figures(published: Published) -> None:
    """Figures with intervals, those of simpler models beside them, what it cost, and where everything is."""
    console = output_console(120)
    table = Table("", "score", "95% interval", box=None, header_style="bold", pad_edge=False)
    for item in published.scores:
        for name, figure in item.figures.items():
            interval = f"{shown(name, figure['low'])} to {shown(name, figure['high'])}"
            table.add_row(", ".join(FIGURE_NAMES[name]), shown(name, figure["score"]), interval)
        for system, score in item.baselines.items():
            table.add_row(f"the first, of a {system}", shown(next(iter(item.figures)), score), "")
    console.print(table)
    result = published.result
    cost = f"{result.step:,} updates over {result.epoch:.1f} epochs in {duration(result.seconds)}"
    measured = "; ".join(f"{item.n_sentences:,} examples, {item.data}" for item in published.scores)
    lines = [
        f"on {measured}",
        f"{amount(published.parameters)} parameters, {cost}",
        f"report     {published.path / 'report.html'}",
        f"use        {published.path / 'README.md'} says how",
    ]
    console.print(*lines, sep="\n", markup=False, soft_wrap=True)


def scores_table(published: Published) -> Table:
    """A column for each direction, with BLEU, chrF and TER and their 95% intervals."""
    sets = published.scores
    directions = [f"{item.source} → {item.target}" for item in sets]
    table = Table("", *directions, box=None, header_style="bold", pad_edge=False)
    for name in ("bleu", "bleu_lowercase", "chrf", "ter"):
        figures = [item.figures[name] for item in sets]
        cells = [f"{figure['score']:.1f} [dim]({figure['low']:.1f}–{figure['high']:.1f})[/]" for figure in figures]
        table.add_row(" ".join(FIGURE_NAMES[name]), *cells)
    # What is behind the comma explains the name of the set, and has a line of its own.
    table.add_row("sentences", *(f"{item.n_sentences:,} {item.data.partition(',')[0]}" for item in sets))
    return table
