"""Model 1 against the same in dictionaries, and the links of a text whose dictionary is known."""

import random
from collections import Counter

import numpy as np
import pytest

from heedful.data import alignment
from heedful.data.alignment import Units, lexicon, links, most_likely_makers


def units(sentences: list[list[int]], n_types: int) -> Units:
    lengths = np.array([len(sentence) for sentence in sentences])
    return Units(np.array([word for sentence in sentences for word in sentence]), lengths, n_types)


def slow_probability(
    sources: list[list[int]], targets: list[list[int]], n_iterations: int
) -> dict[tuple[int | None, int], float]:
    """Brown et al. 1993, with a dictionary; None is the empty word."""
    probability: dict[tuple[int | None, int], float] = {}
    for source, target in zip(sources, targets, strict=True):
        probability |= {(maker, word): 1.0 for maker in [*source, None] for word in target}
    for _ in range(n_iterations):
        counts: Counter[tuple[int | None, int]] = Counter()
        totals: Counter[int | None] = Counter()
        for source, target in zip(sources, targets, strict=True):
            for word in target:
                whole = sum(probability[maker, word] for maker in [*source, None])
                for maker in [*source, None]:
                    counts[maker, word] += probability[maker, word] / whole
                    totals[maker] += probability[maker, word] / whole
        probability = {pair: count / totals[pair[0]] for pair, count in counts.items()}
    return probability


def slow_makers(sources: list[list[int]], targets: list[list[int]], n_iterations: int) -> list[int]:
    """The likeliest maker of each word; none stands last."""
    probability = slow_probability(sources, targets, n_iterations)
    found: list[int] = []
    start = 0
    for source, target in zip(sources, targets, strict=True):
        for word in target:
            values = [probability[maker, word] for maker in [*source, None]]
            place = values.index(max(values))
            found.append(start + place if place < len(source) else -1)
        start += len(source)
    return found


def text(seed: int, n_sentences: int = 60, n_types: int = 12) -> tuple[list[list[int]], list[list[int]]]:
    """Sentences whose word i is translated by word i + 1, in any order; now and then a word more on either side."""
    generator = random.Random(seed)
    sources, targets = [], []
    for _ in range(n_sentences):
        source = generator.sample(range(n_types), generator.randint(1, 5))
        target = [(word + 1) % n_types for word in source] + [0] * (generator.random() < 0.3)
        generator.shuffle(target)
        sources.append(source)
        targets.append(target)
    return sources, targets


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_iterations", [1, 5])
def test_makers_are_those_of_the_slow_version(seed, n_iterations):
    sources, targets = text(seed)
    found = most_likely_makers(units(sources, 12), units(targets, 12), n_iterations)
    # Sums in another order may decide a tie another way.
    same = np.array(found) == slow_makers(sources, targets, n_iterations)
    assert same.mean() > 0.98


def test_links_join_what_translates_each_other():
    sources, targets = text(7, n_sentences=300)
    source, target = units(sources, 12), units(targets, 12)
    here, there = links(source, target)
    right = (source.ids[here] + 1) % 12 == target.ids[there]
    assert right.mean() > 0.99
    assert len(here) > 0.95 * len(source.ids)


def test_links_stay_inside_a_sentence_and_hold_no_word_twice():
    sources, targets = text(3)
    source, target = units(sources, 12), units(targets, 12)
    here, there = links(source, target)
    assert len(set(here.tolist())) == len(set(there.tolist())) == len(here) == len(there)
    of_source = np.repeat(np.arange(60), source.lengths)
    of_target = np.repeat(np.arange(60), target.lengths)
    assert (of_source[here] == of_target[there]).all()
    assert source.starts.tolist() == [int((of_source < number).sum()) for number in range(60)]


@pytest.mark.parametrize("n_iterations", [1, 4])
def test_the_lexicon_is_that_of_the_slow_version(n_iterations):
    sources, targets = text(5)
    found = lexicon(units(sources, 12), units(targets, 12), n_iterations)
    expected = slow_probability(sources, targets, n_iterations)
    named = zip(found.makers.tolist(), found.made.tolist(), found.probability.tolist(), strict=True)
    assert {(None if maker == 12 else maker, word): p for maker, word, p in named} == pytest.approx(expected)
    assert list(zip(found.makers, found.made, strict=True)) == sorted(zip(found.makers, found.made, strict=True))


def test_blocks_change_nothing(monkeypatch):
    sources, targets = text(9)
    source, target = units(sources, 12), units(targets, 12)
    whole, makers = lexicon(source, target), most_likely_makers(source, target)
    monkeypatch.setattr(alignment, "_BLOCK", 7)
    parted = lexicon(source, target)
    assert parted.probability == pytest.approx(whole.probability)
    assert parted.makers.tolist() == whole.makers.tolist()
    assert (most_likely_makers(source, target) == makers).mean() > 0.98


def test_a_part_of_units():
    part = units([[4, 5], [6], [7, 8, 9]], 12).part(1, 3)
    assert (part.ids.tolist(), part.lengths.tolist(), part.n_types) == ([6, 7, 8, 9], [1, 3], 12)
