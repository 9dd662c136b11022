"""Words and their translations, found in sentence pairs: linked by alignment, then grown to whole words and phrases.

Where nothing separates words (Chinese), characters are linked, and a link grows to the neighbours that belong to it:
to the string that goes with the other word most exclusively. Elsewhere the same growth finds that "orange juice", and
not "juice", is "Orangensaft". Exclusiveness is Dice's coefficient, 2 * together / (one + other), over the whole text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from heedful.data.alignment import Units, links
from heedful.data.languages import UNSPACED

LEAST, MIN_COUNT = 0.4, 3
# Sentences beyond it are of no use to model 1, and cells bound time and memory: about 10 seconds and 0.5 GB.
MAX_UNITS, MAX_CELLS = 60, 6_000_000
MAX_WORDS, MAX_CHARACTERS = 3, 4
_UNIT = re.compile(rf"[{UNSPACED}]|[^\W\d_{UNSPACED}]+(?:['’-][^\W\d_{UNSPACED}]+)*")
_CHARACTER = re.compile(f"[{UNSPACED}]")
# A unit that makes up this share of a text holds sentences together (the, of, 的) and is no edge of a phrase.
FREQUENT_WORD, FREQUENT_CHARACTER = 0.004, 0.01
# Of two runs whose coefficients differ by less, length decides.
AS_GOOD = 0.93
# Occurrences that are looked at to see how a word is written.
_LOOKED_AT = 25


@dataclass(frozen=True)
class WordPair:
    """A word or a short phrase, and what translates it.

    Args:
        source: as it is mostly written inside sentences.
        target: the same of the translation.
        count: how often they are linked.
        dice: 1 when neither occurs without the other.
    """

    source: str
    target: str
    count: int
    dice: float


def mine_words(
    pairs: Iterable[tuple[str, str]], *, least: float = LEAST, rivals: float | None = None
) -> list[WordPair]:
    """Word pairs that the text itself vouches for, the surest first.

    Args:
        pairs: sentences and their translations; an even sample of a large text is looked at.
        least: Dice's coefficient that a pair must reach.
        rivals: also other single words for these words, down to this coefficient; None gives the best of each.
    """
    kept = _sample([pair for pair in pairs if all(0 < len(_UNIT.findall(side)) <= MAX_UNITS for side in pair)])
    if not kept:
        return []
    one, other = (_Side.of([pair[side] for pair in kept]) for side in (0, 1))
    if not (one.by_character and not other.by_character):
        return _ordered(_mine(one, other, least, rivals))
    # A word is a better start than a character.
    found = _mine(other, one, least if rivals is None else min(least, rivals), None)
    turned = [replace(pair, source=pair.target, target=pair.source) for pair in found]
    sure = {pair.source for pair in turned if pair.dice >= least}
    return _ordered(pair for pair in turned if pair.source in sure)


def _ordered(pairs: Iterable[WordPair]) -> list[WordPair]:
    ranked = sorted(pairs, key=lambda pair: (-pair.dice, -pair.count, pair.source, pair.target))
    # A phrase is found from each of its words.
    return list({(pair.source.casefold(), pair.target.casefold()): pair for pair in reversed(ranked)}.values())[::-1]


def _sample(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Every n-th pair, so that there are at most MAX_CELLS of them all."""
    n_cells = sum(len(_UNIT.findall(source)) * len(_UNIT.findall(target)) for source, target in pairs)
    return pairs[:: max(1, -(-n_cells // MAX_CELLS))]


@dataclass(frozen=True)
class _Side:
    """Sentences cut into units, and all runs of a few units.

    Args:
        texts: the sentences.
        units: their words or characters.
        begins: where each unit begins in its sentence.
        ends: where it ends.
        sentences: in which sentence it is.
        runs: runs[n - 1][i] is the run of n units from i on; -1 where something stands between them.
        counts: how often each run occurs.
        by_character: the script has no spaces.
    """

    texts: Sequence[str]
    units: Units
    begins: np.ndarray
    ends: np.ndarray
    sentences: np.ndarray
    runs: Sequence[np.ndarray]
    counts: np.ndarray
    by_character: bool

    @classmethod
    def of(cls, texts: Sequence[str]) -> "_Side":
        types: dict[str, int] = {}
        ids, begins, ends, lengths = [], [], [], []
        for text in texts:
            found = list(_UNIT.finditer(text))
            lengths.append(len(found))
            ids += [types.setdefault(unit[0].casefold(), len(types)) for unit in found]
            begins += [unit.start() for unit in found]
            ends += [unit.end() for unit in found]
        units = Units(np.array(ids), np.array(lengths), len(types))
        by_character = 2 * sum(bool(_CHARACTER.match(unit)) for unit in types) > len(types)
        sentences = np.repeat(np.arange(len(texts)), units.lengths)
        spaces = "" if by_character else " "
        joins = [
            here == there and texts[here][end:begin] == spaces
            for here, there, end, begin in zip(
                sentences.tolist(), sentences[1:].tolist(), ends, begins[1:], strict=False
            )
        ]
        runs = _runs(units, np.array([*joins, False]), MAX_CHARACTERS if by_character else MAX_WORDS)
        every = np.concatenate(runs)
        counts = np.bincount(every[every >= 0])
        return cls(texts, units, np.array(begins), np.array(ends), sentences, runs, counts, by_character)

    def covering(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The runs that hold some positions: index into `positions`, run, where it begins, units that it has."""
        found = []
        for size, runs in enumerate(self.runs, 1):
            for offset in range(size):
                begin = positions - offset
                index = np.flatnonzero(begin >= 0)
                index = index[runs[begin[index]] >= 0]
                found.append((index, runs[begin[index]], begin[index], np.full(len(index), size)))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        return columns[0], columns[1], columns[2], columns[3]

    def vouched(self, counts: np.ndarray, begins: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Which runs may be more than chance: the longer, the more links; and no edge that only joins words.

        Args:
            counts: links that each run holds.
            begins: a place where it begins.
            sizes: units that it has.
        """
        share = self.counts[: self.units.n_types] / len(self.units.ids)
        frequent = share >= (FREQUENT_CHARACTER if self.by_character else FREQUENT_WORD)
        first, last = self.units.ids[begins], self.units.ids[begins + sizes - 1]
        enough = counts >= np.maximum(MIN_COUNT, (1 if self.by_character else 2) * sizes + 1)
        # A word may be frequent; a character that is so belongs to many words.
        alone = (sizes == 1) & (not self.by_character)
        return np.asarray(enough & (alone | ~(frequent[first] | frequent[last])))

    def written(self, begins: np.ndarray, size: int) -> str:
        """How a run is mostly written; at the beginning of a sentence it may bear a capital that is not its own."""
        seen: Counter[str] = Counter()
        for begin in begins[:_LOOKED_AT].tolist():
            text = self.texts[self.sentences[begin]][self.begins[begin] : self.ends[begin + size - 1]]
            seen[text] += 1 if self.begins[begin] == 0 else 100
        return max(seen, key=lambda text: (seen[text], text))


def _runs(units: Units, joins: np.ndarray, longest: int) -> list[np.ndarray]:
    """Numbers for all runs of 1, 2, ... units, by where they begin.

    Args:
        units: of a side.
        joins: bool for each unit, True where nothing but a space stands between it and the next one.
        longest: units of the longest runs.
    """
    runs, n_runs = [units.ids], units.n_types
    last, fits = units.ids, np.ones(len(joins), bool)
    for size in range(2, longest + 1):
        fits = fits & np.append(joins[size - 2 :], np.zeros(size - 2, bool))
        places = np.flatnonzero(fits)
        keys = last[places] * units.n_types + units.ids[places + size - 1]
        distinct, numbers = np.unique(keys, return_inverse=True)
        last = np.full(len(joins), -1)
        last[places] = numbers
        runs.append(np.where(fits, last + n_runs, -1))
        n_runs += len(distinct)
    return runs


@dataclass(frozen=True)
class _Candidates:
    """What may be the other half of something: a row for each different pair, rows of one owner side by side.

    Args:
        owners: whose other half.
        runs: which run.
        counts: how many links of the owner it holds.
        dice: of owner and run.
        sizes: units of the run.
        vouched: bool for each row, True where the text vouches for the run.
        best: the row of each owner's best half that the text vouches for; none where it vouches for none.
        begins: the places where the run holds a link, row by row.
        links: the links there.
        edges: where each row's places begin in `begins` and `links`, and the end.
    """

    owners: np.ndarray
    runs: np.ndarray
    counts: np.ndarray
    dice: np.ndarray
    sizes: np.ndarray
    vouched: np.ndarray
    best: np.ndarray
    begins: np.ndarray
    links: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, owners: np.ndarray, n_owner: np.ndarray, side: _Side, positions: np.ndarray) -> "_Candidates":
        """Every run that holds a link.

        Args:
            owners: of each link.
            n_owner: how often each owner occurs in the text.
            side: the other side.
            positions: of the links there.
        """
        links, runs, begins, sizes = side.covering(positions)
        keys = owners[links] * len(side.counts) + runs
        order = np.argsort(keys, kind="stable")
        distinct, first, counts = np.unique(keys[order], return_index=True, return_counts=True)
        owner, run = distinct // len(side.counts), distinct % len(side.counts)
        dice = 2 * counts / (n_owner[owner] + side.counts[run])
        sizes = sizes[order][first]
        vouched = side.vouched(counts, begins[order][first], sizes)
        # Of those about as good, the longest where characters make words, else the shortest.
        first_row, of_owner = np.unique(owner, return_index=True, return_inverse=True)[1:]
        good = vouched & (dice >= AS_GOOD * np.maximum.reduceat(np.where(vouched, dice, 0), first_row)[of_owner])
        ranked = np.lexsort((-run, dice, sizes if side.by_character else -sizes, good, owner))
        last = np.append(owner[ranked][1:] != owner[ranked][:-1], True)
        best = ranked[last][good[ranked[last]]]
        return cls(
            owner, run, counts, dice, sizes, vouched, best, begins[order], links[order], np.append(first, len(order))
        )

    def places(self, row: int) -> slice:
        """Where a row's places are in `begins` and `links`."""
        return slice(int(self.edges[row]), int(self.edges[row + 1]))


def _mine(one: _Side, other: _Side, least: float, rivals: float | None) -> Iterator[WordPair]:
    here, there = links(one.units, other.units)
    if not len(here):
        return
    grown = _Candidates.of(one.units.ids[here], one.counts, other, there)
    for row in grown.best[grown.dice[grown.best] >= least].tolist():
        target = other.written(grown.begins[grown.places(row)], int(grown.sizes[row]))
        held = here[grown.links[grown.places(row)]]
        n_target = other.counts[grown.runs[row : row + 1]]
        back = _Candidates.of(np.zeros(len(held), np.int64), n_target, one, held)
        if not len(back.best) or back.dice[back.best[0]] < least:
            continue
        source = int(back.best[0])
        written = one.written(back.begins[back.places(source)], int(back.sizes[source]))
        yield WordPair(written, target, int(back.counts[source]), float(back.dice[source]))
        if rivals is not None and back.sizes[source] == 1:
            for rival in _rivals(grown, row, rivals):
                target = other.written(grown.begins[grown.places(rival)], int(grown.sizes[rival]))
                yield WordPair(written, target, int(grown.counts[rival]), float(grown.dice[rival]))


def _rivals(grown: _Candidates, row: int, least: float) -> Iterator[int]:
    """The rows of an owner that translate it elsewhere than its best one does, and are no other cut of that."""
    low, high = np.searchsorted(grown.owners, [grown.owners[row], grown.owners[row] + 1])
    known = grown.links[grown.places(row)]
    for rival in range(int(low), int(high)):
        if rival != row and grown.dice[rival] >= least and grown.vouched[rival]:
            elsewhere = ~np.isin(grown.links[grown.places(rival)], known)
            if 2 * elsewhere.sum() > grown.counts[rival]:
                yield rival
