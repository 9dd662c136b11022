"""One derivation of a sentence: balanced draws from the lexicon, and the pairs of content lemmas that it composes."""

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, TypeVar

from heedful.data.phrasebook.grammar import Phrase, Units
from heedful.data.phrasebook.lexicon import Adjective, Lemma, Word

Split = Literal["train", "dev", "test"]
T = TypeVar("T")
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


class Derivation:
    """The source of every choice. Pools are dealt like decks of cards, so that each member comes equally often."""

    __slots__ = ("_decks", "_random", "_training", "compositions", "units")

    def __init__(self, seed: int, split: Split) -> None:
        self._random = random.Random(f"{seed} {split}").random
        self._decks: dict[int, tuple[Sequence[object], list[object]]] = {}
        self._training = split == "train"
        self.restart()

    def restart(self) -> None:
        """Begin another sentence; the decks stay as they are."""
        self.compositions: list[str] = []
        self.units = Units()

    def draw(self, pool: Sequence[T]) -> T:
        """The next card of the pool's deck."""
        deck = self._decks.get(id(pool))
        if deck is None:
            assert pool, "nothing to draw from"
            deck = self._decks[id(pool)] = (pool, [])  # holding the pool keeps its id from being reused
        cards = deck[1]
        if not cards:
            cards.extend(pool)
            for i in range(len(cards) - 1, 0, -1):
                j = int(self._random() * (i + 1))
                cards[i], cards[j] = cards[j], cards[i]
        return cards.pop()  # type: ignore[return-value]

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
        composition = f"{head.zh} {dependent.zh}"
        if self._training and composition_split(composition) != "train":
            raise HeldOutError
        self.compositions.append(composition)
