"""Going on with a text: by hand, beyond the window, as likely as the model says."""

import math

import pytest
import torch

from heedful.architecture import Architecture
from heedful.decoding.search import Sampling
from heedful.decoding.writing import Writer, Writing
from heedful.errors import LengthError, OptionError
from heedful.interface import Source
from heedful.model.transformer import Transformer

PAD, BOS, EOS = 0, 1, 2


@pytest.fixture
def model():
    shape = Architecture(
        12, d_model=8, n_encoder_layers=0, n_decoder_layers=1, n_heads=2, d_ff=12, dropout=0.0, max_len=8,
        decoder_positions="rotary",
    )  # fmt: skip
    made = Transformer(shape).eval()
    with torch.no_grad():
        made.output.weight *= 3
    return made


def write(model, prompt, how, hear=lambda row, token: False):
    return Writer(model, how, eos=EOS, banned=[PAD, BOS]).write([BOS, *prompt], hear)


def chances(model, tokens):
    values = torch.tensor([tokens])
    return model.logits(model.decode(Source(values, values >= 0), None))[0, -1].detach().log_softmax(-1)


def test_the_likeliest_token_every_time(model):
    (found,) = write(model, [5, 6], Writing(Sampling(top_k=1), max_tokens=4))
    read, total = [BOS, 5, 6], 0.0
    for _ in range(4):
        shares = chances(model, read)
        allowed = shares.clone()
        allowed[[PAD, BOS]] = -torch.inf
        token = int(allowed.argmax())
        total += float(shares[token])
        read.append(token)
        if token == EOS:
            break
    assert found.tokens == [token for token in read[3:] if token != EOS]
    assert found.log_probability == pytest.approx(total, abs=1e-4)
    assert found.ended == ("eos" if EOS in read else "length")


def test_beyond_the_window_the_first_half_is_forgotten(model):
    with torch.no_grad():
        model.output.weight[EOS] = 0
    (found,) = write(model, [5, 6], Writing(Sampling(top_k=1), max_tokens=20))
    read = [BOS, 5, 6]
    kept = list(read)
    slides = 0
    for number, token in enumerate(found.tokens):
        allowed = chances(model, kept)
        allowed[[PAD, BOS]] = -torch.inf
        assert token == int(allowed.argmax())
        read.append(token)
        kept.append(token)
        if len(kept) > 8 and number < 19:
            kept, slides = kept[-4:], slides + 1
    assert found.n_slides == slides > 1
    assert len(found.tokens) == 20


def test_drawn_as_often_as_the_model_says(model):
    n = 1500
    found = write(model, [5], Writing(Sampling(n_best=n, seed=4), max_tokens=1))
    shares = chances(model, [BOS, 5]).exp()
    shares[[PAD, BOS]] = 0
    shares /= shares.sum()
    counts = torch.zeros(12)
    for one in found:
        counts[one.tokens[0] if one.tokens else EOS] += 1
    # Four standard deviations.
    assert ((counts / n - shares).abs() <= 4 * (shares * (1 - shares) / n).sqrt() + 1e-9).all()


def test_the_seed_and_the_number_decide_and_company_does_not(model):
    alone = write(model, [5, 6], Writing(Sampling(seed=3), max_tokens=6))
    many = write(model, [5, 6], Writing(Sampling(seed=3, n_best=3), max_tokens=6))
    assert many[0].tokens == alone[0].tokens
    assert len({tuple(one.tokens) for one in many}) > 1
    others = [write(model, [5, 6], Writing(Sampling(seed=seed), max_tokens=6))[0].tokens for seed in range(5)]
    assert len({tuple(one) for one in others}) > 1


def test_whoever_listens_may_end_a_text(model):
    heard = []

    def hear(row, token):
        heard.append((row, token))
        return row == 1

    found = write(model, [5], Writing(Sampling(n_best=2, seed=1), max_tokens=5), hear)
    assert found[1].ended in ("stop", "eos")
    assert len(found[1].tokens) <= 1
    assert [token for row, token in heard if row == 0] == found[0].tokens


def test_repetition_is_discouraged(model):
    plain = write(model, [5, 6, 7], Writing(Sampling(top_k=1), max_tokens=30))[0].tokens
    shy = write(model, [5, 6, 7], Writing(Sampling(top_k=1), max_tokens=30, repetition_penalty=10.0))[0].tokens
    assert len(set(shy)) > len(set(plain))


def test_a_prompt_fills_the_window_or_is_refused(model):
    assert write(model, [5] * 7, Writing(max_tokens=3))
    with pytest.raises(LengthError, match="the prompt has 9 tokens, special ones counted, and the model's window 8"):
        write(model, [5] * 8, Writing())


@pytest.mark.parametrize(
    "values",
    [{"max_tokens": 0}, {"repetition_penalty": 0.0}, {"repetition_penalty": math.nan}, {"stop": ("a", "")}],
)
def test_what_cannot_be_asked_for(values):
    with pytest.raises(OptionError):
        Writing(**values)
