"""The learning curve: training on a sixteenth of the data, on an eighth, ... and on all of it, and what that says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heedful.errors import HeedfulError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import alone_in, make_folder, remove, write_atomic, write_json
from heedful.tasks.asked import differences
from heedful.tasks.curve_page import curve_page
from heedful.tasks.curve_plan import TEXT, CurvePlan, Portion, begin_curve, is_curve
from heedful.tasks.curve_point import Point, measure
from heedful.tasks.curve_words import Prospect, how_made, more_data, overfitting, prospects_of
from heedful.tasks.preparation import examine
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translation import train_to_the_end
from heedful.training.outlook import Outlook
from heedful.training.progress import Display

PAGE, FIGURES = "learning-curve.html", "learning-curve.json"

Watch = Callable[[Outlook], Display]


@dataclass(frozen=True)
class LearningCurve:
    """What more data brought, and would bring.

    Args:
        path: the folder of all its runs.
        plan: the sizes and their budgets.
        points: what each size came to, the smallest first.
        prospects: forecasts for each direction.
    """

    path: Path
    plan: CurvePlan
    points: list[Point]
    prospects: list[Prospect]

    @property
    def page(self) -> Path:
        """learning-curve.html."""
        return self.path / PAGE

    @property
    def words(self) -> dict[str, list[str]]:
        """Sentences on "more data", on "overfitting", and on how the curve was "made"."""
        return {
            "more data": more_data(self.points, self.prospects),
            "overfitting": overfitting(self.points),
            "made": how_made(self.plan),
        }

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values: figures and words, all that the page says."""
        return {
            "path": str(self.path),
            "pairs": self.plan.pairs,
            "left_out": [{"name": size.name, "pairs": size.pairs} for size in self.plan.left_out],
            "points": [point.to_json() for point in self.points],
            "prospects": [prospect.to_json() for prospect in self.prospects],
            "words": self.words,
        }


def learning_curve(options: TranslationOptions, *, watch: Watch | None = None) -> LearningCurve:
    """Train on nested parts of the data, 1/16 to all of it, and say what more data would bring and whether it overfits.

    Each size is a run like any other in a folder of its own: "1-16" to "all". The texts they learn from lie beside them
    in "text". Sizes of fewer than 100 pairs are left out.

    Args:
        options: what to learn from. `out` is the folder of the runs; a budget is that of the whole curve; with `resume`
            a curve goes on where it was stopped, and what is finished is not trained again.
        watch: makes someone who watches a training; None is silent.
    Returns:
        The figures, also written to learning-curve.json and learning-curve.html in `out`.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the texts, the options or the place cannot be used.

    Example:
        >>> from pathlib import Path
        >>> from heedful.tasks.learning_curve import learning_curve
        >>> from heedful.tasks.request import TranslationOptions
        >>> curve = learning_curve(
        ...     TranslationOptions(Path("train.en"), Path("train.de"), out=Path("curve"), minutes=60)
        ... )  # doctest: +SKIP
        >>> scores = [(point.pairs, point.scores[0].bleu.score) for point in curve.points]  # doctest: +SKIP
        >>> forecasts = curve.prospects[0].curve.forecasts  # for 2 and 4 times the pairs; doctest: +SKIP
    """
    plan = _reopen(options) if options.resume else _begin(options)
    points = []
    for portion in plan.portions:
        _train(plan, portion, watch)
        points.append(measure(portion, plan.asks(portion), plan.sample))
    curve = LearningCurve(options.out, plan, points, prospects_of(points))
    write_atomic(curve.page, curve_page(curve.points, curve.prospects, curve.words).encode())
    # Last: with it the curve is finished.
    write_json(options.out / FIGURES, curve.to_json())
    return curve


def _begin(options: TranslationOptions) -> CurvePlan:
    """Lay down the texts of all sizes, once all that can be refused has been refused."""
    options.check()
    if options.replanned is not None:
        raise OptionError("--replanned is of one training: leave it out, or leave out --learning-curve")
    _check_none_begun(options.out)
    RunDirectory(options.out).check_free()
    sources = options.sources()
    examine(sources)
    make_folder(options.out.parent)
    make_folder(options.out)
    # Once more: a long text takes long to read, and another may have begun here in the meantime.
    with alone_in(options.out):
        _check_none_begun(options.out)
        return begin_curve(options, sources)


def _check_none_begun(out: Path) -> None:
    if is_curve(out):
        way = "" if (out / FIGURES).is_file() else "go on with --resume or "
        raise RunError(f"{out} holds a learning curve: nothing is written over; {way}choose another --out")


def _reopen(options: TranslationOptions) -> CurvePlan:
    """What a curve was begun with.

    Raises:
        RunError: there is nothing to resume, or it is damaged.
        OptionError: an option was given that differs.
    """
    if not is_curve(options.out):
        raise RunError(
            f"nothing to resume in {options.out}: no learning curve was begun there; leave --resume out to start one"
        )
    if (options.out / FIGURES).is_file():
        raise RunError(f"{options.out} is finished: there is nothing to resume; see {options.out / PAGE}")
    plan = CurvePlan.stored(options.out)
    changed = differences(options, plan.options)
    if changed:
        raise OptionError(f"this curve was begun {' and '.join(changed)}: leave other options out to go on with it")
    return replace(plan, options=replace(plan.options, out=options.out))


def _train(plan: CurvePlan, portion: Portion, watch: Watch | None) -> None:
    """Train a size to its end, unless that was done before; when the first cannot begin, nothing is left behind."""
    asked = plan.asks(portion)

    def named(outlook: Outlook) -> Display:
        assert watch is not None, "asked only where someone watches"
        size = f"{portion.name} of the data, {portion.pairs:,} pairs"
        display = watch(replace(outlook, title=f"{outlook.title}, {size}"))
        display.event(0, size)
        return display

    try:
        train_to_the_end(asked, watch=named if watch else None)
    except HeedfulError as error:
        if portion == plan.portions[0] and not RunDirectory(asked.out).is_taken:
            for folder in (asked.out, asked.out.parent / TEXT):
                if folder.is_dir():
                    remove(folder)
        if isinstance(error, OptionError) and portion.minutes is not None:
            share = portion.minutes / sum(size.minutes or 0.0 for size in plan.portions)
            divided = f"--minutes are divided among the sizes of the curve, and {portion.name} gets {share:.0%} of them"
            raise OptionError(f"{divided}: {error}") from error
        raise
