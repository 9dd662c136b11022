"""Many sentences at once answer as each would alone."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.decoding import Beam, Greedy, Limits, Sampling
from heedful.errors import RunError
from heedful.interface import Allowed
from tests.contract.families import WRITERS, build
from tests.decoding.toy import BOS, EOS, SEARCHES, Toy, chance, run, some_sources


@settings(max_examples=5)
@given(
    seed=st.integers(0, 10**6),
    search=st.sampled_from(SEARCHES),
    n=st.integers(1, 6),
    rows=st.integers(1, 16),
    tokens=st.sampled_from([1, 40, 1000]),
)
def test_company_and_refilling_change_nothing(seed, search, n, rows, tokens):
    model = Toy(chance(seed, 7, eos=-0.5), 7)
    sources = some_sources(n, 5, 7, seed)
    limits = Limits(rows=rows, tokens=tokens, max_extra=4)
    together = run(model, sources, search, limits=limits).hypotheses
    alone = Limits(max_extra=4)
    assert together == [run(model, [source], search, limits=alone).hypotheses[0] for source in sources]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_rows_stay_full_while_there_is_work(search):
    model = Toy(chance(1, 7, eos=-1.0), 7)
    sources = some_sources(30, 6, 7)
    counters = run(model, sources, search, limits=Limits(rows=8 * search.width)).counters
    assert counters["sentences"] == 30
    assert counters["encoded"] > 4
    assert counters["rows"] == sum(rows for rows, _ in model.steps)
    assert all(columns == 1 for _, columns in model.steps)
    busy = [rows // search.width for rows, _ in model.steps]
    assert max(busy) == 8
    # Three quarters full, except at the end, when the queue is empty.
    waiting = 30 - torch.tensor([batch for batch, _ in model.batches]).cumsum(0)
    assert waiting[-1] == 0
    assert min(busy[: len(busy) // 2]) > 6
    assert all(width % 16 == 0 for _, width in model.batches)


def test_the_longest_go_first_and_the_order_is_kept():
    # An answer is the first token of its source.
    def logits(source, read):
        return [9.0 * (token == (source[0] if len(read) == 1 else EOS)) for token in range(40)]

    model = Toy(logits, 40, max_len=60)
    sources = [[n, *[3] * (5 * n % 47), EOS] for n in range(3, 30)]
    found = run(model, sources, Beam(2), limits=Limits(rows=8, tokens=64)).hypotheses
    assert [item[0].tokens for item in found] == [[n] for n in range(3, 30)]
    widths = [width for _, width in model.batches]
    assert widths == sorted(widths, reverse=True)
    assert all(rows * width <= 64 or rows == 1 for rows, width in model.batches)


@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), search=st.sampled_from(SEARCHES), n=st.integers(1, 4), rows=st.integers(1, 12))
def test_prefixes_of_any_lengths(seed, search, n, rows):
    model, generator = Toy(chance(seed, 7), 7), random.Random(seed)
    sources = some_sources(n, 4, 7, seed)
    prefixes = [[generator.randrange(3, 7) for _ in range(generator.randrange(4))] for _ in sources]
    found = run(model, sources, search, prefixes=prefixes, limits=Limits(rows=rows)).hypotheses
    for source, prefix, ours in zip(sources, prefixes, found, strict=True):
        assert run(model, [source], search, prefixes=[prefix]).hypotheses[0] == ours
        # The same as a model that has already read the prefix.
        started = Toy(lambda source, read, prefix=prefix: model.function(source, (BOS, *prefix, *read[1:])), 7)
        limits = Limits(min_len=max(0, 1 - len(prefix)))
        if not isinstance(search, Sampling):
            alone = run(started, [source], search, limits=limits).hypotheses[0]
            assert [item.tokens for item in ours] == [[*prefix, *item.tokens] for item in alone]
            assert [item.log_probability for item in ours] == [item.log_probability for item in alone]


def test_a_prefix_is_read_at_once():
    model = Toy(chance(3, 7), 7)
    run(model, [[4, EOS], [5, EOS]], Beam(2), prefixes=[[3, 4, 5], [6, 6, 6]])
    assert model.steps[0] == (4, 3)
    assert set(model.steps[1:]) <= {(4, 1), (2, 1)}


@pytest.mark.parametrize("search", [Greedy(), Beam(3), Sampling()], ids=lambda search: type(search).__name__)
def test_an_empty_answer_only_where_it_is_allowed(search):
    model = Toy(lambda source, read: [0.0, 0.0, 30.0, 1.0, 0.0], 5)
    guarded = run(model, [[4, EOS]], search)
    assert len(guarded.hypotheses[0][0].tokens) == 1
    assert guarded.counters["empty"] == 0
    insisting = run(model, [[4, EOS]], search, limits=Limits(min_len=0))
    assert insisting.hypotheses[0][0].tokens == []
    assert insisting.counters["empty"] == 1
    assert insisting.counters["tokens"] == 1
    # A prefix is an answer already.
    assert run(model, [[4, EOS]], search, prefixes=[[3]]).hypotheses[0][0].tokens == [3]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_the_limit_follows_from_the_source(search):
    model = Toy(chance(2, 9, eos=-1e9), 9, max_len=20)
    sources = [[4, EOS], [4, 5, 6, EOS], [*[5] * 15, EOS]]
    found = run(model, sources, search, limits=Limits(max_ratio=2.0, max_extra=1, loop_repeats=0))
    assert [len(item[0].tokens) for item in found.hypotheses] == [5, 9, 20]  # the last by the model's window
    assert [item[0].stopped for item in found.hypotheses] == ["length"] * 3
    assert found.counters["length"] == 3
    assert found.counters["tokens"] == 34


def test_copies_are_counted_and_can_be_put_behind():
    # The source is the likeliest answer, then the same with its last token changed.
    def logits(source, read):
        body = (*source[1:-1], EOS)
        wanted = body[min(len(read) - 1, len(body) - 1)]
        values = [9.0 * (token == wanted) for token in range(9)]
        values[8] = 7.0 if len(read) == len(body) - 1 else 0.0
        return values

    model, sources = Toy(logits, 9), [[7, 4, 5, EOS], [7, 5, EOS]]
    assert run(model, sources, Greedy()).counters["copied"] == 2
    plain = run(model, sources, Beam(3))
    assert [item[0].tokens for item in plain.hypotheses] == [[4, 5], [5]]
    assert plain.counters["copied"] == 2
    moved = run(model, sources, Beam(3, n_best=2), limits=Limits(copy_penalty=50.0))
    assert [item[0].tokens for item in moved.hypotheses] == [[4, 8], [8]]
    assert moved.counters["copied"] == 0
    alone = run(model, sources, Beam(3), limits=Limits(copy_penalty=50.0))
    assert [item[:1] for item in moved.hypotheses] == alone.hypotheses


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 5))
def test_n_best_lists_are_sorted_and_distinct(seed, width):
    found = run(Toy(chance(seed, 8), 8), [[4, 5, EOS]], Beam(width, n_best=width)).hypotheses[0]
    ended = [item.score for item in found if item.stopped == "eos"]
    assert ended == sorted(ended, reverse=True)
    assert [item.stopped for item in found[: len(ended)]] == ["eos"] * len(ended)
    assert len({tuple(item.tokens) for item in found}) == len(found) == width


def test_a_model_without_encoder_continues_prefixes():
    model = Toy(chance(4, 9), 9, encodes=False)
    prefixes = [[3, 4], [5], []]
    found = run(model, None, Greedy(), prefixes=prefixes, limits=Limits(max_extra=6)).hypotheses
    assert [item[0].tokens[: len(prefix)] for item, prefix in zip(found, prefixes, strict=True)] == prefixes
    assert all(len(item[0].tokens) > 0 for item in found)
    alone = [run(model, None, Greedy(), prefixes=[prefix], limits=Limits(max_extra=6)) for prefix in prefixes]
    assert found == [item.hypotheses[0] for item in alone]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
@pytest.mark.parametrize("nan", [math.nan, -math.nan])
def test_a_model_that_computes_no_numbers_is_an_error(search, nan):
    model = Toy(lambda source, read: [0.0, 0.0, 0.0, 1.0, nan if len(read) > 2 else 0.5], 5)
    with pytest.raises(RunError, match="NaN"):
        run(model, [[3, 4, 3, EOS]], search, limits=Limits(min_len=4))


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
@pytest.mark.parametrize("name", WRITERS)
def test_every_family_alone_and_in_company(name, search):
    model = build(name)
    scale = 12.0 / model.logits(torch.randn(50, 16).double()).std()
    exact = type(model).logits
    model.logits = lambda hidden: scale * exact(model, hidden)
    encodes = not name.startswith("decoder only")
    sources = some_sources(4, 5, 23)
    prefixes = [source[: len(source) % 3] for source in sources]
    limits = Limits(rows=2 * search.width, max_ratio=1.0, max_extra=2)
    together = run(model, sources if encodes else None, search, prefixes=prefixes, limits=limits).hypotheses
    for source, prefix, ours in list(zip(sources, prefixes, together, strict=True))[1:3]:
        alone = run(model, [source] if encodes else None, search, prefixes=[prefix], limits=limits).hypotheses[0]
        assert [(item.tokens, item.stopped) for item in ours] == [(item.tokens, item.stopped) for item in alone]
        assert [item.score for item in ours] == pytest.approx([item.score for item in alone], abs=1e-5)


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_a_long_prefix_is_read_in_pieces(search):
    model = Toy(chance(1, 7, eos=-1.0), 7, max_len=900)
    prefix = [3 + place % 4 for place in range(600)]
    found = run(model, [[3, 4, EOS]], search, prefixes=[prefix], limits=Limits(max_extra=2))
    assert all(each.tokens[:600] == prefix for each in found.hypotheses[0])
    columns = [columns for _, columns in model.steps]
    assert sum(columns[: -found.counters["steps"]]) == 600
    assert max(columns) == 256 // (search.width if isinstance(search, Beam) else 1)


def without(logits, sources, allowed):
    """The same model, which gives what is not allowed a probability of 0."""
    lists = {tuple(source): {*allowed.common, *own} for source, own in zip(sources, allowed.own, strict=True)}

    def masked(source, read):
        return [value if token in lists[source] else -float("inf") for token, value in enumerate(logits(source, read))]

    return masked


@pytest.mark.parametrize("search", SEARCHES, ids=str)
@pytest.mark.parametrize(("n", "rows"), [(1, 256), (9, 6), (9, 256)])
def test_what_is_not_allowed_has_no_probability(search, n, rows):
    sources = [list(source) for source in dict.fromkeys(map(tuple, some_sources(n, 3, 11)))]
    generator = random.Random(n)
    common = np.array([EOS, 4, 5, 6, 7])
    allowed = Allowed(common, [np.array(sorted(generator.sample(range(8, 11), 2))) for _ in sources])
    logits, limits = chance(3, 11), Limits(rows=rows)
    found = run(Toy(logits, 11), sources, search, limits=limits, allowed=allowed)
    expected = run(Toy(without(logits, sources, allowed), 11), sources, search, limits=limits)
    assert found.hypotheses == expected.hypotheses
    for own, hypotheses in zip(allowed.own, found.hypotheses, strict=True):
        assert {token for one in hypotheses for token in one.tokens} <= {*common, *own}


@pytest.mark.parametrize("search", [Greedy(), Beam(2)], ids=str)
def test_a_prefix_may_have_what_is_not_allowed(search):
    allowed = Allowed(np.array([EOS, 4, 5, 6, 7]), [np.array([8])])
    [[best, *_]] = run(
        Toy(chance(3, 11), 11), [[3, EOS]], search, prefixes=[[9, 10]], limits=Limits(min_len=4), allowed=allowed
    ).hypotheses
    assert best.tokens[:2] == [9, 10]
    assert set(best.tokens[2:]) <= {4, 5, 6, 7, 8}
    assert len(best.tokens) > 2
