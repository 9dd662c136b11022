from dataclasses import replace

import pytest
import torch

from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convs2s import HALF, ConvS2S
from heedful.model.pack import PackedLinear, pack
from heedful.numerics import applied, choose, cpu_multiplies_bfloat16
from tests.baselines.rows import check_alone_as_in_a_batch, source

SMALL = ConvArchitecture(11, d_model=6, n_encoder_layers=2, n_decoder_layers=2, dropout=0.0, max_len=20)
TIGHT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def model():
    return ConvS2S(SMALL).double()


def convolved(layer, rows):
    """One window of k tokens, a row each: the gated sum of all their products."""
    matrices = layer.project.weight.unflatten(1, (len(rows), -1))
    values, gates = (sum(matrices[:, j] @ row for j, row in enumerate(rows)) + layer.project.bias).chunk(2)
    return values * torch.sigmoid(gates)


def test_the_encoder_equals_one_token_at_a_time(model):
    batch = source([2, 5, 3], 5)
    memory = model.encode(batch)
    for row, length in enumerate([2, 5, 3]):
        tokens = batch.values[row, :length]
        embedded = model.tokens.weight[tokens] + model.source_positions.weight[:length]
        x, nothing = model.encoder_in(embedded), torch.zeros(6, dtype=torch.float64)
        for layer in model.encoder:
            beside = [nothing, *x, nothing]
            x = torch.stack([(convolved(layer, beside[t : t + 3]) + x[t]) * HALF for t in range(length)])
        keys = model.encoder_out(x)
        torch.testing.assert_close(memory.keys[row, :length], keys, **TIGHT)
        torch.testing.assert_close(memory.values[row, :length], (keys + embedded) * HALF, **TIGHT)


def test_the_decoder_equals_one_token_at_a_time(model):
    memory, taught = model.encode(source([4, 2], 4)), source([5, 5], 5)
    hidden = model.decode(taught, memory)
    for row, length in enumerate([4, 2]):
        keys, values = memory.keys[row, :length], memory.values[row, :length]
        embedded = model.tokens.weight[taught.values[row]] + model.target_positions.weight[:5]
        x, nothing = model.decoder_in(embedded), torch.zeros(6, dtype=torch.float64)
        for layer in model.decoder:
            before, above = [nothing, nothing, *x], []
            for t in range(5):
                found = convolved(layer.convolution, before[t : t + 3])
                weights = (keys @ ((layer.query(found) + embedded[t]) * HALF)).softmax(0)
                looked = layer.output(length**0.5 * (weights @ values))
                above.append(((found + looked) * HALF + x[t]) * HALF)
            x = torch.stack(above)
        torch.testing.assert_close(hidden[row], model.decoder_out(x), **TIGHT)


def test_a_token_sees_as_far_as_the_layers_reach(model):
    """Two layers of three tokens: two tokens to both sides in the encoder, four back in the decoder."""
    batch = source([9], 9)
    changed = replace(batch, values=batch.values.clone())
    changed.values[0, 4] = batch.values[0, 4] % 10 + 1
    differs = (model.encode(batch).keys != model.encode(changed).keys).any(-1)[0]
    assert differs.tolist() == [False, False, True, True, True, True, True, False, False]
    memory = model.encode(source([3], 3))
    differs = (model.decode(batch, memory) != model.decode(changed, memory)).any(-1)[0]
    assert differs.tolist() == [False] * 4 + [True] * 5
    longer = replace(batch, values=torch.cat((changed.values, batch.values), 1), mask=torch.ones(1, 18).bool())
    other = replace(longer, values=torch.cat((batch.values, batch.values), 1))
    differs = (model.decode(longer, memory) != model.decode(other, memory)).any(-1)[0]
    assert differs.tolist() == [False] * 4 + [True] * 5 + [False] * 9


@torch.no_grad()
def test_the_variance_is_kept_from_the_embeddings_to_the_layers():
    """Section 3.5: what reads dropped embeddings begins so much smaller."""
    torch.manual_seed(1)
    model = ConvS2S(replace(SMALL, d_model=128, dropout=0.5))
    embedded = 0.1 * torch.randn(40, 20, 128)
    for projection in (model.encoder_in, model.decoder_in):
        assert float(projection(model.dropout(embedded)).std() / embedded.std()) == pytest.approx(1.0, abs=0.05)


def test_gradients_equal_finite_differences():
    model = ConvS2S(replace(SMALL, d_model=2, vocab_size=4, max_len=4)).double()
    read, taught = source([2, 3], 3), source([2, 2], 2)
    read, taught = (replace(each, values=each.values % 4) for each in (read, taught))

    def loss(*_):
        return model.decode(taught, model.encode(read)).sin().sum()

    assert torch.autograd.gradcheck(loss, tuple(model.parameters()))


def test_every_parameter_learns(model):
    taught = source([5, 3], 5)
    model.logits(model.decode(taught, model.encode(taught))).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_a_state_is_as_small_at_the_end_as_at_the_start(model):
    state = model.start(model.encode(source([4, 2], 4)), 2, 3, 9)
    sizes = []
    for _ in range(9):
        model.step(torch.ones(6, 1, dtype=torch.int64), state)
        sizes.append(state.writing.recent.numel())
    assert sizes == [6 * 2 * 2 * 6] * 9


def test_dropout_only_while_training():
    model, batch = ConvS2S(replace(SMALL, dropout=0.5)), source([4], 4)
    assert not torch.equal(model.encode(batch).values, model.encode(batch).values)
    model.eval()
    assert torch.equal(model.encode(batch).values, model.encode(batch).values)


@torch.inference_mode()
def test_packed_it_says_the_same():
    numerics = choose("cpu")
    model = ConvS2S(replace(SMALL, d_model=64)).to(numerics.dtype).eval()
    with applied(numerics):
        packed = pack(model)
        assert packed is model or any(isinstance(module, PackedLinear) for module in packed.modules())
        batch, taught = source([4, 2], 4), source([5, 5], 5)
        assert torch.equal(packed.decode(taught, packed.encode(batch)), model.decode(taught, model.encode(batch)))


def test_alone_as_in_a_batch_to_the_bit():
    if not cpu_multiplies_bfloat16():
        pytest.skip("this CPU has no instructions for bfloat16 products")
    model = ConvS2S(ConvArchitecture(11, d_model=64, dropout=0.0)).bfloat16().eval()
    check_alone_as_in_a_batch(model)
