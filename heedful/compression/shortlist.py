"""The vocabulary shortlist: the few hundred tokens that the translation of a sentence may need are scored alone.

A sentence's tokens are those that its own make, the best few of each as IBM model 1 finds them in parallel text; those
that it has itself, since names and numbers are copied; and those of every sentence: the most frequent ones, all bytes,
by which anything can still be spelt, and the end. Jean et al. 2015, arXiv:1412.2007, section 3.3.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from heedful.compression.parity import Parity
from heedful.data.alignment import Units, lexicon
from heedful.data.tokenizer import EOS, Tokenizer
from heedful.errors import DataError, RunError
from heedful.interface import Allowed
from heedful.run.charts import number
from heedful.run.weights import load_tensors, save_tensors

# How many tokens each of a source may become, and how many of the most frequent ones every sentence has.
# docs/experiments.md says what others cost.
N_LIKELY, N_FREQUENT = 64, 100
# Pairs of words that are looked at: of a longer text every second pair of sentences is left out, or three of four, ...
MAX_CELLS = 1 << 26
_TOKENIZER = "tokenizer"
_FIELDS = ("common", "likely", "counts")

Pairs = Iterable[tuple[Sequence[int], Sequence[int]]]
Direction = tuple[str, str]


@dataclass(frozen=True)
class Shortlist:
    """Of one direction.

    Args:
        common: (C,) int32, tokens of every sentence, in order.
        likely: (P,) int32, what each token of a source may become, one behind the other; in order, none is common.
        counts: (V,) int32, how many each token has there.
    """

    common: np.ndarray
    likely: np.ndarray
    counts: np.ndarray

    def allowed(self, sources: Iterable[Sequence[int]]) -> Allowed:
        """What may be written.

        Args:
            sources: tokens of each sentence, tag and end of sentence among them or not.
        """
        return Allowed(self.common, [self._own(source) for source in sources])

    def _own(self, source: Sequence[int]) -> np.ndarray:
        lists = self._lists
        return np.unique(np.concatenate([lists[token] for token in set(source)])) if source else self.common[:0]

    @cached_property
    def _lists(self) -> list[np.ndarray]:
        return np.split(self.likely, np.cumsum(self.counts)[:-1])

    def reached(self, pairs: Pairs) -> "Reach":
        """How much of given translations could be written.

        Args:
            pairs: tokens of sources and of their translations.
        """
        n_sentences = n_tokens = n_inside = n_allowed = 0
        for source, target in pairs:
            allowed = {*self.common.tolist(), *self._own(source).tolist()}
            n_sentences += 1
            n_allowed += len(allowed)
            n_tokens += len(target)
            n_inside += sum(token in allowed for token in target)
        return Reach(n_allowed / max(1, n_sentences), n_inside / max(1, n_tokens))


@dataclass(frozen=True)
class Reach:
    """What the lists of some sentences hold.

    Args:
        size: tokens of a sentence's list, on average.
        coverage: share in [0, 1] of the tokens of the translations that are in the lists.
    """

    size: float
    coverage: float


@dataclass(frozen=True)
class Effect:
    """What a shortlist does to a translator, beside the same weights without it.

    Args:
        vocab_size: tokens there are.
        reach: of the sentences for testing, and of their references.
        parity: with it beside without it.
    """

    vocab_size: int
    reach: Reach
    parity: Parity

    @property
    def said(self) -> str:
        """In one line, without a full stop."""
        return (
            f"{self.reach.size:,.0f} of {self.vocab_size:,} tokens are scored for a sentence on average, "
            f"{self.reach.coverage:.1%} of the tokens of the references among them; beside the same weights without "
            f"the shortlist: {self.parity.said}; {number(self.parity.speedup)} times the speed"
        )

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values: "size", "coverage" and those of `Parity`."""
        return {"size": self.reach.size, "coverage": self.reach.coverage, **self.parity.to_json()}


