"""`heedful verify`: the receipt of a run, checked and scored again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.cli.watching import watching
from heedful.errors import RunError

if TYPE_CHECKING:
    from heedful.tasks.verification import Check, Verification

MARKS = {"holds": ("✓", "green"), "fails": ("✗", "bold red"), "unchecked": ("?", "yellow")}


def verify(
    run: Path,
    *,
    source: Path | None = None,
    target: Path | None = None,
    tsv: Path | None = None,
    data: Path | None = None,
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Check a run again: every hash, every figure made anew, the files that it learned from, what training left.

    Args:
        run: the run directory.
        source: text that the figures were made on, where the run has lost it.
        target: its reference translation, line by line.
        tsv: both in one file with two columns, instead.
        data: folder that holds the files the run learned from; they are searched by name.
        device: cpu or cuda; the one that the figures were made on when not given.
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.texts import parallel_text
    from heedful.tasks.verification import verify_run

    text = parallel_text(source, target, tsv, "")
    with watching() as watch:
        found = verify_run(run, text, data, device, watch)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        show(found)
    if found.failures:
        names = ", ".join(check.name for check in found.failures[:3])
        more = f" and {len(found.failures) - 3} more" if len(found.failures) > 3 else ""
        raise RunError(f"{run} does not hold: {names}{more}; {found.failures[0].name}: {found.failures[0].said}")


def found_out(check: "Check") -> str:
    """What was found, of a figure with what stands on record and what it is now."""
    if check.recorded is None:
        return check.said
    if check.found is None or check.found == check.recorded:
        return f"{check.recorded:.2f}, {check.said}"
    return f"{check.recorded:.2f} on record, {check.found:.2f} now: {check.said}"


def show(found: "Verification") -> None:
    """Print what was checked as a table, and below it what has changed since then and what can be done."""
    from rich.table import Table
    from rich.text import Text

    from heedful.cli.console import output_console

    console = output_console()
    table = Table("", "", "", "", box=None, show_header=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.overflow = "fold"  # a path is needed whole
    whole = [check for check in found.checks if check.kind == "file" and check.state == "holds"]
    if whole:
        table.add_row(Text(*MARKS["holds"]), "file", f"{len(whole)} files", "as the manifest says")
    for check in found.checks:
        if check not in whole:
            # A path may hold what looks like markup.
            table.add_row(Text(*MARKS[check.state]), *map(Text, (check.kind, check.name, found_out(check))))
    console.print(table)
    for change in found.changes:
        console.print(Text(f"changed: {change}", "yellow"), soft_wrap=True)
    n_open = len([check for check in found.checks if check.state == "unchecked"])
    verdict = "something does not hold" if found.failures else "everything that was checked holds"
    rest = f", {n_open} could not be checked" if n_open else ""
    way = [f"it {found.outlook}; the command:", f"  {found.command}"] if found.command else [f"it {found.outlook}"]
    console.print(f"{verdict}{rest}", *way, sep="\n", markup=False, soft_wrap=True)
