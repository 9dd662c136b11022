"""Names, rows and axes; what each family makes of them stands beside it."""

from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.errors import RunError
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.transfer.families.gpt2 import GPT2
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.weights import read_model, written_weights

WRITER = Architecture(
    9, 8, 0, 1, 2, None, 12, "gelu_tanh", 0.0, order="pre", decoder_positions="learned", tie="output",
    scale_embeddings=False, max_len=7, norm_eps=1e-5,
)  # fmt: skip
TRANSLATOR = Architecture(9, 8, 1, 1, 2, None, 12, dropout=0.0, max_len=7)


def random(shape):
    torch.manual_seed(1)
    model = Transformer(shape).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.3)
    return model


def test_there_and_back_is_the_same_model():
    model = random(WRITER)
    given = written_weights(GPT2, model)
    assert given["transformer.h.0.attn.c_attn.weight"].shape == (8, 24)
    again, left = read_model(GPT2, GPT2.described(WRITER, {}), given)
    assert left == []
    assert all(map(torch.equal, again.parameters(), model.parameters()))


def test_a_product_is_cut_where_ours_begin():
    model = random(WRITER)
    fused = written_weights(GPT2, model)["transformer.h.0.attn.c_attn.weight"].mT
    attention = model.decoder.blocks[0].attention
    assert torch.equal(fused, torch.cat((attention.query.weight, attention.key_value.weight)))


def test_half_precision_is_read_as_float32():
    given = {name: weight.half() for name, weight in written_weights(GPT2, random(WRITER)).items()}
    again, _ = read_model(GPT2, GPT2.described(WRITER, {}), given)
    assert {weight.dtype for weight in again.parameters()} == {torch.float32}
    assert torch.equal(again.decoder.embedding.tokens.weight, given["transformer.wte.weight"].float())


def test_more_layers_than_tensors_are_refused_before_they_are_made():
    given = written_weights(GPT2, random(WRITER))
    with pytest.raises(RunError, match=r"describes 1,000,000,000 layers and the weights are \d+ tensors"):
        read_model(GPT2, GPT2.described(WRITER, {}) | {"n_layer": 10**9}, given)


def test_what_is_tied_may_stand_twice_but_not_differ():
    given = written_weights(GPT2, random(WRITER))
    config, name = GPT2.described(WRITER, {}), "lm_head.weight"
    _, left = read_model(GPT2, config, given | {name: given["transformer.wte.weight"].clone()})
    assert left == []
    with pytest.raises(RunError, match=r"lm_head\.weight is not wte\.weight, though they are one"):
        read_model(GPT2, config, given | {name: torch.zeros(9, 8)})


def test_another_order_of_axes_changes_no_logit():
    """Learned positions, which the reordering does not touch, would notice axes that were forgotten."""
    shape = replace(TRANSLATOR, tie="none", output="biased")
    model = random(shape)
    there = written_weights(MARIAN, model)
    again, _ = read_model(MARIAN, MARIAN.described(shape, {}), there)
    assert all(map(torch.equal, again.parameters(), model.parameters()))
    name = "model.encoder.layers.0.self_attn.out_proj.bias"
    assert there[name].tolist() == model.encoder.blocks[0].attention.output.bias[[0, 2, 4, 6, 1, 3, 5, 7]].tolist()


def test_of_some_that_are_missing_the_first_are_named():
    with pytest.raises(RunError, match=r"tensors \d+ missing \(.*, \.\.\.\); take both files from the same model"):
        read_model(GPT2, GPT2.described(WRITER, {}), {})


def test_a_model_that_was_read_can_be_used():
    again, _ = read_model(GPT2, GPT2.described(WRITER, {}), written_weights(GPT2, random(WRITER)))
    text = Source(torch.tensor([[1, 2]]), torch.ones(1, 2, dtype=torch.bool))
    assert again.logits(again.decode(text, None)).shape == (1, 2, 9)
