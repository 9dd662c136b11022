"""What a learning curve says, in plain words: what more data would bring, whether it overfits, how it was made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from heedful.evaluation.extrapolation import Extrapolation, Measured, extrapolate
from heedful.evaluation.overfitting import NARROW
from heedful.run.facts import duration
from heedful.tasks.curve_plan import MIN_PAIRS, CurvePlan, Portion
from heedful.tasks.curve_point import Point, Score
from heedful.tasks.defaults import size_for

# How many times the data a forecast is made for, and their names.
TIMES = {2: "twice", 4: "four times"}
# Half of a 95% interval in standard deviations; and the least noise that a score can have: two runs that differ in
# nothing but their seed are about so far apart.
INTERVAL, LEAST_NOISE = 1.96, 0.3
# Gains below this are not worth collecting data for: no reader tells them.
SMALL = 0.5
SCATTERED = 1.5
# Below this a score counts chance matches, and how it grows says nothing.
READABLE = 1.0
# A size that is read less often than this share of its default epochs is not trained to its end.
STARVED = 0.25


@dataclass(frozen=True)
class Prospect:
    """What more data would bring in one direction.

    Args:
        source: language code.
        target: language code.
        now: BLEU on dev with all of the data.
        curve: the scores, carried on; None where there are too few.
    """

    source: str
    target: str
    now: float
    curve: Extrapolation | None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        names = {"source": self.source, "target": self.target, "now": self.now}
        return {**names, "curve": None if self.curve is None else self.curve.to_json()}


def prospects_of(points: Sequence[Point]) -> list[Prospect]:
    """Forecasts for twice and four times the data, for each direction.

    The noise of a score is taken from its interval. That counts the luck of the sentences for each size, though all
    sizes are scored on the same ones; in return nothing else stands for the luck of a run, of which there is one each.

    Args:
        points: the smallest size first.
    """
    found = []
    for number, last in enumerate(points[-1].scores):
        measured = [_measured(point.pairs, point.scores[number]) for point in points]
        curve = extrapolate(measured, [times * points[-1].pairs for times in TIMES])
        found.append(Prospect(last.source, last.target, last.bleu.score, curve))
    return found


def more_data(points: Sequence[Point], prospects: Sequence[Prospect]) -> list[str]:
    """What more data would bring, and how sure that is."""
    said: list[str] = []
    for prospect in prospects:
        name = f"{prospect.source} → {prospect.target}: " if len(prospects) > 1 else ""
        said += [name + sentence for sentence in _prospect(points, prospect)]
    said += _starved(points)
    first = prospects[0].curve
    if first is not None:
        n_fitted = len(points) - first.n_foot
        said.append(
            f"How: a straight line over the doublings and power laws that level off, each weighed by how well it fits "
            f"{n_fitted} scores of one run each. The range holds 95 times in 100 if the curve goes on as one of these."
        )
        said += _larger_row(points[-1].pairs, len(prospects))
    return said


def _prospect(points: Sequence[Point], prospect: Prospect) -> list[str]:
    curve = prospect.curve
    if curve is None:
        return [f"No forecast: it needs three sizes, from {4 * MIN_PAIRS:,} pairs on; there are {len(points)}."]
    gains = ", ".join(f"{gain:+z.1f}" for gain in curve.gains)
    said = [f"From {points[0].name} of the data to all of it, each doubling brought {gains} BLEU."]
    forecasts = [
        f"{name} the data ({forecast.pairs:,} pairs) about {forecast.score:z.1f} BLEU "
        f"({forecast.low:z.1f} to {forecast.high:z.1f})"
        for name, forecast in zip(TIMES.values(), curve.forecasts, strict=True)
    ]
    said.append(f"Forecast: {', '.join(forecasts)}; with what there is it reaches {prospect.now:.1f}.")
    said.append(_worth(prospect.now, curve))
    if curve.n_foot:
        left_out = _listed([point.name for point in points[: curve.n_foot]])
        said.append(
            f"Left out of the forecast: {left_out}, where the gains still grew; such a curve may flatten sooner."
        )
    if curve.scatter > SCATTERED:
        times = f"{curve.scatter:.1f} times"
        said.append(f"The scores lie {times} as far off as their noise explains, and the range is {times} as wide.")
    return said + _test(prospect.now, curve)


def _worth(now: float, curve: Extrapolation) -> str:
    twice = curve.forecasts[0]
    if now < READABLE:
        return (
            "Hardly anything is right yet, so these scores do not say what more data would bring: train longer first."
        )
    if twice.low > now:
        return "More data of this kind would bring more, almost surely."
    if twice.score - now < SMALL:
        return "More data of this kind would bring little or nothing that can be told from chance."
    return "More data of this kind would probably bring more; that it brings nothing is within the range."


def _test(now: float, curve: Extrapolation) -> list[str]:
    """The forecast of the largest size, from the others, beside what it came to."""
    check = curve.check
    if check is None:
        return []
    came = f"A test: from the smaller sizes alone, all of the data would be forecast at {check.score:z.1f} "
    came += f"({check.low:z.1f} to {check.high:z.1f}), and it reached {now:.1f}: "
    if check.low <= now <= check.high:
        return [came + "within the range."]
    return [came + "outside the range, so trust the forecast as a direction and not as a figure."]


def _starved(points: Sequence[Point]) -> list[str]:
    """Sizes that were read far less often than by default: they lack training, and may not lack data."""
    found = []
    for point in points:
        usual = size_for(point.pairs * len(point.scores)).epochs
        if point.epochs < STARVED * usual:
            found.append(f"{point.name} ({point.epochs:.1f} of up to {usual} epochs)")
    if not found:
        return []
    little = f"Trained far less than by default: {_listed(found)}"
    return [
        f"{little}. What looks like a lack of data may be one of time: give more of it before you trust this curve."
    ]


def _larger_row(pairs: int, n_directions: int) -> list[str]:
    """A forecast beyond a row of the table of defaults is about models that this curve has not seen."""
    row = size_for(pairs * n_directions)
    larger = [name for times, name in TIMES.items() if size_for(times * pairs * n_directions) != row]
    if not larger:
        return []
    return [f"For {larger[0]} the data heedful takes a larger model than any of these, which this curve cannot know."]


def overfitting(points: Sequence[Point]) -> list[str]:
    """Whether it overfits, first with all of the data, and what to do about it."""
    last = points[-1]
    found = last.overfitting
    said = [_losses(last)]
    if found.verdict == "unclear":
        said.append("Whether it overfits is not clear: there were too few looks at the dev set.")
    elif found.verdict == "overfits":
        said += _turned(last)
    elif found.verdict == "memorises":
        said.append(
            "It knows part of its training text by heart. Dev loss did not turn upwards, so that has done no harm."
        )
        said.append("More data would make new sentences as easy for it as those that it learned from.")
    else:
        said.append(
            "No sign of overfitting: dev loss did not turn upwards, and new sentences are not much harder for it."
        )
        if last.gap <= NARROW:
            said.append("It does hardly better on its training text: train longer before you collect more data.")
    if found.verdict != "overfits" and found.ended_early:
        enough = f"about {_best_epochs(last)} epochs would have been enough"
        said.append(f"Its best dev BLEU came after {found.best_at:.0%} of the training: {enough}.")
    if found.still_learning:
        said.append("Its last look at dev was its best: a longer training may bring more.")
    return said + _over_sizes(points)


def _losses(point: Point) -> str:
    """Both losses, as what a reader can picture: as many equally likely tokens leave one as unsure."""
    learned, new = (f"{math.exp(nll):,.1f}" for nll in (point.train_nll, point.dev_nll))
    return (
        f"With all of the data it is as unsure of the next token as among {learned} equally likely ones in sentences "
        f"it learned from, and as among {new} in those of dev, which are new to it (loss {point.train_nll:.2f} and "
        f"{point.dev_nll:.2f} nats a token)."
    )


def _turned(point: Point) -> list[str]:
    """An overfitted training: since when, at what price, what to do."""
    found = point.overfitting
    lowest, best = f"{found.turned_at:.0%}", f"{found.best_at:.0%}"
    said = [
        "It overfits: it went on learning its own sentences while new ones became harder for it.",
        f"Dev loss was lowest after {lowest} of the training and ended {found.rise:.0%} higher.",
    ]
    if found.ended_early:
        enough = f"about {_best_epochs(point)} epochs would have been enough"
        said.append(f"The best dev BLEU came after {best}; those weights were kept, so only time was lost: {enough}.")
    else:
        said.append(
            f"The best dev BLEU came after {best} all the same: too sure of its words, it chooses no worse ones."
        )
    return [*said, "What helps is more data; where there is none, a shorter training."]


def _best_epochs(point: Point) -> str:
    return f"{point.epochs * point.best_step / point.steps:.2g}"


def _over_sizes(points: Sequence[Point]) -> list[str]:
    """How far dev loss lies above training loss with less data and with all; vocabularies differ, so by characters."""
    first, last = (point.dev_nll_per_character - point.train_nll_per_character for point in (points[0], points[-1]))
    course = "more data brings the two together" if last < first else "more data does not bring the two together"
    lay = f"Dev loss lay {first:z.2f} nats a character above training loss with {points[0].name} of the data"
    said = [f"{lay} and lies {last:z.2f} above it with all: {course}."]
    smaller = [point.name for point in points[:-1] if point.overfitting.verdict == "overfits"]
    return said + ([f"Of the smaller sizes, {_listed(smaller)} overfit{'s' * (len(smaller) == 1)}."] if smaller else [])


def how_made(plan: CurvePlan) -> list[str]:
    """What was chosen for each size, what was left out, and how the budget was divided."""
    said = [
        "Each size has the model, the regularisation and the batch that heedful takes for so many pairs.",
        "Each holds all smaller ones; all are scored on the same dev set, by which their weights were chosen too.",
    ]
    if plan.left_out:
        sizes = _listed([f"{size.name} ({size.pairs:,} pairs)" for size in plan.left_out])
        said.append(f"Left out: {sizes}, because fewer than {MIN_PAIRS} pairs say nothing about more.")
    if plan.options.budget() is None:
        said.append("No budget was given: each size was trained until its dev score no longer grew.")
    else:
        shares = _listed([_share(size) for size in plan.portions])
        said.append(f"The budget was divided by the square roots of the pairs: {shares}.")
    return said


def _share(size: Portion) -> str:
    if size.minutes is not None:
        return f"{duration(60 * size.minutes)} for {size.name}"
    return f"{size.steps:,} steps for {size.name}" if size.steps else f"{size.epochs or 0:.2g} epochs for {size.name}"


def _measured(pairs: int, score: Score) -> Measured:
    figure = score.bleu
    return Measured(pairs, figure.score, max(LEAST_NOISE, (figure.high - figure.low) / 2 / INTERVAL))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
