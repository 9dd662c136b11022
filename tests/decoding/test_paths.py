"""Greedy search and sampling against loops over Python lists."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.decoding.constraints import Limits
from heedful.decoding.engine import decode
from heedful.decoding.sample import sample, stream_key, uniforms
from heedful.decoding.search import Greedy, Sampling
from tests.decoding.toy import BOS, EOS, PAD, Toy, chance
from tests.reference.beam import Rules, greedy_search, in_loop


def search(model, sources, how, limits=None, **options):
    return decode(model, sources, how, bos=BOS, eos=EOS, pad=PAD, limits=limits, **options).hypotheses


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), min_len=st.integers(0, 4), eos=st.sampled_from([-9.0, 0.0, 3.0]))
def test_greedy_equals_the_slow_search(seed, min_len, eos):
    model, source = Toy(chance(seed, 6, scale=0.5, eos=eos), 6), (4, 3, EOS)
    limits = Limits(min_len=min_len, loop_repeats=2, loop_ngram=2)
    rules = Rules(EOS, (PAD, BOS), limits.max_len(3), min_len, lambda text: in_loop(text, 2, 2, 8))
    slow, ours = greedy_search(model.log_probabilities(source), rules), search(model, [source], Greedy(), limits)[0]
    assert len(ours) == 1
    assert tuple(ours[0].tokens) == slow.tokens
    assert ours[0].stopped == slow.stopped
    assert ours[0].score == ours[0].log_probability == pytest.approx(slow.log_probability, abs=1e-4)


def test_a_loop_is_cut():
    model = Toy(lambda source, read: [0.0, 0.0, 0.0, 5.0 * (len(read) % 2), 2.0], 5, max_len=200)
    found = search(model, [(3, 4, 3, 4, EOS)], Greedy(), Limits(max_extra=100))[0][0]
    assert found.stopped == "repetition"
    assert found.tokens == [3, 4] * 4


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6), top_k=st.sampled_from([None, 3]), top_p=st.sampled_from([None, 0.8]))
def test_a_sample_is_what_its_stream_says(seed, top_k, top_p):
    model, source = Toy(chance(seed, 8), 8), (4, 3, EOS)
    how = Sampling(temperature=1.3, top_k=top_k, top_p=top_p, seed=seed, n_best=3)
    limits = Limits(min_len=2, loop_repeats=0)
    after = model.log_probabilities(source)
    for index, ours in enumerate(search(model, [source], how, limits)[0]):
        text, total = (), 0.0
        while len(text) < limits.max_len(3):
            logits = torch.tensor([model.function(source, (BOS, *text))])
            logits[0, [PAD, BOS] + [EOS] * (len(text) < 2)] = -torch.inf
            uniform = uniforms(torch.tensor([stream_key(seed, source, index)]), torch.tensor([len(text)]))
            token = int(sample(logits, uniform, how.temperature, top_k, top_p))
            total += after(text)[token]
            if token == EOS:
                break
            text = (*text, token)
        assert tuple(ours.tokens) == text
        assert ours.score == ours.log_probability == pytest.approx(total, abs=1e-4)


def test_samples_are_as_frequent_as_they_are_probable():
    share = torch.tensor([0.0, 0.0, 0.1, 0.2, 0.3, 0.4])
    end = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    model = Toy(lambda source, read: (share if len(read) == 1 else end).log().tolist(), 6)
    drawn = search(model, [(4, EOS)], Sampling(n_best=1000), Limits(min_len=0))[0]
    counts = torch.bincount(torch.tensor([(item.tokens or [EOS])[0] for item in drawn]), minlength=6)
    # Four standard errors of the largest share.
    assert ((counts / 1000 - share).abs() < 4 * (0.24 / 1000) ** 0.5).all()


def test_another_seed_is_another_sample():
    model = Toy(chance(0, 30, scale=0.1, eos=-2.0), 30)
    texts = [tuple(search(model, [(4, 5, 6, EOS)], Sampling(seed=seed))[0][0].tokens) for seed in (0, 1, 0)]
    assert texts[0] == texts[2] != texts[1]
