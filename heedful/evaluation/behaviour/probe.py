"""What probes are made of, and what they are: texts to translate, and a judge of their translations."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from heedful.evaluation.behaviour.writing import has_case, is_spaced

# Longer sentences are not probed. A token has one byte at least, so four of them fit into a window of 1024 tokens.
MAX_BYTES = 240
Pair = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Judgement:
    """What a judge says.

    Args:
        why: what is wrong; "" when nothing is.
        value: the figure behind it, where there is one.
    """

    why: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Probe:
    """One trial.

    Args:
        texts: to be translated; the last one is what is tried, those before it are for comparison.
        judge: of the translations, in the same order.
    """

    texts: tuple[str, ...]
    judge: Callable[[Sequence[str]], Judgement]


@dataclass(frozen=True)
class Series:
    """The probes of one check.

    Args:
        name: of the check.
        title: what is tried.
        passes: what counts as passed, in one line.
        probes: none when the check cannot be made.
        missing: why there are none.
        note: what the counts do not say.
        measure: what the judges' values are.
    """

    name: str
    title: str
    passes: str
    probes: Sequence[Probe]
    missing: str
    note: str = ""
    measure: str = ""


@dataclass(frozen=True)
class Material:
    """What probes are made from.

    Args:
        pairs: sentences with their translations, both with text.
        source: language code.
        target: language code.
        lexicon: translations of single words, several for one word where they are known.
        seed: of every choice.
        n_probes: the most probes of a series.
    """

    pairs: Sequence[Pair]
    source: str
    target: str
    lexicon: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seed: int = 1
    n_probes: int = 100

    @cached_property
    def spaced(self) -> tuple[bool, bool]:
        """Whether the source, and whether the target, has spaces between words."""
        return is_spaced(source for source, _ in self.pairs), is_spaced(target for _, target in self.pairs)

    @cached_property
    def cased(self) -> bool:
        """Whether the source is written in large and small letters."""
        return has_case(source for source, _ in self.pairs)

    @cached_property
    def plain(self) -> list[Pair]:
        """Some sentences of three words or more, to be altered."""
        fitting = [pair for pair in self.pairs if len(pair[0].split()) > 2 or not self.spaced[0] and len(pair[0]) > 5]
        return self.draw("plain", fitting)

    def draw(self, purpose: str, items: Iterable[Item]) -> list[Item]:
        """At most `n_probes` of some items, each once; which ones does not depend on their order."""
        ranked = sorted(dict.fromkeys(items), key=lambda item: (self.chance(purpose, item), repr(item)))
        return ranked[: self.n_probes]

    def chance(self, purpose: str, item: object) -> int:
        """A 64-bit number that looks random."""
        text = f"{self.seed}\0{purpose}\0{item!r}"
        return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())

    def choose(self, purpose: str, item: object, choices: Sequence[Item]) -> Item:
        """One of some choices, drawn for an item."""
        return choices[self.chance(purpose, item) % len(choices)]
