"""`heedful duel`: RNN, RNN with attention, CNN and Transformer at one budget, in one report."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.tasks.duel_plan import DuelOptions  # the flags are its fields

if TYPE_CHECKING:
    from rich.table import Table

    from heedful.tasks.duel import Duel


ALL_DEFAULTS = DuelOptions()


def duel(
    *,
    options: Annotated[DuelOptions, Parameter(name="*")] = ALL_DEFAULTS,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train families of models on one text at one budget, and compare them: quality, speed, memory, growth.

    Without a text they learn from the embedded Chinese-English corpus, in about eight minutes.

    Args:
        as_json: print one JSON object instead of tables.
    """
    from heedful.cli.stopping import until_stopped
    from heedful.cli.watching import watching
    from heedful.tasks import duel as duels
    from heedful.training.display import make_display

    def work() -> "Duel":
        entrants = duels.train_families(options, watch=make_display)
        # Not before: a panel and a bar would draw over each other.
        with watching() as tell:
            return duels.compare(entrants, tell)

    found = until_stopped(options.out, work, "duel")
    if isinstance(found, int):
        return found
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        show_duel(found)
    return None


def show_duel(found: "Duel") -> None:
    """Print the figures, what they say, and where everything is."""
    from heedful.cli.console import output_console
    from heedful.tasks.duel_plan import run_names

    console = output_console()
    console.print(duel_table(found))
    console.print("", *found.words, sep="\n", markup=False, soft_wrap=not sys.stdout.isatty())
    runs = ", ".join(run for each in found.contestants for run in run_names(each.name, len(each.by_seed)))
    # A path may hold what looks like markup.
    console.print("", f"page  {found.page}", f"runs  in {found.path}: {runs}", sep="\n", markup=False, soft_wrap=True)


def duel_table(found: "Duel") -> "Table":
    """A row for each family, the best first."""
    from rich.table import Table

    from heedful.run.charts import number
    from heedful.tasks.duel_plan import FAMILY_NAMES
    from heedful.tasks.duel_words import rate
    from heedful.training.outlook import duration

    table = Table(box=None, header_style="bold", pad_edge=False)
    heads = (
        f"BLEU {' → '.join(found.direction)}",
        "weights",
        "updates",
        "time",
        "learns,\ntokens/s",
        "writes,\nsentences/s",
    )
    # In a narrow window a figure is broken, and never cut.
    table.add_column(overflow="fold")
    for head in heads:
        table.add_column(head, justify="right", overflow="fold")
    for each in found.contestants:
        bleu = each.scores.bleu
        table.add_row(
            FAMILY_NAMES[each.name],
            f"{bleu.score:.1f} [dim]({bleu.low:.1f}–{bleu.high:.1f})[/]",
            number(each.parameters),
            f"{each.steps:,}",
            duration(each.seconds),
            rate(each.tokens_per_second),
            rate(each.sentences_per_second),
        )
    return table
