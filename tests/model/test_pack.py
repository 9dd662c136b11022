import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.crew import ALONE, Crew
from heedful.decoding import Beam, Limits, decode
from heedful.interface import Source
from heedful.model.pack import PackedLinear, pack
from tests.contract.families import build
from tests.model.test_same_bits import PAPER, Transformer, dtype, stepwise  # noqa: F401

ROWS = [1, 2, 5, 16, 255]


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_bits(rows, bias, dtype):  # noqa: F811
    linear = nn.Linear(128, 192, bias=bias).to(dtype)
    packed = PackedLinear(linear)
    for x in (torch.randn(rows, 128), torch.randn(3, rows, 128)):
        assert torch.equal(packed(x.to(dtype)), linear(x.to(dtype)))


def test_a_packed_model_says_the_same(dtype):  # noqa: F811
    model = Transformer(PAPER).to(dtype).eval()
    packed = pack(model)
    kinds = {type(module) for module in packed.modules()}
    assert PackedLinear in kinds
    assert nn.Linear not in kinds
    assert torch.equal(stepwise(packed, [0, 2, 3], 4), stepwise(model, [0, 2, 3], 4))


def test_the_model_is_left_as_it_is_and_tensors_are_shared(dtype):  # noqa: F811
    model = Transformer(PAPER).to(dtype).eval()
    before = [type(module) for module in model.modules()]
    packed = pack(model)
    assert [type(module) for module in model.modules()] == before
    assert packed is not model
    assert packed.encoder.embedding.tokens.weight is model.encoder.embedding.tokens.weight
    assert packed.encoder.embedding.tokens.weight is packed.decoder.embedding.tokens.weight
    assert not packed.training


def test_what_cannot_be_packed_is_the_model_itself():
    double = build("encoder-decoder").double()
    assert pack(double) is double
    nothing = nn.Identity()
    assert pack(nothing) is nothing
    linear = nn.Linear(3, 3)
    # Outside of `applied` nobody has said that float32 may be oneDNN's.
    assert pack(linear) is linear


def test_of_an_rnn_the_output_is_packed_and_its_cells_are_left(dtype):  # noqa: F811
    model = RNN(RNNArchitecture(96, 64)).to(dtype).eval()
    packed, hidden = pack(model), torch.randn(16, 64).to(dtype)
    assert [name for name, module in packed.named_modules() if isinstance(module, PackedLinear)] == ["output"]
    assert torch.equal(packed.logits(hidden), model.logits(hidden))


def test_weights_made_of_others_are_made_once_where_nothing_is_packed():
    model = ConvS2S(ConvArchitecture(20, 8, dropout=0.0)).double().eval()
    settled = pack(model)
    assert settled is not model
    assert not any(map(is_parametrized, settled.modules()))
    assert any(map(is_parametrized, model.modules()))
    assert settled.tokens.weight is model.tokens.weight
    text = Source(torch.tensor([[3, 4, 5]]), torch.ones(1, 3, dtype=torch.bool))
    assert torch.equal(settled.decode(text, settled.encode(text)), model.decode(text, model.encode(text)))
    assert pack(settled) is settled


def test_packing_twice_is_packing_once(dtype):  # noqa: F811
    packed = pack(Transformer(PAPER).to(dtype).eval())
    assert pack(packed) is packed


def test_hands_share_a_packed_model(dtype):  # noqa: F811
    model = Transformer(PAPER).to(dtype).eval()
    sources = [[5 + (3 * i + j) % 55 for j in range(2 + i % 7)] for i in range(40)]

    def answers(model, crew):
        return decode(model, sources, Beam(3), bos=1, eos=2, pad=0, limits=Limits(max_extra=4), crew=crew).hypotheses

    assert answers(pack(model), Crew(2)) == answers(model, ALONE)
