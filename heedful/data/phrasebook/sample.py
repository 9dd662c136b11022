"""Sampling: every pattern in turn, distinct pairs, and splits that share no composition that is held out."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

from heedful.data.phrasebook import (
    patterns_actions,
    patterns_clauses,
    patterns_comparison,
    patterns_description,
    patterns_giving,
    patterns_long,
    patterns_market,
    patterns_modality,
    patterns_numbers,
    patterns_places,
    patterns_questions,
    patterns_time,
)
from heedful.data.phrasebook.derivation import Derivation, HeldOutError, Split, composition_split
from heedful.data.phrasebook.grammar import Pair, Phrase, realize

Pattern = Callable[[Derivation], Phrase]
_MODULES = (
    patterns_actions,
    patterns_modality,
    patterns_description,
    patterns_comparison,
    patterns_places,
    patterns_numbers,
    patterns_time,
    patterns_questions,
    patterns_clauses,
    patterns_giving,
    patterns_long,
    patterns_market,
)
_SAMPLE = 8000  # pairs that show every word of the grammar
LONGEST = 30  # words of a sentence, in either language
_ATTEMPTS = 12  # at one pattern, before it is given up for this round


@cache
def _patterns() -> dict[str, Pattern]:
    return {build.__name__: build for module in _MODULES for build in module.PATTERNS}


@cache
def _shares() -> tuple[str, ...]:
    """The names of the patterns, each as often as its share."""
    shares = {build.__name__: share for module in _MODULES for build, share in module.PATTERNS.items()}
    return tuple(name for name, share in shares.items() for _ in range(share))


def patterns() -> tuple[str, ...]:
    """The names of the sentence patterns."""
    return tuple(_patterns())


@cache
def function_words() -> tuple[frozenset[str], frozenset[str]]:
    """The words of both languages that stand in the grammar rather than in the lexicon: those of a training sample."""
    sample = [pair for pair, _ in islice(derive("train", seed=0), _SAMPLE)]
    chinese = frozenset(word for pair in sample for word in pair.chinese_words)
    return chinese, frozenset(word.lower() for pair in sample for word in pair.english_words)


def split_of(compositions: tuple[str, ...]) -> Split:
    """The split that a sentence with these compositions belongs to."""
    splits = {composition_split(composition) for composition in compositions}
    return "test" if "test" in splits else "dev" if "dev" in splits else "train"


def fits(pair: Pair) -> bool:
    """Whether a sentence is short enough on both sides; a few of the longest patterns are not."""
    return max(len(pair.chinese_words), len(pair.english_words)) <= LONGEST


def derive(split: Split = "train", seed: int = 1) -> Iterator[tuple[Pair, tuple[str, ...]]]:
    """Endless pairs of a split, distinct, each with its compositions."""
    assert split in ("train", "dev", "test"), f"unknown split {split!r}"
    d = Derivation(seed, split)
    seen: set[str] = set()
    names = _shares()
    while True:
        name = d.draw(names)
        build = _patterns()[name]
        for _ in range(_ATTEMPTS):
            d.restart()
            try:
                phrase = build(d)
            except HeldOutError:
                continue
            pair = realize(phrase, name)
            compositions = d.compositions(pair.chinese_words)
            key = f"{pair.chinese}\t{pair.english}"
            if fits(pair) and split_of(compositions) == split and key not in seen:
                seen.add(key)
                yield pair, compositions
                break


def generate(n: int, split: Split = "train", seed: int = 1) -> Iterator[Pair]:
    """n distinct pairs, a pure function of (n, split, seed); a longer run begins with a shorter one."""
    source = derive(split, seed)
    for _ in range(n):
        yield next(source)[0]