def learn(pairs: Pairs, tokenizer: Tokenizer, n_likely: int = N_LIKELY, n_frequent: int = N_FREQUENT) -> Shortlist:
    """Learn from translations.

    Args:
        pairs: tokens of sources and of their translations, without tags, begin and end; read once.
        tokenizer: of both.
        n_likely: tokens that each token of a source may become at most.
        n_frequent: of the most frequent tokens of the translations.
    Raises:
        DataError: there is no pair with tokens on both sides.
    """
    taken = _sample(pairs)
    if not taken:
        raise DataError("a shortlist is learned from translations: got none with text on both sides; give others")
    size = tokenizer.vocab_size
    source, target = (_units(side, size) for side in zip(*taken, strict=True))
    plain = np.arange(tokenizer.n_plain)
    counts = np.bincount(target.ids, minlength=size)
    counts[plain] = 0
    frequent = np.argsort(-counts, kind="stable")[:n_frequent]
    # Bytes, which stand between what is never written and the pieces.
    common = np.concatenate([[EOS], plain[tokenizer.n_specials :], frequent[counts[frequent] > 0]])
    table = lexicon(source, target)
    # What no word makes comes last.
    order = np.lexsort((table.made, -table.probability, table.makers))[: np.searchsorted(table.makers, size)]
    makers, made = table.makers[order], table.made[order]
    best = np.arange(len(makers)) - np.searchsorted(makers, makers) < n_likely
    pieces = np.arange(tokenizer.n_plain, size)
    keys = np.unique(np.concatenate([makers[best] * size + made[best], pieces * (size + 1)]))
    keys = keys[~np.isin(keys % size, [*common, *range(tokenizer.n_specials)])]
    return Shortlist(
        np.unique(common).astype(np.int32),
        (keys % size).astype(np.int32),
        np.bincount(keys // size, minlength=size).astype(np.int32),
    )


def save_shortlists(path: Path, shortlists: Mapping[Direction, Shortlist], tokenizer: Tokenizer) -> None:
    """Write the shortlists of a translator, as whole numbers of 16 bits where the vocabulary has so few tokens.

    Args:
        path: in an existing folder.
        shortlists: of each direction.
        tokenizer: of the translator; they are bound to it.
    """
    narrow = torch.uint16 if tokenizer.vocab_size <= 1 << 16 else torch.int32
    tensors: dict[str, Tensor] = {_TOKENIZER: _fingerprint(tokenizer)}
    for direction, shortlist in shortlists.items():
        for name in _FIELDS:
            tensors[_key(direction, name)] = torch.from_numpy(getattr(shortlist, name)).to(narrow)
    save_tensors(path, tensors)


def load_shortlists(path: Path, directions: Sequence[Direction], tokenizer: Tokenizer) -> dict[Direction, Shortlist]:
    """The inverse of `save_shortlists`.

    Args:
        path: the file.
        directions: of the translator.
        tokenizer: of the translator.
    Raises:
        RunError: the file is missing or damaged, or was made for another vocabulary or other directions.
    """
    tensors = load_tensors(path)
    if not torch.equal(tensors.get(_TOKENIZER, torch.empty(0)), _fingerprint(tokenizer)):
        raise RunError(
            f"{path} is the shortlist of another vocabulary: restore it and tokenizer.json from the same run, or make "
            "it again with heedful compress --shortlist"
        )
    if missing := [key for way in directions for name in _FIELDS if (key := _key(way, name)) not in tensors]:
        raise RunError(f"{path} has no {missing[0]!r}: restore it from the run that config.json is of")
    found = {way: Shortlist(*(tensors[_key(way, name)].int().numpy() for name in _FIELDS)) for way in directions}
    if not all(_is_whole(shortlist, tokenizer.vocab_size) for shortlist in found.values()):
        raise RunError(f"{path} is damaged: its lists do not fit the vocabulary; copy it again from where it was whole")
    return found


def _is_whole(shortlist: Shortlist, size: int) -> bool:
    """Whether every list is there, and holds tokens of the vocabulary."""
    there = shortlist.counts.shape == (size,) and int(shortlist.counts.sum()) == len(shortlist.likely)
    named = np.concatenate([shortlist.common, shortlist.likely, shortlist.counts])
    return there and EOS in shortlist.common and int(named.min()) >= 0 and int(named[:-size].max()) < size


def _fingerprint(tokenizer: Tokenizer) -> Tensor:
    """(32,) uint8: the SHA-256 of tokenizer.json."""
    return torch.frombuffer(bytearray(hashlib.sha256(tokenizer.to_json().encode()).digest()), dtype=torch.uint8)


def _key(direction: Direction, name: str) -> str:
    return f"{direction[0]}>{direction[1]}.{name}"


def _sample(pairs: Pairs) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pairs with tokens on both sides; an even sample of them where all have too many cells."""
    taken: list[tuple[np.ndarray, np.ndarray]] = []
    stride, n_cells = 1, 0
    for index, (source, target) in enumerate(pair for pair in pairs if all(map(len, pair))):
        if index % stride:
            continue
        taken.append((np.array(source), np.array(target)))
        n_cells += _cells(taken[-1])
        while n_cells > MAX_CELLS and len(taken) > 1:
            taken, stride = taken[::2], stride * 2
            n_cells = sum(map(_cells, taken))
    return taken


def _cells(pair: tuple[np.ndarray, np.ndarray]) -> int:
    return (len(pair[0]) + 1) * len(pair[1])


def _units(side: Sequence[np.ndarray], size: int) -> Units:
    return Units(np.concatenate(side), np.array([len(each) for each in side]), size)
