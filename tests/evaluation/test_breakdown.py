"""Scores of parts: each equals the score of its sentences alone, and every sentence is in one part."""

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation import breakdown
from heedful.evaluation.breakdown import FREQUENCIES, MIN_SENTENCES, by_frequency, by_kind, by_length, length_borders
from heedful.evaluation.translation import Tally, compare, score

WORDS = "the a man dog house, sees sold red not 狗 it's 3.5".split()


@pytest.fixture(scope="module")
def corpus():
    """90 references of 1 to 12 words, and their translations by two systems."""
    generator = random.Random(5)
    references = [" ".join(generator.choices(WORDS, k=generator.randint(1, 12))) for _ in range(90)]

    def noisy(share):
        kept = [[generator.choice(WORDS) if generator.random() < share else w for w in r.split()] for r in references]
        return [" ".join(words) for words in kept]

    return references, noisy(0.2), noisy(0.5)


@pytest.fixture(scope="module")
def tallies(corpus):
    return [Tally.of(lines, corpus[0], "en") for lines in corpus[1:]]


def chosen(lines, rows):
    return [lines[row] for row in rows]


def rows_of(group, numbers):
    low, high = group.bounds
    return [row for row, number in enumerate(numbers) if low <= number and (high is None or number <= high)]


def test_a_part_is_scored_as_a_corpus_of_its_own(corpus, tallies):
    references, ours, theirs = corpus
    lengths = np.array([len(line.split()) for line in references])
    groups = by_length(tallies[0], lengths, "words", tallies[1])
    assert len(groups) == 3
    for group in groups:
        rows = rows_of(group, lengths)
        part = [chosen(lines, rows) for lines in (ours, theirs, references)]
        alone = score(part[0], part[2], "en")
        assert (group.sentences, group.bleu, group.chrf) == (len(rows), alone.bleu, alone.chrf)
        both = compare(*part, "en")
        assert group.against == {"bleu": both["bleu"], "chrf": both["chrf"]}
    assert sum(group.sentences for group in groups) == len(references)


def test_chinese_parts_are_cut_into_characters():
    references = ["我今天很高兴见到你。"] * 10 + ["他昨天去了北京。"] * 10
    ours = ["我今天高兴见到你。"] * 10 + ["他昨天到了北京。"] * 10
    kinds = {"first": np.arange(20) < 10, "second": np.arange(20) >= 10}
    first, second = by_kind(Tally.of(ours, references, "zh"), kinds)
    assert "tok:zh" in first.bleu.signature
    assert first.bleu == score(ours[:10], references[:10], "zh").bleu
    assert second.bleu == score(ours[10:], references[10:], "zh").bleu
    assert first.bleu.score != second.bleu.score


def test_too_few_are_counted_and_not_scored(tallies):
    some = np.arange(90)
    kinds = {"nine": some < 9, "ten": (some >= 9) & (some < 19), "none": some < 0}
    nine, ten = by_kind(tallies[0], kinds, tallies[1])
    assert (nine.name, nine.sentences, nine.too_few, nine.bleu, nine.chrf, nine.against) == (
        "nine", 9, True, None, None, {},
    )  # fmt: skip
    assert (ten.name, ten.sentences, ten.too_few) == ("ten", MIN_SENTENCES, False)


def test_frequencies_have_fixed_steps(tallies):
    counts = np.array([-1, 0, 1, 2, 4, 5, 999, 1000, 10**7] * 10)
    groups = by_frequency(tallies[0], counts)
    assert [(group.name, group.sentences) for group in groups] == [
        ("never", 10), ("once", 10), ("2 to 4 times", 20), ("5 to 9 times", 10), ("100 to 999 times", 10),
        ("1,000 times or more", 20),
    ]  # fmt: skip
    assert [group.bounds for group in groups] == [FREQUENCIES[number] for number in (0, 1, 2, 3, 6, 7)]


def test_every_count_is_in_one_step():
    for number in (*range(1200), 10**9):
        assert sum(low <= number and (high is None or number <= high) for low, high in FREQUENCIES) == 1


@given(st.lists(st.integers(1, 400), min_size=1, max_size=120))
def test_borders_are_ascending_and_no_part_is_too_small(lengths):
    borders = length_borders(np.array(lengths))
    assert borders == sorted(set(borders))
    assert len(borders) < max(2, min(6, len(lengths) // 30 + 1))
    if borders:
        sizes = np.histogram(lengths, [0, *(border + 0.5 for border in borders), 401])[0]
        assert sizes.min() >= MIN_SENTENCES
        assert sizes.sum() == len(lengths)


def test_borders_are_near_the_quantiles_and_natural():
    even = np.repeat(np.arange(1, 101), 10)
    assert length_borders(even) == [20, 40, 60, 80]
    assert length_borders(np.random.default_rng(0).permutation(even)) == [20, 40, 60, 80]
    assert length_borders(np.repeat([3, 12, 38], 40)) == [3, 12]
    assert length_borders(np.repeat([3, 12, 38], [9, 40, 40])) == [12]
    assert length_borders(np.full(1000, 7)) == []
    assert length_borders(np.arange(1, 60)) == []
    assert length_borders(np.arange(1, 61)) == [30]


@pytest.mark.parametrize(
    ("number", "natural"),
    [
        (1, 1),
        (9, 9),
        (13, 13),
        (20, 20),
        (21, 20),
        (23, 25),
        (47, 50),
        (70, 60),
        (71, 80),
        (99, 100),
        (100, 100),
        (113, 120),
        (740, 800),
    ],
)
def test_natural_numbers(number, natural):
    assert breakdown._round(number) == natural


def test_names_of_lengths(tallies):
    tally = tallies[0]
    for lengths, names, sizes in (
        ([0, 1, 2, 5], ["1 to 2 words", "3 words or more"], [50, 25]),
        ([0, 1, 1, 5], ["1 word", "2 words or more"], [50, 25]),
    ):
        groups = by_length(tally, np.repeat(lengths, [15, 25, 25, 25]), "words")
        assert [group.name for group in groups] == names
        assert [group.sentences for group in groups] == sizes
    (every,) = by_length(tally, np.full(90, 1200), "characters")
    assert (every.name, every.bounds) == ("1 character or more", (1, None))
    assert by_length(tally, np.zeros(90, int), "words") == ()


def test_groups_as_json(tallies):
    tally, other = tallies
    kinds = {"many": np.arange(90) < 80, "few": np.arange(90) > 84}
    many, few = (json.loads(json.dumps(group.to_json())) for group in by_kind(tally, kinds))
    assert set(many) == {"name", "bounds", "sentences", "bleu", "chrf", "too_few"}
    assert set(many["bleu"]) == {"score", "low", "high", "signature"}
    assert few == {"name": "few", "bounds": None, "sentences": 5, "bleu": None, "chrf": None, "too_few": True}
    (compared, _) = (group.to_json() for group in by_kind(tally, kinds, other))
    assert set(compared["against"]["chrf"]) == {"difference", "low", "high", "p_value", "wins"}
    (step,) = by_frequency(tally, np.full(90, 3))
    assert step.to_json()["bounds"] == [2, 4]
