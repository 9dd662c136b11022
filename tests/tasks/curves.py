"""Points of learning curves, made by hand."""

from pathlib import Path

from heedful.evaluation.overfitting import Look, judge
from heedful.evaluation.translation import Figure
from heedful.tasks.curve_plan import DIVISORS, Portion
from heedful.tasks.curve_point import Point, Score

CALM, TURNED = (3.0, 2.5, 2.2, 2.1), (3.0, 2.0, 2.2, 2.5)
RISING, EARLY = (5.0, 9.0, 11.0, 12.0), (5.0, 12.0, 11.0, 10.0)
ONE_WAY = (("en", "de"),)


def point(number, of, bleu, *, ways=ONE_WAY, dev=CALM, scores=RISING, gap=0.2, half=1.3, pairs=29_000):
    """The point of a size: `number` doublings short of the `of` that all of the data has."""
    size = Portion(DIVISORS[len(DIVISORS) - of + number], pairs >> (of - 1 - number))
    looks = [Look(100 * (i + 1), score, nll, nll - 0.3 * i) for i, (score, nll) in enumerate(zip(scores, dev))]  # noqa: B905
    found = judge(looks, 2.1 - gap, 2.1)
    figure = Figure(bleu, bleu - half, bleu + half, "sig")
    return Point(
        name=size.name,
        path=Path("runs/curve") / size.folder,
        pairs=size.pairs,
        parameters=1_234_567,
        scores=[Score(*way, figure, 1000) for way in ways],
        train_nll=2.1 - gap,
        dev_nll=2.1,
        train_nll_per_character=0.7 - gap / 4,
        dev_nll_per_character=0.7,
        overfitting=found,
        steps=400,
        epochs=40.0,
        best_step=round(400 * (found.best_at or 1)),
        seconds=90.0,
    )


def points(scores, **changes):
    """A whole curve, the smallest size first."""
    return [point(number, len(scores), score, **changes) for number, score in enumerate(scores)]
