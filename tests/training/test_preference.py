"""Direct preference optimisation, against its equation, one answer at a time."""

import math

import numpy as np
import pytest
import torch

from heedful.architecture import Architecture
from heedful.data.preferences import Preference, PreferencePlan
from heedful.data.tokenizer import BOS, EOS, Tokenizer
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.training.preference import DirectPreference, answer_log_probabilities

tokenizer = Tokenizer.train(["say it well or badly please"] * 3, 320)
PAIRS = [Preference("say it", " well", " badly please"), Preference("or", " it", " say")]


@pytest.fixture
def model():
    shape = Architecture(
        tokenizer.vocab_size, d_model=8, n_encoder_layers=0, n_decoder_layers=1, n_heads=2, d_ff=12, dropout=0.0
    )
    return Transformer(shape)


@torch.no_grad()
def by_hand(model, prompt, answer):
    """The log-probability of an answer, alone and without padding."""
    read, asked = [BOS, *tokenizer.encode(prompt)], [*tokenizer.encode(answer, opening=False), EOS]
    values = torch.tensor([read + asked[:-1]])
    chances = model.logits(model.decode(Source(values, values > 0), None))[0].log_softmax(-1)
    return sum(chances[len(read) - 1 + at, token] for at, token in enumerate(asked))


def test_equation_7(model):
    known = np.array([[-9.0, -8.0], [-7.0, -12.0]])
    batch = PreferencePlan(PAIRS, tokenizer, 40, 2, 1, known).answers(np.arange(2))
    loss = DirectPreference(0.3)(model, batch)
    expected, n_right = 0.0, 0
    for pair, (chosen, rejected) in zip(PAIRS, known, strict=True):
        gained = float(by_hand(model, pair.prompt, pair.chosen)) - chosen
        lost = float(by_hand(model, pair.prompt, pair.rejected)) - rejected
        expected -= math.log(1 / (1 + math.exp(-0.3 * (gained - lost))))
        n_right += gained > lost
    assert float(loss.total.detach()) == pytest.approx(expected, rel=1e-4)
    assert [int(value) for value in loss.figures["accuracy"]] == [n_right, 2]
    assert int(loss.count) == 2


def test_where_nothing_was_gained_the_loss_is_a_coin(model):
    plan = PreferencePlan(PAIRS, tokenizer, 40, 2, 1)
    found = answer_log_probabilities(model, plan.answers(np.arange(2))).detach().double().numpy().reshape(2, -1).T
    batch = PreferencePlan(PAIRS, tokenizer, 40, 2, 1, found).answers(np.arange(2))
    loss = DirectPreference(0.3)(model, batch)
    assert float(loss.total.detach()) == pytest.approx(2 * math.log(2), rel=1e-5)
    loss.total.backward()
    # The first step makes the better answers likelier, and the others less.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 0.01 * parameter.grad
        assert float(DirectPreference(0.3)(model, batch).total) < 2 * math.log(2)
