"""Beam search in tensors against beam search in Python lists, and against trying everything."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.decoding.constraints import Limits
from heedful.decoding.engine import decode
from heedful.decoding.search import Beam
from tests.decoding.toy import BOS, EOS, PAD, Toy, chance
from tests.reference.beam import Found, Rules, beam_search, exhaustive_search, in_loop

OFF = Limits(loop_repeats=0)


def beam(model, sources, search, limits=OFF, **options):
    return decode(model, sources, search, bos=BOS, eos=EOS, pad=PAD, limits=limits, **options).hypotheses


def agree(ours, slow: list[Found]) -> None:
    assert [tuple(item.tokens) for item in ours] == [item.tokens for item in slow]
    assert [item.stopped for item in ours] == [item.stopped for item in slow]
    for fast, found in zip(ours, slow, strict=True):
        assert fast.score == pytest.approx(found.score, abs=1e-4)
        assert fast.log_probability == pytest.approx(found.log_probability, abs=1e-4)


@settings(max_examples=8)
@given(
    seed=st.integers(0, 10**6),
    width=st.integers(1, 6),
    alpha=st.sampled_from([0.0, 0.6, 1.0, 2.0]),
    vocab_size=st.integers(4, 9),
    n_best=st.integers(1, 6),
    min_len=st.integers(0, 3),
    eos=st.sampled_from([-3.0, 0.0, 2.0]),
)
def test_the_same_as_the_slow_search_that_never_stops_early(seed, width, alpha, vocab_size, n_best, min_len, eos):
    model = Toy(chance(seed, vocab_size, eos=eos), vocab_size)
    search = Beam(width, alpha, min(n_best, width))
    limits = Limits(max_ratio=1.0, max_extra=5, min_len=min_len, loop_repeats=0)
    rules = Rules(EOS, (PAD, BOS), limits.max_len(2), min_len)
    slow = beam_search(model.log_probabilities((3, EOS)), width, search.divisor, rules)
    agree(beam(model, [(3, EOS)], search, limits)[0], slow[: search.n_best])


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), alpha=st.sampled_from([0.0, 1.0]), n_best=st.integers(1, 40))
def test_a_beam_wide_enough_finds_the_best_of_all_texts(seed, alpha, n_best):
    model, width = Toy(chance(seed, 6), 6), 90
    search = Beam(width, alpha, n_best)
    rules = Rules(EOS, (PAD, BOS), max_len=4)
    every = exhaustive_search(model.log_probabilities((3,)), 6, search.divisor, rules)
    ours = beam(model, [(3,)], search, Limits(max_ratio=0.0, max_extra=4, loop_repeats=0, rows=1))[0]
    agree(ours, every[:n_best])


def test_a_wider_beam_finds_a_likelier_text_which_may_be_a_shorter_one():
    # 3 is the likelier beginning, but what follows it is split in two.
    follows = {(): {3: 0.6, 4: 0.4}, (3,): {3: 0.5, 4: 0.5}}

    def logits(source, read):
        odds = follows.get(read[1:], {EOS: 1.0})
        return [math.log(odds.get(token, 1e-9)) for token in range(5)]

    narrow, wide = (beam(Toy(logits, 5), [(3,)], Beam(width, 0.0))[0][0] for width in (1, 2))
    assert (narrow.tokens, wide.tokens) == ([3, 3], [4])
    assert math.exp(narrow.log_probability) == pytest.approx(0.3)
    assert math.exp(wide.log_probability) == pytest.approx(0.4)


def test_it_stops_early():
    model = Toy(chance(5, 8, scale=6.0, eos=2.0), 8, max_len=200)
    limits = Limits(max_ratio=0.0, max_extra=150, loop_repeats=0)
    beam(model, [(3, 4, EOS)], Beam(4), limits)
    assert len(model.steps) < 100


def test_a_text_that_is_certain_takes_no_more_steps_than_it_has_tokens():
    text = (5, 4, 3, EOS)
    model = Toy(lambda source, read: [20.0 * (token == (*text, EOS)[len(read) - 1]) for token in range(7)], 7)
    assert beam(model, [(3,)], Beam(3))[0][0].tokens == [5, 4, 3]
    assert len(model.steps) == 4


def test_equal_scores_go_to_the_lowest_token_and_the_best_beam():
    # Every token is as likely as any other: beams are the lowest texts in order, and the shortest hypotheses are best.
    model = Toy(lambda source, read: [0.0] * 8, 8)
    found = beam(model, [(3,)], Beam(3, length_penalty=0.0, n_best=3), Limits(min_len=2, loop_repeats=0))[0]
    assert [item.tokens for item in found] == [[3, 3], [3, 4], [3, 5]]


def test_when_nothing_ends_the_best_of_what_was_cut_remains():
    model = Toy(chance(1, 7, eos=-1e9), 7)
    limits = Limits(max_ratio=0.0, max_extra=6, loop_repeats=0)
    found = beam(model, [(3,)], Beam(3, n_best=3), limits)[0]
    assert [item.stopped for item in found] == ["length"] * 3
    assert [len(item.tokens) for item in found] == [6, 6, 6]
    assert sorted((item.score for item in found), reverse=True) == [item.score for item in found]


def test_what_ended_ranks_before_what_was_cut_however_unlikely():
    def logits(source, read):
        return [0.0, 0.0, -5.0 if len(read) == 3 else -60.0, 9.0, -2.0]

    model = Toy(logits, 5)
    found = beam(model, [(3,)], Beam(3, n_best=2), Limits(max_ratio=0.0, max_extra=3, loop_repeats=0))[0]
    slow = beam_search(model.log_probabilities((3,)), 3, Beam().divisor, Rules(EOS, (PAD, BOS), 3))
    agree(found, slow[:2])
    assert [item.stopped for item in found] == ["length", "length"]
    wide = beam(model, [(3,)], Beam(8, n_best=2), Limits(max_ratio=0.0, max_extra=3, loop_repeats=0))[0]
    assert [item.stopped for item in wide] == ["eos", "eos"]
    assert wide[0].tokens == [3, 3]


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 4))
def test_loops_are_cut_as_in_the_slow_search(seed, width):
    def logits(source, read):
        return [value + (3.0 if token in read[-2:] else 0.0) for token, value in enumerate(noise(source, read))]

    noise = chance(seed, 7, scale=1.0, eos=-4.0)
    model, source = Toy(logits, 7), (3, 4, EOS)
    limits = Limits(max_extra=14, loop_repeats=2, loop_ngram=3)
    rules = Rules(EOS, (PAD, BOS), limits.max_len(3), 1, lambda text: in_loop(text, 2, 3, 8))
    search = Beam(width, n_best=width)
    slow = beam_search(model.log_probabilities(source), width, search.divisor, rules)
    agree(beam(model, [source], search, limits)[0], slow[:width])


def test_bf16_logits():
    model = Toy(chance(3, 12), 12)
    exact = beam(model, [(3, 4)], Beam(3))[0][0]
    model.logits = lambda hidden: hidden.bfloat16()
    rounded = beam(model, [(3, 4)], Beam(3))[0][0]
    assert rounded.tokens == exact.tokens
    assert rounded.log_probability == pytest.approx(exact.log_probability, rel=0.02)


def test_a_model_that_allows_nothing_says_nothing():
    model = Toy(lambda source, read: [5.0, 5.0] + [-torch.inf] * 4, 6)
    found = beam(model, [(3,)], Beam(2))[0]
    assert [(item.tokens, item.log_probability, item.stopped) for item in found] == [([], -torch.inf, "length")]
