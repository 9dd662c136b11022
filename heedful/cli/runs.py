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

    Each with its own first figure: of translators BLEU, of classifiers accuracy or the like, of language models bits a
    character. "dev" is held-out data by which the weights were chosen too; of a run that is not finished, the best so
    far.

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
    # In a narrow window names are broken, and no figure is cut.
    table.add_column("run", overflow="fold")
    table.add_column("task", no_wrap=True)
    table.add_column("figure")
    for header in ("test", "dev", "size"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("state")
    for run in found:
        state = Text(run.state, STYLES.get(run.state, "yellow"))
        cells = (*directions(run), parameters(run), when(run.date))
        table.add_row(Text(run.name, "bold"), *map(Text, cells), state)
    console = output_console()
    console.print(table)
    for run in found:
        if run.problem:
            console.print(Text(f"\n{run.name}: ", "bold red").append(run.problem, "default"), soft_wrap=True)


def when(date: str) -> str:
    """A date and its time as people write them; "-" for a time that an older heedful did not write down."""
    return f"{date} -" if len(date) == len("2026-11-20") else date[:16].replace("T", " ")


def directions(run: "RunSummary") -> tuple[str, str, str, str]:
    """Tasks, names of the first figures, scores on test and on other held-out data, a line for each direction."""
    from heedful.run.facts import FIGURE_NAMES, shown

    if not run.scores:
        return "\n".join(_task(run, languages) for languages in run.languages.split(", ")), "", "", ""
    rows = []
    for item in run.scores:
        score = shown(item.name, item.score)
        name = FIGURE_NAMES.get(item.name, (item.name,))[0]
        rows.append((_task(run, item.languages), name, *((score, "") if item.data == "test" else ("", score))))
    task, figure, test, dev = ("\n".join(column) for column in zip(*rows, strict=True))
    return task, figure, test, dev


def _task(run: "RunSummary", languages: str) -> str:
    """A pair of languages says by itself that they are translated."""
    return languages if "-" in languages else f"{run.task} {languages}".strip()


def parameters(run: "RunSummary") -> str:
    """The number of weights, short: "4.2M"."""
    from heedful.run.charts import number

    return "" if run.n_parameters is None else number(run.n_parameters)
