"""Variants against the textbook algorithm, word by word; and what a drawn variant may never change."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.data import chance
from heedful.data.segmentation import MAX_SYMBOLS, N_VARIANTS, Segmentations, _Merges, drop_merges, segment, spans
from heedful.data.tokenizer import Tokenizer

WORDS = ["lower", "lowest", "newer", "newest", "wider", "我们去北京", "北京", "x" * 90, "Ω", "aΩb", "o"]
tokenizer = Tokenizer.train([" ".join(WORDS)] * 5 + ["low lower new newer 我们 北京"] * 3 + ["lol"], 330)
merges = _Merges.of(tokenizer)
TYPES = list(dict.fromkeys(word for text in WORDS for word in tokenizer.word_types(text)))


def variants(table: Segmentations, index: int) -> list[list[int]]:
    return [table.expand(np.array([index * table.n_variants + way])).tolist() for way in range(table.n_variants)]


def textbook(symbols: list[int], dropout: float, random: np.random.Generator) -> list[int]:
    """Provilkov et al., algorithm 1."""
    ranks = {pair: rank for rank, pair in enumerate(tokenizer.merges)}
    names = {tokenizer.piece(token): token for token in range(tokenizer.vocab_size)}
    word = list(symbols)
    while True:
        offers = []
        for place in range(len(word) - 1):
            rank = ranks.get((tokenizer.piece(word[place]), tokenizer.piece(word[place + 1])))
            if rank is not None and random.random() >= dropout:
                offers.append((rank, place))
        if not offers:
            return word
        place = min(offers)[1]
        joined = tokenizer.piece(word[place]) + tokenizer.piece(word[place + 1])
        word[place : place + 2] = [names[joined]]


@pytest.mark.parametrize("word", TYPES)
def test_without_dropout_it_is_the_tokenizer(word: str) -> None:
    symbols = merges.symbols(word)
    pieces, sizes = drop_merges(np.array([symbols], np.int32), merges, 0.0, np.random.PCG64(0))
    assert pieces[0, : sizes[0]].tolist() == tokenizer.word_ids(word)
    assert textbook(symbols, 0.0, np.random.default_rng(0)) == tokenizer.word_ids(word)


@pytest.mark.parametrize("dropout", [0.1, 0.5])
def test_with_dropout_ways_are_as_frequent_as_in_the_textbook(dropout: float) -> None:
    symbols = merges.symbols(" newest")
    n, random = 3000, np.random.default_rng(1)
    expected = Counter(tuple(textbook(symbols, dropout, random)) for _ in range(n))
    rows, sizes = drop_merges(np.array([symbols] * n, np.int32), merges, dropout, np.random.PCG64(2))
    came = Counter(tuple(row[:size].tolist()) for row, size in zip(rows, sizes, strict=True))
    for way in expected.keys() | came.keys():
        assert abs(expected[way] - came[way]) <= 6 * np.sqrt(expected[way] + came[way])


@pytest.mark.parametrize("dropout", [0.0, 0.1, 0.6])
def test_every_variant_spells_its_word(dropout: float) -> None:
    (table,) = segment(TYPES, tokenizer, dropout=dropout, seed=5)
    assert table.n_variants == (N_VARIANTS if dropout else 1)
    for index, word in enumerate(TYPES):
        ways = variants(table, index)
        assert ways[0] == tokenizer.word_ids(word)
        assert all(tokenizer.decode(way) == word.removeprefix(" ") for way in ways)
        if len(merges.symbols(word)) > MAX_SYMBOLS:
            assert all(way == ways[0] for way in ways)
    if dropout:
        assert len({tuple(way) for way in variants(table, TYPES.index(" newest"))}) > 2


def test_seeds_decide() -> None:
    tables = [next(segment(TYPES, tokenizer, dropout=0.3, seed=seed)) for seed in (1, 1, 2)]
    assert np.array_equal(tables[0].ids, tables[1].ids)
    assert np.array_equal(tables[0].starts, tables[1].starts)
    assert [variants(tables[0], i) for i in range(len(TYPES))] != [variants(tables[2], i) for i in range(len(TYPES))]


def test_equal_ways_share_their_pieces() -> None:
    (table,) = segment(["o"] * 3, tokenizer, dropout=0.3, seed=1)
    assert len(table.ids) == 3


def test_choice_is_pure_and_reaches_all_variants() -> None:
    (table,) = segment(TYPES, tokenizer, dropout=0.3, seed=1)
    positions = np.arange(2000)
    types = positions % len(TYPES)
    purpose = chance.key(7, 3, 0)
    rows = table.choose(types, positions, purpose)
    assert np.array_equal(rows // N_VARIANTS, types)
    assert set((rows % N_VARIANTS).tolist()) == set(range(N_VARIANTS))
    some = np.array([1999, 5, 77])
    assert np.array_equal(table.choose(types[some], some, purpose), rows[some])
    assert not np.array_equal(table.choose(types, positions, chance.key(7, 4, 0)), rows)
    assert np.array_equal(table.plain(types) % N_VARIANTS, np.zeros(2000))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_spans(pairs: list[tuple[int, int]]) -> None:
    starts, sizes = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    assert spans(starts, sizes).tolist() == [i for start, size in pairs for i in range(start, start + size)]


def test_a_vocabulary_without_merges() -> None:
    bare = Tokenizer([" ", "a"], [])
    (table,) = segment([" aa", "a"], bare, dropout=0.5, seed=0)
    assert all(way == bare.word_ids(" aa") for way in variants(table, 0))
