"""What is printed when a training is done, and the figures of a run on another file."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from heedful.cli.console import output_console
from heedful.run.facts import FIGURE_NAMES, amount, duration, in_words, shown

if TYPE_CHECKING:
    from heedful.tasks.evidence import Published
    from heedful.tasks.scoring import FileScores


def show_outcome(published: "Published", usage: str) -> None:
    """Scores with intervals, what others reach, what it cost, where everything is, and how to use it.

    Args:
        published: the run, of any task but translation.
        usage: a line that says how, as "classify   heedful classify runs/x < texts.txt".
    """
    console = output_console(120)
    for item in published.scores:
        console.print(figures_table(item.figures, f"{item.n_sentences:,} in {item.data.partition(',')[0]}"))
        first = next(iter(item.figures))
        for name, value in item.baselines.items():
            said = f"{name}: {FIGURE_NAMES.get(first, (first,))[0]} {shown(first, value)}"
            console.print(said, markup=False, style="dim", soft_wrap=True)
    _show_lines(published, usage)


def show_translator(published: "Published") -> None:
    """The same of a translator.

    Args:
        published: the run.
    """
    output_console(120).print(scores_table(published))
    to = f" --to {published.scores[0].target}" if len(published.scores) > 1 else ""
    readings = dict.fromkeys(in_words(item.figures["bleu"]["score"]) for item in published.scores)
    chosen = dict.fromkeys(item.data for item in published.scores if "," in item.data)
    said = [*(f"on {data}" for data in chosen), f"as a rule of thumb: {'; '.join(readings)}"]
    usage = f"translate  heedful translate {shlex.quote(str(published.path))}{to} < in.txt > out.txt"
    _show_lines(published, usage, said)


def _show_lines(published: "Published", usage: str, said: Sequence[str] = ()) -> None:
    result = published.result
    cost = f"{result.step:,} updates over {result.epoch:.1f} epochs in {duration(result.seconds)}"
    lines = [
        *said,
        f"{amount(published.parameters)} parameters, {cost}",
        f"report     {published.path / 'report.html'}",
        usage,
    ]
    # A path may hold what looks like markup, and a command is copied whole.
    output_console(120).print(*lines, sep="\n", markup=False, soft_wrap=True)


def scores_table(published: "Published") -> Table:
    """A column for each direction, with BLEU, chrF and TER and their 95% intervals.

    Args:
        published: the run of a translator.
    """
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
