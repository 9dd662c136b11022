"""`heedful compress`: a translator as int8 or bfloat16, written only when it is as good as it was."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.cli.watching import watching
from heedful.tasks.compress import CompressOptions  # the flags are its fields

if TYPE_CHECKING:
    from heedful.tasks.compress import Compressed

DEFAULTS = CompressOptions()


def compress(
    run: Path,
    *,
    options: Annotated[CompressOptions, Parameter(name="*")] = DEFAULTS,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Make a smaller and faster run of a run, and compare both on the same sentences.

    Args:
        run: the run directory of a translator; it is not changed.
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks import compress as task

    with watching() as watch:
        made = task.compress(run, options, watch)
    if as_json:
        print(json.dumps(made.to_json(), ensure_ascii=False))
    else:
        show(made)


def show(made: "Compressed") -> None:
    """Print both models side by side, and what changed."""
    from rich.table import Table
    from rich.text import Text

    from heedful.cli.console import output_console
    from heedful.run.charts import number
    from heedful.tasks.descent import HEAD, cells

    console = output_console()
    names = made.original.resolve().name, made.path.resolve().name
    table = Table(*HEAD, box=None, padding=(0, 2, 0, 0))
    for direction, parity in made.proof.parities.items():
        for name, side in zip(names, (parity.original, parity.candidate), strict=True):
            # A path may hold what looks like markup.
            table.add_row(*map(Text, (" → ".join(direction), name, *cells(side))))
    console.print(table)
    for direction, parity in made.proof.parities.items():
        said = f"{' → '.join(direction)}: {parity.said}; {number(parity.speedup)} times the speed"
        console.print(said, markup=False, soft_wrap=True)
    for direction, effect in made.proof.effects.items():
        console.print(f"{' → '.join(direction)}, shortlist: {effect.said}", markup=False, soft_wrap=True)
    if made.kept:
        console.print(f"kept in bfloat16: {', '.join(made.kept)}", markup=False, soft_wrap=True)
    console.print(f"run  {made.path}", markup=False, soft_wrap=True)
