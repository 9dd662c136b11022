"""`heedful recipe`: known data sets, what to train on them, what to expect of it and what it costs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.errors import OptionError

if TYPE_CHECKING:
    from heedful.tasks.evidence import Published
    from heedful.tasks.recipes import Expected, Recipe


def recipe(
    name: str | None = None,
    *,
    data: Path | None = None,
    out: Path | None = None,
    steps: int | None = None,
    seed: int = 1,
    device: str | None = None,
    replanned: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """List the recipes, show one, or, with --data and --out, train it.

    Args:
        name: of a recipe.
        data: the folder that holds its files; the recipe says which.
        out: the run directory to write.
        steps: updates instead of its own budget, to try it on a slice.
        seed: of everything random.
        device: cpu or cuda; chosen when not given.
        replanned: changes of a plan of --steps on the way, as the card of a run has them whose minutes made them.
        as_json: print one JSON object, of a training what came of it; a list where no recipe is named.
    """
    from heedful.tasks.recipes import load_recipe, recipe_names

    if (data is None) != (out is None) or (name is None and data is not None):
        raise OptionError("a recipe is trained with its name, --data and --out: give all three")
    if data is None and (seed != 1 or any(value is not None for value in (steps, device, replanned))):
        raise OptionError(
            "--steps, --replanned, --seed and --device are of a training: give a recipe's name, --data and --out too"
        )
    if name is None:
        recipes = [load_recipe(known) for known in recipe_names()]
        if as_json:
            print(json.dumps([known.to_json() for known in recipes], ensure_ascii=False))
        else:
            show_all(recipes)
        return None
    chosen = load_recipe(name)
    if data is not None and out is not None:
        published = cook(chosen, data, out, steps, replanned, seed, device)
        if isinstance(published, int):
            return published
        show_cooked(chosen, published, as_json)
        return None
    if as_json:
        print(json.dumps(chosen.to_json(), ensure_ascii=False))
    else:
        show(chosen)
    return None


def cook(
    chosen: "Recipe",
    data: Path,
    out: Path,
    steps: int | None,
    replanned: str | None,
    seed: int,
    device: str | None,
) -> "Published | int":
    """Train a recipe, watched; the exit code where it was stopped."""
    from heedful.cli.stopping import until_stopped
    from heedful.tasks.cooking import run_recipe
    from heedful.training.display import make_display

    return until_stopped(
        out,
        lambda: run_recipe(
            chosen, data, out, steps=steps, replanned=replanned, seed=seed, device=device, watch=make_display
        ),
    )


def show_cooked(chosen: "Recipe", published: "Published", as_json: bool) -> None:
    """Print what came of a training beside what was expected of it."""
    from heedful.cli.outcome import show_translator
    from heedful.cli.train import result_json

    if as_json:
        expected = [asdict(item) for item in chosen.expected]
        print(json.dumps({**result_json(published), "expected": expected}, ensure_ascii=False))
        return
    show_translator(published)
    for item in chosen.expected:
        print(f"published  {expectation(item)}")


def show_all(recipes: list["Recipe"]) -> None:
    """Print a row for each recipe."""
    from rich.table import Table

    from heedful.cli.console import output_console
    from heedful.run.facts import duration

    table = Table("recipe", "what it trains", "published BLEU", "time, estimated", box=None, header_style="dim")
    for known in recipes:
        scores = [f"{item.score:g}" for item in known.expected if item.score is not None]
        hours = [f"{duration(3600 * amount)} on {machine}" for machine, amount in known.cost().hours.items()]
        table.add_row(known.name, known.title, ", ".join(scores) or "not known", "\n".join(hours))
    console = output_console()
    console.print(table)
    console.print(
        "`heedful recipe NAME` says where its files come from; --data FOLDER --out DIR trains it", markup=False
    )


def show(chosen: "Recipe") -> None:
    """Print everything about a recipe, the commands that make its files as they can be copied."""
    from heedful.run.facts import duration
    from heedful.tasks.recipes import FORMULA, MACHINES

    source, target = chosen.languages
    print(f"{chosen.title}\n\ndata       about {chosen.data.pairs:,} pairs, {source} → {target}")
    print(f"from       {chosen.data.origin}\nlicence    {chosen.data.licence}")
    print(
        f"files      {', '.join(chosen.data.files.values())} in one folder; each may be gzip, with .gz behind its name"
    )
    print(f"made by\n\n{indented(chosen.data.preparing.strip())}\n")
    if chosen.model is not None and chosen.batches is not None and chosen.training is not None:
        for title, values in (
            ("model", chosen.model.to_json()),
            ("batches", vars(chosen.batches)),
            ("training", chosen.training.to_json()),
        ):
            print(f"{title:10} {', '.join(f'{key}={value}' for key, value in values.items())}")
    else:
        print(f"training   {chosen.minutes:g} minutes; all else follows from the data, as for your own")
    for item in chosen.expected:
        print(f"published  {expectation(item)}")
    for found in chosen.measured:
        print(f"measured   {found.bleu:.2f}, lower-cased {found.bleu_lowercase:.2f}, {found.test}, {found.machine}")
    if not chosen.measured:
        print("measured   not yet")
    cost = chosen.cost()
    print(f"cost       {cost.steps:,} updates, {cost.tokens:.2g} tokens, {cost.flops:.2g} FLOPs; published:", end=" ")
    print(chosen.published_cost)
    for machine in MACHINES:
        if machine.name in cost.hours:
            rate = f"{machine.share:.0%} of {machine.peak:.3g} FLOPs a second: {machine.basis}"
            print(f"           estimated {duration(3600 * cost.hours[machine.name])} on {machine.name}, at {rate}")
    print(f"           {FORMULA}\n\n    heedful recipe {chosen.name} --data FOLDER --out runs/{chosen.name}")


def expectation(item: "Expected") -> str:
    """A published figure in words."""
    score = "not known" if item.score is None else f"{item.score:g}"
    return f"{score}: {item.figure}, {item.test}" + (f" ({item.source})" if item.source else "")


def indented(text: str) -> str:
    """Each line four spaces further."""
    return "\n".join(f"    {line}" for line in text.split("\n"))
