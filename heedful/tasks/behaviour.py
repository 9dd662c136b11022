"""The behaviour suite on a translator: the caller's sentences or those that its run held out, the words of its text."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from heedful.data.corpus import SIDES, Corpus
from heedful.data.tokenizer import Tokenizer
from heedful.data.word_pairs import mine_words
from heedful.decoding import Search
from heedful.evaluation.behaviour.report import Behaviour
from heedful.evaluation.behaviour.suite import examine
from heedful.evaluation.behaviour.writing import bare, is_spaced
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.preparation import READY
from heedful.tasks.translator import Translator

Pair = tuple[str, str]
# Pairs of the training text in which words are looked for, evenly taken.
MAX_MINED = 20_000
# How sure a word pair must be, and how likely another translation, to be accepted.
SURE, ACCEPTED = 0.5, 0.1
# Sentences of more pieces are no single words.
MAX_PIECES = 8
WORDS_NOTE = "words that the training text holds inside sentences and never by themselves"


def check_behaviour(
    translator: Translator,
    pairs: Sequence[Pair] | None = None,
    to: str | None = None,
    *,
    run: Path | None = None,
    search: Search | None = None,
    seed: int = 1,
    n_probes: int = 100,
    tell: Tell = unwatched,
) -> Behaviour:
    """What a translator does with words, numbers, names, marks, typos and long input: counts and examples.

    Args:
        translator: to be tried.
        pairs: sentences that it has not learned from, with references; None takes those that its run held out.
        to: language translated into; may be left out when the model has one direction, or when `pairs` leave no choice.
        run: the translator's run directory; what training left there gives held-out sentences and words. None, or one
            without `training/`, leaves out what needs them.
        search: how to decode; None is the search of the run.
        seed: of the choice of probes.
        n_probes: the most of each check.
        tell: is told how far it is.
    Raises:
        OptionError: the model does not translate into that language, it must be said, or no probe is asked for.
        RunError: what training left is damaged.
    """
    direction = translator.direction([source for source, _ in pairs or ()], to)
    turned = direction != translator.directions[0]
    begun = None if run is None else RunDirectory(run).begun
    words: list[Pair] = []
    if begun is not None and check_left(begun):
        tell("looking for words in the training text", 0, 0)
        words = known_words(begun, turned)
        pairs = held_out(begun, turned) if pairs is None else pairs

    def translate(texts: Sequence[str]) -> list[str]:
        progress = partial(tell, "trying its behaviour")
        return translator.answer(texts, to=direction[1], search=search, progress=progress).texts

    found = examine(translate, pairs or (), *direction, lexicon=words, seed=seed, n_probes=n_probes)
    if not words:
        return found
    checks = (replace(one, note=f"{WORDS_NOTE}; {one.note}") if one.name == "words" else one for one in found.checks)
    return replace(found, checks=tuple(checks))


def check_left(begun: Path) -> bool:
    """Whether what training left is there.

    Args:
        begun: `training/begun/` of the run.
    Raises:
        RunError: it is there and damaged.
    """
    there = (begun / READY).is_file()
    if there:
        check_manifest(begun, [READY, "tokenizer.json", "corpus/contents.json"])
    return there


def held_out(begun: Path, turned: bool) -> list[Pair]:
    """The pairs that a run did not learn from, the test first.

    Args:
        begun: `training/begun/` of the run.
        turned: for the direction against that of the files.
    """
    stored = read_json(begun / READY)
    return [
        (target, source) if turned else (source, target) for part in ("test", "dev") for source, target in stored[part]
    ]


def known_words(begun: Path, turned: bool) -> list[Pair]:
    """Words of the training text with what they may be translated into; none that it holds as a sentence of its own.

    Args:
        begun: `training/begun/` of the run.
        turned: for the direction against that of the files.
    """
    corpus, tokenizer = Corpus.open(begun / "corpus"), Tokenizer.load(begun / "tokenizer.json")
    # What was made from the text comes behind its last line.
    n_lines = read_json(begun / READY)["facts"]["verdict"]["n_lines"]
    real = np.flatnonzero(corpus.lines < n_lines)
    pairs = list(_pairs(corpus, tokenizer, real[:: -(-len(real) // MAX_MINED)], turned))
    short = np.flatnonzero(np.maximum(*(corpus.lengths(side) for side in SIDES)) <= MAX_PIECES)
    alone = {bare(source) for source, _ in _pairs(corpus, tokenizer, short, turned)}
    found = mine_words(pairs, least=SURE, rivals=ACCEPTED)
    words = [(pair.source, pair.target) for pair in found if bare(pair.source) not in alone]
    return [pair for pair in words if all(map(_is_whole, pair))]


def _is_whole(word: str) -> bool:
    """Whether what was found is surely more than a part of a word: a single character seldom is, as the 吉 of 吉他."""
    return len(word) > 1 or is_spaced([word])


def _pairs(corpus: Corpus, tokenizer: Tokenizer, rows: np.ndarray, turned: bool) -> Iterator[Pair]:
    """Some pairs of a corpus as text."""
    columns = []
    for side in reversed(SIDES) if turned else SIDES:
        pieces, lengths = corpus.gather(side, rows, 0, 0, np.ones(len(rows), bool))
        edges = np.append(0, np.cumsum(lengths)).tolist()
        flat = pieces.tolist()
        columns.append([tokenizer.decode(flat[low:high]) for low, high in pairwise(edges)])
    yield from zip(*columns, strict=True)
