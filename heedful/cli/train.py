"""`heedful train`: from the caller's own data to a model with its evidence."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from heedful.cli.stopping import until_stopped
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.classification_request import ClassificationOptions  # the flags are their fields
from heedful.tasks.language_request import LanguageOptions  # the flags are its fields
from heedful.tasks.request import TranslationOptions
from heedful.tasks.writing_request import WritingOptions

if TYPE_CHECKING:
    from rich.table import Table

    from heedful.tasks.evidence import Published
    from heedful.tasks.learning_curve import LearningCurve

train = App(name="train", help="Train a model on your own data.")

# How a run of a task is used.
USES: Mapping[str, Callable[[Path], str]] = {
    "classification": lambda path: f"classify   heedful classify {shlex.quote(str(path))} < texts.txt",
    "answering": lambda path: f'answer     heedful answer {shlex.quote(str(path))} --context text.txt --question "..."',
    "language": lambda path: f"use        {how_to_generate(path)}",
    "text": lambda path: f"use        {how_to_write(path)}",
}
TITLES = {"more data": "More data", "overfitting": "Overfitting", "made": "How it was made"}


@train.command
def translation(
    *,
    options: Annotated[TranslationOptions, Parameter(name="*", consume_multiple=True)],
    learning_curve: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a translator from two text files; size, vocabulary and budget follow from the data.

    Args:
        learning_curve: train on 1/16 of the data, 1/8, ... and all of it, each in a folder of its own in `out`, and say
            what more data would bring and whether it overfits. A budget is divided among the sizes.
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.curve_plan import is_curve
    from heedful.training.display import make_display

    if learning_curve or (options.resume and is_curve(options.out)):
        from heedful.tasks import learning_curve as curves

        curve = until_stopped(options.out, lambda: curves.learning_curve(options, watch=make_display))
        if isinstance(curve, int):
            return curve
        if as_json:
            print(json.dumps(curve.to_json(), ensure_ascii=False))
        else:
            show_curve(curve)
        return None

    from heedful.cli.outcome import show_translator
    from heedful.tasks.translation import train_translation

    published = until_stopped(options.out, lambda: train_translation(options, watch=make_display))
    return finish(published, show_translator, as_json)


@train.command
def classification(
    *,
    options: Annotated[ClassificationOptions, Parameter(name="*")],
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a classifier from a table of texts and labels; columns, labels, size and budget follow from the data.

    Args:
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.classification import train_classifier
    from heedful.training.display import make_display

    return finish(
        until_stopped(options.out, lambda: train_classifier(options, watch=make_display), "train classification"),
        printer(USES["classification"]),
        as_json,
    )


@train.command
def language(
    *,
    options: Annotated[LanguageOptions, Parameter(name="*", consume_multiple=True)],
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a language model from plain text; size, vocabulary and budget follow from the text.

    Args:
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.language import train_language
    from heedful.training.display import make_display

    return finish(
        until_stopped(options.out, lambda: train_language(options, watch=make_display), "train language"),
        printer(USES["language"]),
        as_json,
    )


@train.command
def answering(
    *,
    options: Annotated[AnsweringOptions, Parameter(name="*", consume_multiple=True)],
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a model that answers questions from texts, on SQuAD's JSON or rows; sizes and budget follow from the data.

    Args:
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.answering import train_answerer
    from heedful.training.display import make_display

    return finish(
        until_stopped(options.out, lambda: train_answerer(options, watch=make_display), "train answering"),
        printer(USES["answering"]),
        as_json,
    )


@train.command
def text(
    *,
    options: Annotated[WritingOptions, Parameter(name="*", consume_multiple=True)],
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a model from text to text: summaries, rewordings, or with --turns replies; size and budget follow.

    Args:
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.writing import train_writer
    from heedful.training.display import make_display

    return finish(
        until_stopped(options.out, lambda: train_writer(options, watch=make_display), "train text"),
        printer(USES["text"]),
        as_json,
    )


def printer(use: Callable[[Path], str]) -> Callable[["Published"], None]:
    """What prints a run of any task but translation.

    Args:
        use: the line that says how a run in a folder is used.
    """
    from heedful.cli.outcome import show_outcome

    return lambda published: show_outcome(published, use(published.path))


def finish(published: "Published | int", show: Callable[["Published"], None], as_json: bool) -> int | None:
    """Print what came of a training.

    Args:
        published: the run; or the exit code of one that was stopped.
        show: prints it.
        as_json: one JSON object instead of a table.
    Returns:
        The exit code, where it is not 0.
    """
    if isinstance(published, int):
        return published
    if as_json:
        print(json.dumps(result_json(published), ensure_ascii=False))
    else:
        show(published)
    return None


def how_to_generate(path: Path) -> str:
    """The command that uses a language model."""
    from heedful.run.disk import read_json
    from heedful.tasks.language import command

    reads = read_json(path / "config.json")["architecture"]["n_encoder_layers"] > 0
    return command(str(path), fills=reads)


def how_to_write(path: Path) -> str:
    """The command that uses a run from text to text."""
    from heedful.run.disk import read_json

    shown = shlex.quote(str(path))
    dialogue = read_json(path / "config.json")["manner"]["turns"]
    return f"heedful chat {shown}" if dialogue else f"heedful summarize {shown} < texts.txt"


def result_json(published: "Published") -> dict[str, Any]:
    """A finished run as plain values."""
    return {
        "path": str(published.path),
        "scores": [asdict(item) for item in published.scores],
        "parameters": published.parameters,
        "result": asdict(published.result),
    }


def show_curve(curve: "LearningCurve") -> None:
    """Print the figures of each size, what they say, and where everything is."""
    from heedful.cli.console import output_console

    console = output_console()
    console.print(curve_table(curve))
    for title, sentences in curve.words.items():
        console.print(f"\n[bold]{TITLES[title]}[/]")
        console.print(*sentences, sep="\n", markup=False, soft_wrap=not sys.stdout.isatty())
    runs = ", ".join(point.path.name for point in curve.points)
    lines = [f"page       {curve.page}", f"runs       in {curve.path}: {runs}"]
    # A path may hold what looks like markup.
    console.print("", *lines, sep="\n", markup=False, soft_wrap=True)


def curve_table(curve: "LearningCurve") -> "Table":
    """A row for each size: its dev scores with their 95% intervals, its losses, its cost."""
    from rich.table import Table

    from heedful.run.charts import number
    from heedful.training.outlook import duration

    table = Table("size", box=None, header_style="bold", pad_edge=False)
    scores = [f"BLEU\n{score.source} → {score.target}" for score in curve.points[0].scores]
    # Two directions side by side leave a narrow window room for their intervals below the scores alone.
    between = " " if len(scores) == 1 else "\n"
    for name in ("pairs", *scores, "loss on\ntrain, dev", "weights", "epochs", "best\nafter", "time"):
        # In a narrow window a time is broken, and no other figure.
        table.add_column(name, justify="right", overflow="fold", no_wrap=name != "time")
    for point in curve.points:
        cells = [point.name, f"{point.pairs:,}"]
        for score in point.scores:
            figure = score.bleu
            cells.append(f"{figure.score:.1f}{between}[dim]({figure.low:.1f}–{figure.high:.1f})[/]")
        cells += [f"{point.train_nll:.2f}, {point.dev_nll:.2f}", number(point.parameters)]
        cells += [f"{point.epochs:.1f}", f"{point.best_step / point.steps:.0%}", duration(point.seconds)]
        table.add_row(*cells)
    return table
