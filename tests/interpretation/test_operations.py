from dataclasses import replace

import pytest
import torch
from torch import nn

from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.interface import Source
from heedful.interpretation.operations import encoder_reach, sequential_products
from heedful.model.transformer import Transformer
from tests.contract.families import CONVOLUTIONAL, RECURRENT, SMALL


def text(length):
    values = torch.ones(1, length, dtype=torch.int64)
    return Source(values, values.bool())


def test_products_side_by_side_are_one_and_one_behind_the_other_two():
    x, w = torch.randn(4, 4).double(), torch.randn(4, 4).double()
    assert sequential_products(lambda: x + 1) == 0
    assert sequential_products(lambda: (x @ w) + (x @ w.T)) == 1
    assert sequential_products(lambda: (x @ w).relu() @ w) == 2
    assert sequential_products(lambda: (x @ w)[1:].view(-1)[None] @ torch.ones(12, 1).double()) == 2


def test_what_is_written_in_place_waits_too():
    x, w = torch.randn(4, 4).double(), torch.randn(4, 4).double()

    def filled():
        out = torch.zeros(4, 4).double()
        out[:2] = (x @ w)[:2]
        return out @ w

    assert sequential_products(filled) == 2


def test_a_recurrent_layer_takes_a_product_a_token():
    layer = nn.GRU(3, 3, batch_first=True).double()
    for length in (1, 5, 9):
        # Those of the states; that of all inputs at once runs beside the first.
        assert sequential_products(lambda n=length: layer(torch.randn(2, n, 3).double())) == length


@pytest.mark.parametrize(
    ("build", "grows"),
    [(lambda: Transformer(SMALL), False), (lambda: ConvS2S(CONVOLUTIONAL), False), (lambda: RNN(RECURRENT), True)],
)
def test_the_chain_of_an_rnn_alone_grows_with_the_sentence(build, grows):
    model = build().double().eval()
    short, long = (sequential_products(lambda n=n: model.decode(text(n), model.encode(text(n)))) for n in (6, 12))
    assert (long >= short + 6) if grows else (long == short)


def test_how_far_an_encoder_sees():
    conv = ConvS2S(replace(CONVOLUTIONAL, n_encoder_layers=2, kernel_size=5)).double().eval()
    assert encoder_reach(conv, 20) == 4
    windowed = Transformer(replace(SMALL, window=3)).double().eval()
    assert encoder_reach(windowed, 20) == 6
    for model in (Transformer(SMALL), RNN(RECURRENT)):
        assert encoder_reach(model.double().eval(), 20) == 19


def test_looking_leaves_the_model_as_it_was():
    model = Transformer(SMALL).double().eval()
    before = model.encode(text(5)).values
    encoder_reach(model, 5)
    assert torch.equal(model.encode(text(5)).values, before)
    assert all(parameter.grad is None for parameter in model.parameters())
