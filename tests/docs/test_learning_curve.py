"""The page about the learning curve says what the code does: its figures are those of the code."""

import math
import re

import pytest

from heedful.evaluation import overfitting
from heedful.evaluation.extrapolation import LEVELS, SHAPES
from heedful.tasks.curve_plan import DIVISORS, MIN_PAIRS, N_SAMPLE, portions
from heedful.tasks.curve_words import STARVED
from heedful.tasks.evidence import SEARCH
from heedful.tasks.rehearsal import MAX_SCORED
from heedful.training.plan import Budget
from tests.docs.pages import read

ENGLISH, CHINESE = "docs/learning-curve.md", "docs/learning-curve.zh.md"


def figures(page: str) -> list[str]:
    """Every number in the sentences, sorted: code and links left out."""
    text = re.sub(r"^    .*$|`[^`]+`", "", read(page), flags=re.MULTILINE)
    return sorted(re.findall(r"\d+(?:[,/]\d+)*(?:\.\d+)?%?", text))


@pytest.mark.parametrize("page", [ENGLISH, CHINESE])
def test_the_figures_are_those_of_the_code(page):
    sizes, _ = portions(1_000_000, Budget(minutes=60))
    covered = f"{LEVELS[2] - LEVELS[0]:.0%}"
    expected = [
        *(f"1/{divisor}" for divisor in DIVISORS if divisor > 1),
        f"{MIN_PAIRS}",
        # Of the scores, and of the forecast.
        covered,
        covered if page == CHINESE else covered.removesuffix("%"),
        *([] if page == CHINESE else ["100"]),
        f"{SEARCH.width}",
        f"{N_SAMPLE}",
        f"{MAX_SCORED}",
        *(f"{size.minutes:.1f}" for size in sizes),
        f"{overfitting.EARLY:.0%}",
        f"{overfitting.RISE:.0%}",
        f"{math.exp(overfitting.WIDE):g}",
        f"{math.exp(overfitting.NARROW) - 1:.0%}",
        f"{overfitting.FEWEST}",
    ]
    assert figures(page) == sorted(expected)


def test_a_quarter_is_a_quarter():
    assert (SHAPES[0], SHAPES[-1], STARVED) == (0.25, 1.0, 0.25)
    assert "a quarter at least" in read(ENGLISH)
    assert "less than a quarter of its default epochs" in read(ENGLISH)
    assert "最少四分之一" in read(CHINESE)
    assert "不到默认轮数的四分之一" in read(CHINESE)
