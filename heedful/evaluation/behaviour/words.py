"""Single words: people look words up with a translator, and one that has only seen sentences answers with sentences."""

from collections.abc import Iterable, Sequence
from functools import partial

from heedful.evaluation.behaviour.probe import Judgement, Material, Pair, Probe, Series
from heedful.evaluation.behaviour.writing import bare, is_spaced, units

# Longer ones are more than a word where nothing separates words.
MAX_UNSPACED = 4
# Words that may stand beside a translation (an article), and characters where there are no spaces (a measure word).
ROOM = {True: 1, False: 2}


def word_series(material: Material) -> list[Series]:
    """Each word of the lexicon by itself."""
    words = material.draw("words", sorted(material.lexicon))
    probes = [Probe((word,), partial(_judge, tuple(material.lexicon[word]))) for word in words]
    missing = "no single words with their translation are known: neither given nor found in the sentences"
    note = "another right translation than those that are known counts as wrong"
    passes = f"a known translation, with {ROOM[True]} more word at most ({ROOM[False]} characters without spaces)"
    return [Series("words", "a single word is translated by a word", passes, probes, missing, note)]


def one_word_pairs(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs that are no more than a word on both sides: what a text itself says of single words."""
    return [pair for pair in pairs if all(_is_word(side) for side in pair)]


def lexicon_of(pairs: Iterable[Pair]) -> dict[str, tuple[str, ...]]:
    """Word pairs by their source, every translation once."""
    found: dict[str, dict[str, None]] = {}
    for source, target in pairs:
        if bare(source) and bare(target):
            found.setdefault(source.strip(), {})[target.strip()] = None
    return {source: tuple(targets) for source, targets in found.items()}


def _is_word(text: str) -> bool:
    word = bare(text)
    return bool(word) and (len(word.split()) == 1 if is_spaced([word]) else len(word) <= MAX_UNSPACED)


def _judge(known: Sequence[str], outputs: Sequence[str]) -> Judgement:
    """Right when it is a known translation, with little beside it."""
    said = units(bare(outputs[-1]))
    room = ROOM[is_spaced(known)]
    for word in known:
        wanted = units(bare(word))
        starts = range(len(said) - len(wanted) + 1)
        if len(said) <= len(wanted) + room and any(said[at : at + len(wanted)] == wanted for at in starts):
            return Judgement()
    return Judgement(f"expected {' or '.join(known[:3])}")
