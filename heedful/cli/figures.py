"""The tables of `heedful evaluate`."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from heedful.cli.behaviour import show_behaviour
from heedful.cli.console import output_console
from heedful.evaluation.breakdown import MIN_SENTENCES, Group
from heedful.evaluation.significance import LEVEL, Comparison
from heedful.evaluation.translation import Figure
from heedful.run.facts import FIGURE_NAMES, in_words
from heedful.tasks.comparison import Against
from heedful.tasks.evaluation import Evaluation
from heedful.tasks.evidence import Evaluated
from heedful.tasks.grouping import Groups


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the figures, and what else was wanted."""
    console = output_console()
    found, against = evaluation.found, evaluation.against
    show_scores(found, console)
    if against is not None:
        show_comparison(found, against, console)
    if evaluation.groups is not None:
        show_groups(evaluation.groups, against.theirs if against is not None else None, console)
    if evaluation.behaviour is not None:
        console.print()
        show_behaviour(evaluation.behaviour)


def show_scores(found: Evaluated, console: Console) -> None:
    """Print the figures of one system."""
    table = _table("figure", "score", "95% interval")
    figures: dict[str, Figure] = {" ".join(FIGURE_NAMES[name]): figure for name, figure in vars(found.scores).items()}
    for title, figure in figures.items():
        table.add_row(title, f"{figure.score:.2f}", _interval(figure))
    console.print(table)
    _say(console, f"as a rule of thumb: {in_words(found.scores.bleu.score)}")
    speed = f"{found.seconds:.1f} s, {found.tokens_per_second:,.0f} tokens/s"
    noun = "sentence" if found.sentences == 1 else "sentences"
    _say(console, f"{found.sentences:,} {noun} {' → '.join(found.direction)} in {speed}")
    console.print("\nsignatures, to be quoted with the scores", style="dim")
    for title, figure in figures.items():
        # A line of its own, which no window breaks: it is copied whole.
        _say(console, f"{title}\n{figure.signature}")


def show_comparison(found: Evaluated, against: Against, console: Console) -> None:
    """Print two systems side by side, and what the difference means."""
    names = (against.ours, against.theirs)
    table = _table("figure", *names, "difference", "p-value", "better")
    for column in table.columns[3:5]:
        column.no_wrap = True
    for name, comparison in against.comparisons.items():
        ours, theirs = vars(found.scores)[name], vars(against.scores)[name]
        winner = against.clear_winner(name)
        better = "not clear" if winner is None else names[winner]
        digits = comparison.digits()
        difference = f"{comparison.difference:+z.{digits}f} {_range(comparison, digits)}"
        cells = [f"{ours.score:.2f}", f"{theirs.score:.2f}", difference]
        table.add_row(" ".join(FIGURE_NAMES[name]), *cells, comparison.p_in_words, escape(better))
    console.print()
    console.print(table)
    _say(console, "in parentheses: 95% intervals")
    _say(console, f"better: where p is below {LEVEL} and the interval lies on one side of 0, both")
    _say(console, against.verdict)


def show_groups(groups: Groups, rival: str | None, console: Console) -> None:
    """Print the figures of parts of a text; with another system's name the differences to it."""
    unit = groups.unit.removesuffix("s")
    parts = (
        ("length of the source", groups.length),
        (f"how often training read the rarest {unit}", groups.rarest),
        ("what training read of the source", groups.seen),
    )
    shown = [(title, found) for title, found in parts if not all(group.too_few for group in found)]
    for title, found in shown:
        console.print()
        console.print(_groups_table(title, found, rival))
    if any(group.too_few for _, found in shown for group in found):
        _say(console, f"too few: under {MIN_SENTENCES} sentences say nothing")
    _say(console, "in parentheses: 95% intervals" if shown else "")
    for title, found in parts:
        if found and (title, found) not in shown:
            _say(console, f"{title}: left out, no part of the text has {MIN_SENTENCES} sentences")
    if groups.missing:
        _say(console, f"by the rarest {unit} and by what training read: left out, {groups.missing}")
    if groups.empty:
        _say(console, f"lines without text, in no group: {groups.empty:,}")


def _groups_table(title: str, groups: Sequence[Group], rival: str | None) -> Table:
    differences = [] if rival is None else [f"BLEU against {rival}", f"chrF2 against {rival}"]
    table = _table("", "sentences", "BLEU", "chrF2", *differences)
    # Above the table, where it makes no column wide.
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    for group in groups:
        cells = [group.name, f"{group.sentences:,}"]
        if group.bleu is None or group.chrf is None:
            cells.append("[dim]too few[/]")
        else:
            cells += [f"{figure.score:.1f} {_range(figure)}" for figure in (group.bleu, group.chrf)]
            for item in group.against.values():
                digits = item.digits(least=1)
                cells.append(f"{item.difference:+z.{digits}f} {_range(item, digits)}")
        table.add_row(*cells)
    return table


def _table(*headers: str) -> Table:
    # The name of a run may hold what looks like markup.
    table = Table(*map(escape, headers), box=None, header_style="bold", pad_edge=False)
    # In a narrow window names of runs are broken, and nothing is cut.
    for column in table.columns:
        column.overflow = "fold"
    table.columns[0].no_wrap = True
    return table


def _interval(figure: Figure) -> str:
    return f"{figure.low:z.1f} – {figure.high:z.1f}"


def _range(figure: Figure | Comparison, digits: int = 1) -> str:
    """The interval as one word, which no narrow window breaks."""
    return f"({figure.low:z.{digits}f}–{figure.high:z.{digits}f})"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
