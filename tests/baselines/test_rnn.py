from dataclasses import replace

import pytest
import torch

from heedful.baselines.rnn import RNN, RNNMemory
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory
from heedful.numerics import cpu_multiplies_bfloat16
from tests.baselines.rows import check_alone_as_in_a_batch, source
from tests.reference import recurrent

SMALL = RNNArchitecture(11, d_model=6, n_layers=2, dropout=0.0, max_len=20)
TIGHT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def model():
    return RNN(SMALL).double()


def vectors(model, tokens):
    return model.tokens.weight[tokens] * 6**0.5


def test_the_encoder_equals_a_gru_written_by_hand(model):
    batch = source([2, 5, 3], 5)
    memory = model.encode(batch)
    for row, length in enumerate([2, 5, 3]):
        read = vectors(model, batch.values[row, :length])
        outputs, last = recurrent.read(model.encoder.layers, read, torch.zeros(2, 6, dtype=torch.float64))
        torch.testing.assert_close(memory.values[row, :length], outputs, **TIGHT)
        torch.testing.assert_close(memory.first[row], last, **TIGHT)
        assert not memory.values[row, length:].any()


def test_the_decoder_starts_from_the_last_state_and_sees_nothing_else(model):
    memory = model.encode(source([4, 2], 4))
    taught = source([5, 5], 5)
    hidden = model.decode(taught, memory)
    for row in range(2):
        outputs, _ = recurrent.read(model.decoder.layers, vectors(model, taught.values[row]), memory.first[row])
        torch.testing.assert_close(hidden[row], outputs, **TIGHT)
    blind = replace(memory, values=torch.randn_like(memory.values), mask=torch.zeros_like(memory.mask))
    assert torch.equal(model.decode(taught, blind), hidden)


ATTENDING = {
    "none": replace(SMALL, cell="lstm", bidirectional=True, attention="general"),
    "input": replace(SMALL, cell="lstm", attention="dot", feeding="input", context_use="every"),
    "context": replace(SMALL, bidirectional=True, attention="additive", feeding="context"),
}


def written_by_hand(model, memory, tokens, row):
    """One sentence, token by token: the vector that follows each."""
    shape = model.architecture
    values = memory.values[row, : int(memory.mask[row].sum())][None]
    everything = torch.ones(values.shape[:2], dtype=torch.bool)

    def look(query):
        return model.cross(query[None, None], model.cross.keys(values), values, everything)[0, 0]

    state, fed, outputs = memory.first[row], torch.zeros(6, dtype=torch.float64), []
    for token in tokens:
        looked = look(state[-1, :6]) if shape.feeding == "context" else None
        read = [vectors(model, token)]
        read += [memory.first[row, -1, :6]] if shape.context_use == "every" else []
        read += {"none": [], "input": [fed], "context": [looked]}[shape.feeding]
        output, state = recurrent.read(model.decoder.layers, torch.cat(read)[None], state)
        looked = look(output[0]) if looked is None else looked
        fed = torch.tanh(model.combine.weight @ torch.cat((looked, output[0])))
        outputs.append(fed)
    return torch.stack(outputs)


@pytest.mark.parametrize("feeding", ATTENDING)
def test_attention_equals_one_token_at_a_time(feeding):
    """Luong's without and with input feeding, Bahdanau's; the source is seen as far as it goes and no further."""
    model, taught = RNN(ATTENDING[feeding]).double(), source([5, 5], 5)
    memory = model.encode(source([4, 2], 4))
    hidden = model.decode(taught, memory)
    for row in range(2):
        torch.testing.assert_close(hidden[row], written_by_hand(model, memory, taught.values[row], row), **TIGHT)


@pytest.mark.parametrize("context", ["projected", "mean", "max"])
def test_one_vector_stands_for_the_source(context):
    model = RNN(replace(SMALL, cell="lstm", context=context)).double()
    batch = source([4, 2], 4)
    memory = model.encode(batch)
    _, last = model.encoder.read(vectors(model, batch.values), batch.mask)
    for row, length in enumerate([4, 2]):
        read = memory.values[row, :length]
        pooled = {"projected": last[row], "mean": read.mean(0), "max": read.max(0).values}[context]
        expected = torch.tanh(pooled @ model.bridge.weight.T + model.bridge.bias).expand(2, 12)
        torch.testing.assert_close(memory.first[row], expected, **TIGHT)


@pytest.mark.parametrize("feeding", ATTENDING)
def test_gradients_equal_finite_differences(feeding):
    model = RNN(replace(ATTENDING[feeding], d_model=2, vocab_size=4)).double()
    read, taught = source([2, 3], 3), source([2, 2], 2)
    read, taught = (replace(each, values=each.values % 4) for each in (read, taught))

    def loss(*_):
        return model.decode(taught, model.encode(read)).sin().sum()

    assert torch.autograd.gradcheck(loss, tuple(model.parameters()))


@pytest.mark.parametrize("feeding", ATTENDING)
def test_every_parameter_of_attention_learns(feeding):
    model, taught = RNN(ATTENDING[feeding]).double(), source([5, 3], 5)
    model.logits(model.decode(taught, model.encode(taught))).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_logits_are_products_with_the_token_table(model):
    hidden = torch.randn(2, 3, 6, dtype=torch.float64)
    torch.testing.assert_close(model.logits(hidden), hidden @ model.tokens.weight.T)


def test_a_state_is_as_small_at_the_end_as_at_the_start(model):
    state = model.start(model.encode(source([4, 2], 4)), 2, 3, 9)
    sizes = []
    for _ in range(9):
        model.step(torch.ones(6, 1, dtype=torch.int64), state)
        sizes.append(state.writing.state.numel())
    assert sizes == [6 * 2 * 6] * 9


def test_dropout_only_while_training():
    model, batch = RNN(replace(SMALL, dropout=0.5)), source([4], 4)
    assert not torch.equal(model.encode(batch).values, model.encode(batch).values)
    model.eval()
    assert torch.equal(model.encode(batch).values, model.encode(batch).values)


def test_every_parameter_learns(model):
    taught = source([5, 3], 5)
    model.logits(model.decode(taught, model.encode(taught))).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_admitted_sentences_bring_their_room(model):
    memory = model.encode(source([4], 4))
    state, late = model.start(memory, 1, 1, 1), model.start(memory, 1, 1, 3)
    token = torch.ones(1, 1, dtype=torch.int64)
    model.step(token, state)
    state.admit(late)
    state.keep(torch.tensor([1]))
    for _ in range(3):
        model.step(token, state)
    with pytest.raises(LengthError, match="room for 3 tokens, and more came: 4"):
        model.step(token, state)


def test_what_does_not_fit_is_refused(model):
    with pytest.raises(LengthError, match="21 tokens exceeds the model's window of 20"):
        model.encode(source([21], 21))
    memory = model.encode(source([4, 2], 4))
    assert isinstance(memory, RNNMemory)
    with pytest.raises(ShapeError, match="memory of 2 sentences to start 3"):
        model.start(memory, 3, 1, 9)
    with pytest.raises(LengthError, match="room for 21 tokens"):
        model.start(memory, 2, 1, 21)
    for nothing in (None, Memory(memory.values, memory.mask)):
        with pytest.raises(OptionError, match="give its memory"):
            model.decode(source([3, 3], 3), nothing)


def test_alone_as_in_a_batch_to_the_bit():
    if not cpu_multiplies_bfloat16():
        pytest.skip("this CPU has no instructions for bfloat16 products")
    model = RNN(RNNArchitecture(11, d_model=64, n_layers=2, dropout=0.0)).bfloat16().eval()
    check_alone_as_in_a_batch(model)
