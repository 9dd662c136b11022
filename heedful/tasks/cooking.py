"""Training by a recipe: the beginning that it describes is laid down, and the rest is as with any training."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from heedful.errors import RunError
from heedful.numerics import choose
from heedful.run.directory import REQUEST, RunDirectory
from heedful.run.disk import atomic_folder, write_json
from heedful.run.manifest import write_manifest
from heedful.tasks.beginning import has_begun
from heedful.tasks.evidence import Published
from heedful.tasks.preparation import examine, prepare
from heedful.tasks.recipes import Recipe
from heedful.tasks.request import TranslationOptions
from heedful.tasks.setup import SETUP, Setup
from heedful.tasks.translation import train_translation
from heedful.training.outlook import Outlook
from heedful.training.plan import evaluate_every, settle_options
from heedful.training.progress import Display


def run_recipe(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    steps: int | None = None,
    replanned: str | None = None,
    seed: int = 1,
    device: str | None = None,
    watch: Callable[[Outlook], Display] | None = None,
) -> Published:
    """Train what a recipe says, score it and document it; an interrupted one goes on as any other training does.

    Args:
        recipe: what to do.
        data: the folder with its files.
        out: the run directory to write.
        steps: updates instead of its own, for a try on a slice.
        replanned: changes of a plan of `steps`, as for `TranslationOptions`.
        seed: of everything random.
        device: "cpu" or "cuda"; None chooses.
        watch: makes someone who watches; None is silent.
    Raises:
        DataError: files are missing, or cannot be used.
        RunError: a training was begun there.
        HeedfulError: the options or the place cannot be used.
    """
    if has_begun(out):
        again = shlex.join(["heedful", "train", "translation", "--out", str(out), "--resume"])
        raise RunError(f"a training was begun in {out}: go on with `{again}`, or choose another --out")
    first, second = recipe.languages
    said: dict[str, Any] = {"out": out, "seed": seed, "device": device, "steps": steps, "replanned": replanned}
    said |= {"source_language": first, "target_language": second, **recipe.data.find(data, recipe.name)}
    options = TranslationOptions.from_json({**said, "minutes": recipe.minutes if steps is None else None})
    if recipe.training is None:
        return train_translation(options, watch=watch, command=partial(_command, recipe, data))
    options.check()
    RunDirectory(out).check_free()
    _begin(recipe, options, shlex.join(_command(recipe, data, options)))
    return train_translation(TranslationOptions(out=out, resume=True), watch=watch)


def _begin(recipe: Recipe, options: TranslationOptions, command: str) -> None:
    """Lay down what the training starts from, as `tasks.beginning` does, with the values of the recipe."""
    assert recipe.model is not None and recipe.training is not None
    sources = options.sources()
    verdict = examine(sources)
    steps = options.steps or recipe.training.steps
    training = replace(recipe.training, steps=steps, seed=options.seed, evaluate_every=evaluate_every(steps))
    training = replace(training, replanned=options.legs())
    with RunDirectory.starting(options.out) as run, atomic_folder(run.begun) as part:
        prepared = prepare(sources, part, options.seed, recipe.size, verdict)
        shape = replace(recipe.model, vocab_size=prepared.tokenizer.vocab_size)
        write_json(part / SETUP, Setup(options.model, shape, prepared.size, choose(options.device)).to_json())
        settle_options(part, training, {"recipe": recipe.name})
        write_json(part / REQUEST, {"options": options.to_json(), "command": command})
        write_manifest(part)


def _command(recipe: Recipe, data: Path, options: TranslationOptions) -> list[str]:
    """The command line that asks for the same; of folders the names alone, as the model card has them."""
    words = ["heedful", "recipe", recipe.name, "--data", data.resolve().name, "--out", options.out.resolve().name]
    for flag, value, usual in (
        ("--steps", options.steps, None),
        ("--seed", options.seed, 1),
        ("--device", options.device, None),
        ("--replanned", options.replanned, None),
    ):
        words += [flag, str(value)] if value != usual else []
    return words
