from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.func import functional_call

from heedful.architecture import Architecture
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory, Source
from heedful.model.transformer import Transformer
from tests.reference.positions import sinusoid
from tests.reference.torch_layers import layer, run_stack

SMALL = Architecture(
    11, d_model=12, n_heads=3, d_ff=20, n_encoder_layers=2, n_decoder_layers=2, dropout=0.0, max_len=20
)


def random_model(architecture):
    """Every weight random, those of norms and biases too, in float64."""
    model = Transformer(architecture).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def source(lengths, width, seed=0):
    values = torch.randint(1, 11, (len(lengths), width), generator=torch.Generator().manual_seed(seed))
    return Source(values, torch.arange(width) < torch.tensor(lengths)[:, None])


def embedded(model, tokens):
    """Section 3.4 and 3.5 by hand: the table's rows times sqrt(d_model), plus the sinusoids."""
    d_model, table = model.architecture.d_model, model.output.weight
    places = [[sinusoid(t, i, d_model) for i in range(d_model)] for t in range(tokens.shape[1])]
    return table[tokens] * d_model**0.5 + torch.tensor(places, dtype=table.dtype)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_the_whole_model_equals_torch(order, activation):
    """Layer by layer with copied weights. 1e-6, not 1e-12: the table of sinusoids is float32."""
    architecture = replace(SMALL, order=order, activation=activation)
    model = random_model(architecture)
    read, taught = source([6, 4], 6), source([5, 3], 5, seed=1)
    memory = model.encode(read)
    expected = run_stack(model.encoder, architecture, embedded(model, read.values), src_key_padding_mask=~read.mask)
    torch.testing.assert_close(memory.values, expected, rtol=0, atol=1e-6)
    hidden = model.decode(taught, memory)
    expected = run_stack(
        model.decoder,
        architecture,
        embedded(model, taught.values),
        memory=memory.values,
        tgt_mask=torch.ones(5, 5).triu(1).bool(),
        memory_key_padding_mask=~read.mask,
    )
    torch.testing.assert_close(hidden, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(model.logits(hidden), hidden @ model.output.weight.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ["post", "pre"])
def test_vectors_in_equal_nn_transformer(order):
    """`nn.Transformer` as one module, fed with vectors: to 1e-12, as no table of positions takes part."""
    architecture = replace(
        SMALL, order=order, encoder_positions="none", decoder_positions="none", scale_embeddings=False
    )
    model = random_model(architecture)
    blank = [nn.TransformerEncoderLayer(12, 3, batch_first=True), nn.TransformerDecoderLayer(12, 3, batch_first=True)]
    encoder = nn.TransformerEncoder(blank[0], 2, norm=model.encoder.norm, enable_nested_tensor=False)
    decoder = nn.TransformerDecoder(blank[1], 2, norm=model.decoder.norm)
    theirs = nn.Transformer(12, 3, custom_encoder=encoder, custom_decoder=decoder, batch_first=True)
    encoder.layers = nn.ModuleList(layer(block, architecture) for block in model.encoder.blocks)
    decoder.layers = nn.ModuleList(layer(block, architecture) for block in model.decoder.blocks)
    x, y = torch.randn(2, 6, 12, dtype=torch.float64), torch.randn(2, 5, 12, dtype=torch.float64)
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    expected = theirs(
        x, y, tgt_mask=torch.ones(5, 5).triu(1).bool(), src_key_padding_mask=~mask, memory_key_padding_mask=~mask
    )
    recalled, memory_mask = model.decoder.recall(model.encode(Source(x, mask)))
    found = model.decoder(y, torch.arange(5)[None], None, recalled=recalled, memory_mask=memory_mask)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("tie", "tables"),
    [("all", 1), ("output", 2), ("none", 3)],
)
def test_tied_tables(tie, tables):
    model = Transformer(replace(SMALL, tie=tie))
    matrices = [model.encoder.embedding.tokens, model.decoder.embedding.tokens, model.output]
    assert len({id(matrix.weight) for matrix in matrices}) == tables
    assert (model.output.weight is model.decoder.embedding.tokens.weight) == (tie != "none")
    n_layers = sum(p.numel() for block in (*model.encoder.blocks, *model.decoder.blocks) for p in block.parameters())
    assert sum(p.numel() for p in model.parameters()) == n_layers + tables * 11 * 12


def test_tied_weights_can_be_exchanged_for_copies():
    """As a training step in another dtype does: one copy stands for all three tables."""
    model = Transformer(SMALL)
    copies = {name: torch.randn_like(parameter) for name, parameter in model.named_parameters()}
    table = copies["encoder.embedding.tokens.weight"]

    class Logits(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, taught):
            memory = self.model.encode(taught)
            return memory.values, self.model.decode(taught, memory), self.model.logits(torch.eye(12))

    called = functional_call(Logits(), {f"model.{name}": copy for name, copy in copies.items()}, (source([4], 4),))
    torch.testing.assert_close(called[2], table.T)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(copies[name])
    for found, expected in zip(called, Logits()(source([4], 4)), strict=True):
        torch.testing.assert_close(found, expected)


