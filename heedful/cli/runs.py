"""`heedful runs`: what was trained here, side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from heedful.run.registry import RunSummary

STYLES = {"finished": "green", "running": "cyan", "damaged": "bold red"}


def runs(
    root: Path = Path("."),
    *,
    quick: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """What was trained here, side by side, the latest first: every run directory up to four folders below.

    Args:
        root: where to look.
        quick: compare the sizes of the files and not every byte of them with what was written.
        as_json: print one JSON list instead of a table.
    """
    from heedful.run.registry import find_runs

    found = find_runs(root, contents=not quick)
    if as_json:
        print(json.dumps([run.to_json() for run in found], ensure_ascii=False, indent=2))
    elif found:
        show(found)
    else:
        print(f"No runs in {root.resolve()}. `heedful demo` trains a first one.")


def show(found: list["RunSummary"]) -> None:
    """Print the runs as a table, and below it what is wrong with those that are damaged."""
    from rich.table import Table
    from rich.text import Text

    from heedful.cli.console import output_console

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for header in ("run", "task", "languages"):
        table.add_column(header, no_wrap=True)
    for header in ("score", "parameters"):
        table.add_column(header, justify="right", no_wrap=True)
    for header in ("when (UTC)", "state"):
        table.add_column(header, no_wrap=True)
    for run in found:
        state = Text(run.state, STYLES.get(run.state, "yellow"))
        cells = (run.task, run.languages, score(run), parameters(run), run.date[:16].replace("T", " "))
        table.add_row(Text(run.name, "bold"), *map(Text, cells), state)
    console = output_console()
    console.print(table)
    for run in found:
        if run.problem:
            console.print(Text(f"\n{run.name}: ", "bold red").append(run.problem, "default"), soft_wrap=True)


def score(run: "RunSummary") -> str:
    """The first figure with its name: "41.2 bleu"."""
    return "" if run.score is None else f"{run.score:.1f} {run.score_name}"


def parameters(run: "RunSummary") -> str:
    """The number of weights, short: "4.2 M"."""
    from heedful.run.facts import amount

    return "" if run.n_parameters is None else amount(run.n_parameters)
