"""`heedful inspect`: the verdict on the data, before anything is trained on it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from heedful.data.findings import Finding
    from heedful.data.text import ParallelText, Side
    from heedful.data.verdict import Verdict

SIDES: "tuple[Side, Side]" = ("source", "target")
MARKS = {"fatal": ("✗", "bold red"), "warning": ("!", "bold yellow"), "note": ("·", "cyan")}
MAX_SHOWN = 3


def inspect(
    *,
    source: Path | None = None,
    target: Path | None = None,
    tsv: Path | None = None,
    dev_source: Path | None = None,
    dev_target: Path | None = None,
    dev_tsv: Path | None = None,
    source_language: str | None = None,
    target_language: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """A verdict on two text files before anything is trained on them. Nothing is changed.

    Args:
        source: text, one sentence a line, plain or gzip.
        target: its translation, line by line.
        tsv: both in one file with two columns, instead of `source` and `target`.
        dev_source: held-out text, which must not occur in the other.
        dev_target: its translation.
        dev_tsv: both in one file, instead.
        source_language: code such as "en"; when left out it is read from the file's name.
        target_language: the same for the other side.
        as_json: print one JSON object instead of a table.
    Returns:
        0, or 2 when `train` would refuse this text.
    """
    from rich.console import Console

    from heedful.cli.console import output_console
    from heedful.data import verdict
    from heedful.tasks.texts import parallel_text

    text = parallel_text(source, target, tsv, "")
    if text is None:
        raise OptionError("give the text to inspect: --source and --target, or --tsv")
    held_out = parallel_text(dev_source, dev_target, dev_tsv, "dev_")
    named = languages(text)
    with Console(stderr=True).status(f"reading {text.source}"):
        found = verdict.inspect(text, source_language or named[0], target_language or named[1], held_out=held_out)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        show(text, found, output_console(), held_out)
    return 2 if found.fatal else 0


def languages(text: "ParallelText") -> tuple[str | None, str | None]:
    """What the names of the files say of the languages: ("de", "en") of train.de and train.en."""
    from heedful.data.languages import languages_of_name

    if text.target is None:
        both = languages_of_name(text.source)
        return (both[0], both[1]) if len(both) == 2 else (None, None)
    source, target = (languages_of_name(path) for path in (text.source, text.target))
    return source[0] if source else None, target[0] if target else None


def show(text: "ParallelText", verdict: "Verdict", console: "Console", held_out: "ParallelText | None" = None) -> None:
    """Print the verdict: what was read, what was found, where to look, and what follows from it."""
    console.print(sides_table(text, verdict))
    console.print(f"{verdict.n_lines:,} lines, {verdict.n_usable:,} with text on both sides")
    if held_out is not None:
        # A path may hold what looks like markup.
        console.print(compared(held_out, verdict), markup=False, soft_wrap=True)
    console.print()
    if verdict.findings:
        console.print(findings_table(verdict.findings))
        console.print("\n[dim]where[/]")
        for finding in verdict.findings:
            show_examples(finding, console)
    console.print(summary(verdict))


def sides_table(text: "ParallelText", verdict: "Verdict") -> "Table":
    """What was read: a row for each side."""
    from rich.table import Table
    from rich.text import Text

    from heedful.data.languages import UNSPACED_SCRIPTS

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for side in SIDES:
        language, script = verdict.languages[side] or "language unclear", verdict.scripts[side] or "no letters"
        name = Text(str(text.path(side)), "bold")
        units = "characters" if script in UNSPACED_SCRIPTS else "words"
        table.add_row(side, name, f"{language}, {script}", f"{verdict.mean_units[side]:.1f} {units} a line")
    return table


def findings_table(findings: "Sequence[Finding]") -> "Table":
    """What was found, how much of it, and what to do."""
    from rich.table import Table
    from rich.text import Text

    from heedful.cli.console import percent

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for header in ("", "finding"):
        table.add_column(header, no_wrap=True)
    for header in ("lines", "share"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("what to do")
    for finding in findings:
        mark, style = MARKS[finding.severity]
        count, share = f"{finding.count:,}", percent(finding.share)
        table.add_row(Text(mark, style), Text(finding.title, "bold"), count, share, finding.advice)
    return table


def compared(held_out: "ParallelText", verdict: "Verdict") -> str:
    """What came of looking for held-out sentences."""
    files = " and ".join(dict.fromkeys(str(held_out.path(side)) for side in SIDES))
    leaks = any(finding.kind.startswith("leaked") for finding in verdict.findings)
    return f"looked for sentences of {files} in it: {'some are there, see below' if leaks else 'none is there'}"


def show_examples(finding: "Finding", console: "Console") -> None:
    """Print where a finding shows: its first examples, with file and line."""
    from rich.text import Text

    if finding.examples:
        console.print(Text(f"  {finding.title}"))
    for example in finding.examples[:MAX_SHOWN]:
        place = Text("    ").append(f"{example.file}:{example.line}", "cyan")
        console.print(place.append(f"  {example.what}"), soft_wrap=True)


def summary(verdict: "Verdict") -> str:
    """What follows, in one sentence."""
    if verdict.fatal:
        return f"\nThis cannot be trained on: {verdict.fatal[0].title.lower()}; {verdict.fatal[0].advice}"
    n_warnings = sum(finding.severity == "warning" for finding in verdict.findings)
    if n_warnings:
        things = "one thing" if n_warnings == 1 else f"{n_warnings} things"
        return f"\nThis can be trained on; {things} marked ! would make it better."
    return "\nThis can be trained on as it is."
