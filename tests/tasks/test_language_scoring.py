"""Scores window by window, against one token at a time."""

import numpy as np
import pytest
import torch

from heedful.architecture import Architecture
from heedful.data.corrupt import Gaps, Masking
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, Tokenizer
from heedful.data.windows import GapPlan
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.tasks.language_scoring import batches, foretold, guessed, put_back, stretches

tokenizer = Tokenizer.characters(["the cat sat on the mat 猫坐着"] * 2, 100, marks=(MASK, *GAPS))
TEXTS = ["the cat sat on the mat", "猫坐着 ⚔", "at"]


@pytest.fixture(scope="module")
def stream():
    rows = [[BOS, *tokenizer.encode(text), EOS] for text in TEXTS]
    return TokenStream(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))


def model(n_encoder_layers, n_decoder_layers):
    torch.manual_seed(1)
    layers = {"n_encoder_layers": n_encoder_layers, "n_decoder_layers": n_decoder_layers}
    shape = Architecture(tokenizer.vocab_size, d_model=8, n_heads=2, d_ff=12, dropout=0.0, max_len=64, **layers)
    return Transformer(shape).eval()


@pytest.mark.parametrize("window", [4, 7, 100])
def test_every_token_is_scored_once_with_half_a_window_before_it(stream, window):
    found = stretches(stream, window)
    scored = []
    for stretch in found:
        document = int(np.searchsorted(stream.starts, stretch.start, side="right")) - 1
        assert stretch.length <= window
        assert stretch.start + stretch.length < stream.starts[document + 1]
        given = stretch.length - stretch.scored
        assert stretch.start == stream.starts[document] or given >= window // 2
        scored += range(stretch.start + given + 1, stretch.start + stretch.length + 1)
    firsts = set(stream.starts[:-1].tolist())
    assert sorted(scored) == [place for place in range(stream.n_tokens) if place not in firsts]


def test_a_part_is_spread_over_the_text(stream):
    found = stretches(stream, 4, most=20)
    assert sum(stretch.length for stretch in found) <= 20
    assert found[0].start < 10 < found[-1].start
    assert len(stretches(stream, 4, most=1)) == 1


def test_batches_hold_everything_once(stream):
    found = stretches(stream, 4)
    parts = list(batches(found, tokens=12))
    assert sorted((one for part in parts for one in part), key=id) == sorted(found, key=id)
    assert all(len(part) * part[0].length <= 12 for part in parts)


@pytest.mark.parametrize("window", [6, 100])
def test_nats_bytes_and_characters_of_a_text(stream, window):
    decoder = model(0, 1)
    sums = foretold(decoder, stream, tokenizer, stretches(stream, window))
    n_bytes, n_characters = (sum(map(len, texts)) for texts in ([text.encode() for text in TEXTS], TEXTS))
    assert sums[:, 1:].sum(0).tolist() == [stream.n_tokens - 3, n_bytes, n_characters]
    total = 0.0
    for stretch in stretches(stream, window):
        values = torch.from_numpy(stream.tokens[stretch.start : stretch.start + stretch.length + 1])[None]
        with torch.no_grad():
            shares = decoder.logits(decoder.decode(Source(values[:, :-1], values[:, :-1] > 0), None))[0].log_softmax(-1)
        for place in range(stretch.length - stretch.scored, stretch.length):
            total -= float(shares[place, values[0, place + 1]])
    assert sums[:, 0].sum() == pytest.approx(total, rel=1e-5)


def test_words_guessed_are_the_same_every_time(stream):
    encoder, masking = model(1, 0), Masking.of(tokenizer, 0.5)
    found = stretches(stream, 100)
    one = guessed(encoder, stream, masking, found, seed=1)
    assert one.tolist() == guessed(encoder, stream, masking, found, seed=1).tolist()
    assert 0 < one[:, 1].sum() < stream.n_tokens
    assert (one[:, 2] <= one[:, 1]).all()
    assert guessed(encoder, stream, masking, found, seed=2).tolist() != one.tolist()


def test_gaps_written(stream):
    both = model(1, 1)
    plan = GapPlan(stream, 16, 64, 1, Gaps.spans(tokenizer))
    sums = put_back(both, plan, 100, seed=1)
    assert len(sums) == plan.n_pieces == 4
    assert sums.tolist() == put_back(both, plan, 100, seed=1).tolist()
    assert len(put_back(both, plan, 2, seed=1)) == 2
    assert (sums[:, 1] >= 3).all()
