"""Model 1 against the same in dictionaries, and the links of a text whose dictionary is known."""

import random
from collections import Counter

import numpy as np
import pytest

from heedful.data.alignment import Units, links, most_likely_makers


def units(sentences: list[list[int]], n_types: int) -> Units:
    lengths = np.array([len(sentence) for sentence in sentences])
    return Units(np.array([word for sentence in sentences for word in sentence]), lengths, n_types)


def slow_makers(sources: list[list[int]], targets: list[list[int]], n_iterations: int) -> list[int]:
    """Brown et al. 1993, with a dictionary; None is the empty word, and stands last."""
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
    found, start = [], 0
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
