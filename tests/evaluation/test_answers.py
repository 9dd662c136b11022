"""Figures of answers, by hand; the threshold, as if every one had been tried."""

import random

import numpy as np
import pytest

from heedful.errors import DataError
from heedful.evaluation.answers import Tally, best_threshold, exact_match, f1, plain, units_of


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "share"),
    [
        ("The Cat!", ["cat"], 1, 1),
        ("a black cat", ["the cat sat", "black dog"], 0, 0.5),  # best of 2·1/(2+2) and 2·1/(2+2)
        ("cat cat cat", ["cat"], 0, 0.5),  # one in common of three and one
        ("theatre", ["atre"], 0, 0),  # an article is a word
        ("dog", ["cat"], 0, 0),
        ("U.S.", ["us"], 1, 1),
        ("", ["cat"], 0, 0),
        ("", [], 1, 1),
        ("cat", [], 0, 0),
        ("the", [], 1, 1),  # nothing is left of it
    ],
)
def test_squad_by_hand(answer, golds, exact, share):
    assert exact_match(answer, golds, "words") == exact
    assert f1(answer, golds, "words") == pytest.approx(share)


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "share"),
    [
        ("光荣和ω-Force", ["《光荣》和ω-force。"], 1, 1),
        ("光荣公司", ["光荣"], 0, 2 * 2 / (4 + 2)),
        ("荣光", ["光荣"], 0, 2 * 1 / 4),  # the order counts: one character is the longest run
        ("1999年春", ["1999年"], 0, 2 * 2 / (3 + 2)),  # a number is one unit
        ("好", ["坏"], 0, 0),
    ],
)
def test_cmrc_by_hand(answer, golds, exact, share):
    assert exact_match(answer, golds, "characters") == exact
    assert f1(answer, golds, "characters") == pytest.approx(share)


def test_plain_forms():
    assert plain(" The U.S., an  Army ", "words") == "us army"
    assert plain(" “光荣”，A B", "characters") == "光荣a b"


def test_units_follow_from_the_script():
    assert units_of(["Ada met 拜伦 in Rome"]) == "words"
    assert units_of(["由光荣和ω-force开发的系列"]) == "characters"
    assert units_of([]) == "words"


def test_a_tally_is_a_mean_with_an_interval():
    tally = Tally.of(["cat", "a dog", "", ""], [["cat"], ["big dog"], ["x"], []], "words")
    assert tally.score("f1") == pytest.approx(100 * (1 + 2 / 3 + 0 + 1) / 4)
    assert tally.score("exact_match") == 50
    figures = tally.figures()
    assert list(figures) == ["f1", "exact_match"]
    assert figures["f1"]["low"] < figures["f1"]["score"] < figures["f1"]["high"]
    assert figures["f1"]["signature"] == "f1|norm:squad|n:4|bs:1000|seed:12345"
    assert tally.part(tally.answerable).score("exact_match") == pytest.approx(100 / 3)
    assert len(tally.part(~tally.answerable)) == 1


def test_two_systems_are_compared():
    golds = [[str(n)] for n in range(50)]
    right, wrong = Tally.of([one[0] for one in golds], golds, "words"), Tally.of(["x"] * 50, golds, "words")
    assert right.compare(wrong, "f1").difference == 100
    assert right.compare(right, "exact_match").p_value == 1
    with pytest.raises(DataError, match="got 50 and 1"):
        right.compare(Tally.of(["x"], [["x"]], "words"), "f1")


@pytest.mark.parametrize("golds", [[["a"], ["b"]], []])
def test_nothing_to_score_is_refused(golds):
    with pytest.raises(DataError, match="expected an answer to each question"):
        Tally.of(["a"] if golds else [], golds, "words")


@pytest.mark.parametrize("seed", range(6))
def test_the_threshold_is_the_best_of_all(seed):
    draw = random.Random(seed)
    n = 12
    margins = [draw.choice([-2.0, -1.0, 0.5, 1.5, 3.0]) for _ in range(n)]
    answered, refused = [draw.random() for _ in range(n)], [float(draw.random() < 0.4) for _ in range(n)]

    def total(threshold):
        return sum(r if m > threshold else a for m, a, r in zip(margins, answered, refused, strict=True))

    assert total(best_threshold(margins, answered, refused)) == pytest.approx(
        max(total(candidate) for candidate in np.linspace(-4, 5, 91))
    )
