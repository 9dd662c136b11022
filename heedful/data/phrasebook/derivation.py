"""One derivation of a sentence: balanced draws from the lexicon, and the pairs of content lemmas that it composes."""

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, TypeVar

from heedful.data.phrasebook.grammar import Phrase, Units
from heedful.data.phrasebook.lexicon import Adjective, Lemma, Noun, Verb, Word, common

Split = Literal["train", "dev", "test"]
T = TypeVar("T")
_LEMMAS = (Noun, Verb, Adjective, Word)
_split_of: dict[str, Split] = {}


class HeldOutError(Exception):
    """A training derivation composed a pair that belongs to the dev or test split."""


def composition_split(composition: str) -> Split:
    """The split that owns a pair of lemmas: 8% test, 2% dev, by a hash that never changes."""
    split = _split_of.get(composition)
    if split is None:
        bucket = int.from_bytes(blake2b(composition.encode(), digest_size=8).digest(), "big") % 100
        split = _split_of[composition] = "test" if bucket < 8 else "dev" if bucket < 10 else "train"
    return split


def _weight(lemma: object) -> float:
    """How much a use counts when the least used lemmas are dealt: everyday ones come twice as often."""
    assert isinstance(lemma, _LEMMAS)
    return 0.4 if _full(lemma) in common() else 1.0


def _full(lemma: Lemma) -> str:
    return lemma.zh + lemma.rest if isinstance(lemma, Verb) else lemma.zh


class Derivation:
    """The source of every choice. Pools are dealt like decks of cards, so that each member comes equally often."""

    __slots__ = ("_compositions", "_decks", "_random", "_training", "_uses", "units")

    def __init__(self, seed: int, split: Split) -> None:
        self._random = random.Random(f"{seed} {split}").random
        self._uses: dict[int, float] = {}
        self._decks: dict[int, tuple[Sequence[object], list[object]]] = {}
        self._training = split == "train"
        self.restart()

    def restart(self) -> None:
        """Begin another sentence; the decks stay as they are."""
        self._compositions: list[tuple[str, str, str]] = []
        self.units = Units()

    def draw(self, pool: Sequence[T]) -> T:
        """The next card of the pool's deck."""
        deck = self._decks.get(id(pool))
        if deck is None:
            assert pool, "nothing to draw from"
            deck = self._decks[id(pool)] = (pool, [])  # holding the pool keeps its id from being reused
        cards = deck[1]
        lemmas = isinstance(pool[0], _LEMMAS)
        if len(cards) <= (2 * len(pool) // 3 if lemmas and len(pool) > 5 else 0):
            self._shuffle(cards, pool)
            if lemmas:  # of a large pool, only the third that was seen least anywhere is dealt before the next shuffle
                cards.sort(key=lambda card: self._uses.get(id(card), 0), reverse=True)
        card = cards.pop()
        if lemmas:
            self._uses[id(card)] = self._uses.get(id(card), 0.0) + _weight(card)
        return card  # type: ignore[return-value]

    def _shuffle(self, cards: list[object], pool: Sequence[object]) -> None:
        cards[:] = pool
        for i in range(len(cards) - 1, 0, -1):
            j = int(self._random() * (i + 1))
            cards[i], cards[j] = cards[j], cards[i]

    def word(self, lemma: Word | Adjective) -> Phrase:
        """An uninflected lemma as a phrase of its own unit."""
        unit = self.units.reserve()
        return Phrase(((lemma.zh, unit),), tuple([(word, unit) for word in lemma.en]))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def compose(self, head: Lemma | None, dependent: Lemma | None) -> None:
        """Record that the sentence puts two content lemmas together; pronouns and the like are None."""
        if head is None or dependent is None:
            return
        composition = f"{_full(head)} {_full(dependent)}"
        if self._training and composition_split(composition) != "train":
            raise HeldOutError
        self._compositions.append((composition, head.zh, dependent.zh))

    def compositions(self, words: Sequence[str]) -> tuple[str, ...]:
        """The pairs composed in a sentence of these Chinese words; what was drawn and dropped again does not count."""
        return tuple([key for key, head, dependent in self._compositions if head in words and dependent in words])
