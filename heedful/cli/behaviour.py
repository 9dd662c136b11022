"""The tables of `heedful evaluate --behaviour`: counts first, then examples of what went wrong."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from heedful.cli.console import output_console, percent
from heedful.evaluation.behaviour.report import Behaviour, Check

MAX_SHOWN = 3


def show_behaviour(report: Behaviour) -> None:
    """Print how often each check was passed and what that means, examples of failures, what was left out and why."""
    console = output_console()
    console.print(_counts(report))
    console.print("\n[bold]what counts as passed[/]")
    for check in report.checks:
        console.print(Text(f"  {check.title}: ").append(check.passes, "dim"), soft_wrap=True)
    for check in report.checks:
        _show_failures(check, console)
    if report.left_out:
        console.print("\n[bold]left out[/]")
        for item in report.left_out:
            console.print(Text(f"  {item.title}: {item.reason}"), soft_wrap=True)
    pairs = f"{report.n_pairs:,} pairs" if report.n_pairs else "built-in probes alone"
    said = (
        f"{report.n_translated:,} texts translated {report.source} → {report.target}, from {pairs}, seed {report.seed}"
    )
    console.print(Text(f"\n{said}"), soft_wrap=True)


def _counts(report: Behaviour) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("what it should do", no_wrap=True)
    for header in ("passed", "of", "rate"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("mean", overflow="fold")
    for check in report.checks:
        mean = "" if check.mean is None else f"{check.mean:.{0 if check.mean >= 10 else 2}f} {check.measure}"
        table.add_row(Text(check.title), f"{check.passed:,}", f"{check.tried:,}", percent(check.rate), mean)
    return table


def _show_failures(check: Check, console: Console) -> None:
    if not check.examples:
        return
    console.print(Text(f"\n{check.title}: {check.tried - check.passed:,} failed", "bold"), soft_wrap=True)
    if check.note:
        console.print(Text(f"  ({check.note})", "dim"), soft_wrap=True)
    for example in check.examples[:MAX_SHOWN]:
        line = Text("  ").append(example.source, "cyan").append("  →  ").append(example.output or "(nothing)")
        console.print(line.append(f"  [{example.why}]", "dim"), soft_wrap=True)