def test_every_parameter_learns():
    for architecture in (SMALL, replace(SMALL, order="pre", activation="swiglu", tie="none", n_kv_heads=1)):
        model = Transformer(architecture)
        taught = source([5, 3], 5)
        hidden = model.decode(taught, model.encode(taught))
        model.logits(hidden).square().sum().backward()
        # A bias of the keys moves all scores of a query alike: softmax does not see it, so its gradient is rounding.
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_one_layer_joins_any_two_tokens():
    """Table 1: a path of one step, however far apart; beside test_convs2s, where it takes layers."""
    model, batch = random_model(replace(SMALL, n_encoder_layers=1)), source([15], 15)
    before = model.encode(batch).values
    for place in (0, 14):
        values = batch.values.clone()
        values[0, place] = values[0, place] % 10 + 1
        assert (model.encode(replace(batch, values=values)).values != before).any(-1).all()


def test_the_decoder_reads_all_that_the_encoder_wrote():
    """A vector for each source token, the padding left out, and none of them stands for the sentence."""
    model, batch = random_model(SMALL), source([7], 9)
    memory = model.encode(batch)
    values = memory.values.detach().requires_grad_()
    first = model.decode(source([1], 1), replace(memory, values=values))
    (slope,) = torch.autograd.grad(first.square().sum(), values)
    assert slope.shape == (1, 9, 12)
    assert slope.any(-1)[0].tolist() == [True] * 7 + [False] * 2


@pytest.mark.parametrize(("positions", "is_set"), [("none", True), ("sinusoidal", False), ("rotary", False)])
def test_without_positions_a_sentence_is_a_set(positions, is_set):
    model, batch = random_model(replace(SMALL, encoder_positions=positions)), source([6], 6)
    order = torch.tensor([4, 0, 5, 2, 1, 3])
    moved = model.encode(replace(batch, values=batch.values[:, order])).values
    assert torch.allclose(moved, model.encode(batch).values[:, order], rtol=0, atol=1e-10) is is_set


@pytest.mark.parametrize(("n_layers", "is_set"), [(1, True), (2, False)])
def test_a_causal_mask_tells_the_order_from_the_second_layer_on(n_layers, is_set):
    """The last token sees the others as a set; in the next layer each of them is what it saw (arXiv:2203.16634)."""
    model = random_model(replace(SMALL, n_encoder_layers=0, n_decoder_layers=n_layers, decoder_positions="none"))
    batch = source([6], 6)
    other = replace(batch, values=batch.values[:, [3, 0, 4, 1, 2, 5]])
    last = [model.decode(read, None)[:, -1] for read in (batch, other)]
    assert torch.allclose(*last, rtol=0, atol=1e-10) is is_set


def test_the_forms():
    encoder, decoder = replace(SMALL, n_decoder_layers=0), replace(SMALL, n_encoder_layers=0)
    reader, writer, both = Transformer(encoder), Transformer(decoder), Transformer(SMALL)
    batch = source([4], 4)
    assert reader.encode(batch).values.shape == (1, 4, 12)
    assert writer.decode(batch, None).shape == (1, 4, 12)
    with pytest.raises(OptionError, match="no decoder"):
        reader.decode(batch, None)
    with pytest.raises(OptionError, match="no encoder"):
        writer.encode(batch)
    with pytest.raises(OptionError, match="memory must be None"):
        writer.decode(batch, Memory(torch.randn(1, 4, 12), batch.mask))
    with pytest.raises(OptionError, match="give its memory"):
        both.decode(batch, None)


def test_what_does_not_fit_is_refused():
    model = Transformer(SMALL)
    with pytest.raises(LengthError, match="21 tokens exceeds the model's window of 20"):
        model.encode(source([21], 21))
    memory = model.encode(source([4, 2], 4))
    with pytest.raises(LengthError, match="room for 21 tokens"):
        model.start(memory, 2, 1, 21)
    with pytest.raises(ShapeError, match="memory of 2 sentences to start 3"):
        model.start(memory, 3, 1, 9)
    state = model.start(memory, 2, 1, 2)
    with pytest.raises(LengthError, match="room for 2 tokens"):
        model.step(torch.ones(2, 3, dtype=torch.int64), state)


def test_packed_documents_are_read_as_if_alone():
    model = random_model(replace(SMALL, n_encoder_layers=0, decoder_positions="none"))
    tokens = torch.randint(1, 11, (1, 9))
    documents = torch.tensor([[0] * 4 + [1] * 5])
    packed = model.decode(Source(tokens, torch.ones(1, 9, dtype=torch.bool), documents), None)
    for part in (slice(0, 4), slice(4, 9)):
        alone = model.decode(Source(tokens[:, part], torch.ones(1, 9, dtype=torch.bool)[:, part]), None)
        torch.testing.assert_close(packed[:, part], alone, rtol=0, atol=1e-12)


def test_dropout_only_while_training():
    model, batch = Transformer(replace(SMALL, dropout=0.5)), source([6], 6)
    assert not torch.equal(model.encode(batch).values, model.encode(batch).values)
    model.eval()
    assert torch.equal(model.encode(batch).values, model.encode(batch).values)
