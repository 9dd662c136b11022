"""The plan as a pure function: every pair once, budgets held, resuming anywhere, batches equal to collated lists."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.data.batch import collate, encoder_input
from heedful.data.sampler import BatchPlan, Direction, Sampling
from heedful.data.shards import Corpus, build_shards
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError

ONE = (Direction(),)
BOTH = (Direction("source", "target", 5), Direction("target", "source", 4))
samplings = st.builds(
    Sampling,
    tokens_per_batch=st.sampled_from([200, 333, 1024, 100_000]),
    seed=st.integers(0, 3),
    regularise=st.booleans(),
    multiple=st.sampled_from([1, 4, 8]),
    rows=st.sampled_from([1, 3, 16]),
)
directions = st.sampled_from([ONE, BOTH])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    random = np.random.default_rng(0)
    words = ["katze", "haus", "der", "alte", "mann", "sieht", "ein", "rotes", "auto", "im", "garten"]
    pairs = []
    for _ in range(400):
        n = int(random.integers(1, 20))
        m = max(1, n + int(random.integers(-2, 3)))
        pairs.append((" ".join(random.choice(words, n)), " ".join(random.choice(words, m)).upper()))
    tokenizer = Tokenizer.train([text for pair in pairs for text in pair], 400, ["de", "en"])
    return build_shards(pairs, tokenizer, tmp_path_factory.mktemp("data") / "shards", dropout=0.2)


@given(samplings, directions, st.integers(0, 3))
def test_every_pair_once_an_epoch_and_direction(
    corpus: Corpus, sampling: Sampling, ways: tuple[Direction, ...], epoch: int
) -> None:
    plan = BatchPlan(corpus, ways, sampling)
    rows = [np.stack(plan.pairs(epoch, index), axis=1) for index in range(plan.n_batches(epoch))]
    seen = sorted(map(tuple, np.concatenate(rows).tolist()))
    assert seen == [(way, pair) for way in range(len(ways)) for pair in range(corpus.n_pairs)]


@settings(max_examples=12)
@given(samplings, directions, st.integers(0, 3), st.data())
def test_batches_are_collated_pairs_within_the_budget(
    corpus: Corpus, sampling: Sampling, ways: tuple[Direction, ...], epoch: int, data: st.DataObject
) -> None:
    plan = BatchPlan(corpus, ways, sampling)
    index = data.draw(st.integers(0, plan.n_batches(epoch) - 1))
    batch = plan.batch(epoch, index)
    sources, targets = [], []
    for number, pair in zip(*plan.pairs(epoch, index), strict=True):
        way = ways[number]
        read, written = (
            corpus.tokens(side, int(pair), seed=sampling.seed, epoch=epoch, plain=not sampling.regularise)
            for side in (way.source, way.target)
        )
        sources.append(encoder_input(read, way.tag))
        targets.append(written)
    expected = collate(sources, targets, multiple=sampling.multiple)
    for came, wanted in [(batch.source, expected.source), (batch.target, expected.target)]:
        assert torch.equal(came.values, wanted.values)
        assert torch.equal(came.mask, wanted.mask)
    assert torch.equal(batch.labels, expected.labels)
    assert batch.n_tokens == expected.n_tokens
    assert batch.n_padded <= sampling.tokens_per_batch
    assert batch.labels.shape[1] % sampling.multiple == 0


@settings(max_examples=10)
@given(samplings, directions, st.integers(0, 2), st.integers(0, 10_000))
def test_resuming_needs_three_integers(
    corpus: Corpus, sampling: Sampling, ways: tuple[Direction, ...], epoch: int, place: int
) -> None:
    whole = BatchPlan(corpus, ways, sampling)
    place %= whole.n_batches(epoch)
    whole.batch(epoch + 1, 0)
    resumed = BatchPlan(corpus, ways, sampling)
    before = itertools.islice(whole.stream(epoch, 0), place, place + 2)
    for (*came, batch), (*again, other) in zip(before, resumed.stream(epoch, place), strict=False):
        assert came == again
        assert torch.equal(batch.source.values, other.source.values)
        assert torch.equal(batch.labels, other.labels)
    assert whole.after(epoch, place) == ((epoch, place + 1) if place + 1 < whole.n_batches(epoch) else (epoch + 1, 0))


def test_figures_are_those_of_the_batches(corpus: Corpus) -> None:
    for sampling in (Sampling(512), Sampling(512, regularise=False, multiple=8)):
        plan = BatchPlan(corpus, BOTH, sampling)
        batches = [plan.batch(2, index) for index in range(plan.n_batches(2))]
        n_tokens, n_padded = sum(batch.n_tokens for batch in batches), sum(batch.n_padded for batch in batches)
        assert plan.n_tokens(2) == n_tokens
        assert plan.padding_waste(2) == pytest.approx(1 - n_tokens / n_padded)


def test_little_is_padding_and_batches_are_full(corpus: Corpus) -> None:
    plan = BatchPlan(corpus, BOTH, Sampling(300))
    assert plan.padding_waste(0) < 0.1
    sizes = [plan.batch(0, index).n_padded for index in range(plan.n_batches(0))]
    assert np.median(sizes) > 0.9 * 300


def test_shapes_are_few(corpus: Corpus) -> None:
    def shapes(multiple: int, rows: int) -> tuple[int, int]:
        plan = BatchPlan(corpus, BOTH, Sampling(700, multiple=multiple, rows=rows))
        batches = [plan.batch(epoch, index) for epoch in range(12) for index in range(plan.n_batches(epoch))]
        many = [batch for batch in batches if batch.labels.shape[0] > 2 * rows]
        assert sum(batch.labels.shape[0] % rows > 0 for batch in many) <= 12  # the last ones of the epochs
        return len({(*batch.source.values.shape, batch.labels.shape[1]) for batch in batches}), len(batches)

    (few, n), (all_of_them, _) = shapes(4, 8), shapes(1, 1)
    assert few < 0.5 * all_of_them
    assert few < 0.5 * n


def test_epochs_and_seeds_group_anew(corpus: Corpus) -> None:
    def groups(seed: int, epoch: int) -> set[frozenset[int]]:
        plan = BatchPlan(corpus, ONE, Sampling(512, seed, regularise=False))
        return {frozenset(plan.pairs(epoch, index)[1].tolist()) for index in range(plan.n_batches(epoch))}

    first = groups(0, 0)
    assert first == groups(0, 0)
    for other in (groups(0, 1), groups(1, 0)):
        assert len(first & other) < 0.2 * len(first)


def test_long_and_short_batches_are_mixed(corpus: Corpus) -> None:
    plan = BatchPlan(corpus, ONE, Sampling(512))
    widths = [plan.batch(0, index).labels.shape[1] for index in range(plan.n_batches(0))]
    assert widths != sorted(widths)
    assert abs(np.corrcoef(widths, range(len(widths)))[0, 1]) < 0.6


def test_pairs_that_drawing_makes_too_long_are_cut_plainly(tmp_path: Path) -> None:
    text = "abcdefgh " * 4
    tokenizer = Tokenizer.train([text] * 3, 300)
    n = len(tokenizer.encode(text))
    corpus = build_shards([(text, text)] * 30, tokenizer, tmp_path / "shards", max_tokens=n, dropout=0.9)
    assert corpus.epoch_lengths("source", 0, 0).max() > n
    plan = BatchPlan(corpus, ONE, Sampling(4 * n + 4))
    for index in range(plan.n_batches(0)):
        batch = plan.batch(0, index)
        assert batch.labels.shape[1] <= n + 1
        assert batch.n_padded <= 4 * n + 4


def test_mistakes_are_named(corpus: Corpus) -> None:
    longest = int((corpus.lengths("source") + corpus.lengths("target")).max()) + 2
    BatchPlan(corpus, ONE, Sampling(longest))
    with pytest.raises(OptionError, match=rf"longest pair \(line \d+, {longest} tokens\): got {longest - 1}"):
        BatchPlan(corpus, ONE, Sampling(longest - 1))
    with pytest.raises(OptionError, match="did you mean 'source'"):
        BatchPlan(corpus, (Direction("sourse"),))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="at least one direction"):
        BatchPlan(corpus, ())
    with pytest.raises(OptionError, match="tag or none"):
        BatchPlan(corpus, (Direction(), Direction(tag=4)))
    plan = BatchPlan(corpus)
    with pytest.raises(OptionError, match="got position 99999"):
        plan.batch(0, 99999)
