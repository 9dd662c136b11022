"""BERT, and the real weights of a MiniLM, beside transformers."""

from dataclasses import replace

import pytest
import torch

from heedful.errors import OptionError, RunError
from heedful.model.transformer import Transformer
from heedful.transfer.families.bert import BERT
from heedful.transfer.families.weights import read_model, written_weights
from tests.transfer.families import oracle

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
    "max_position_embeddings": 20,
}  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize("hidden_act", ["gelu", "relu", "gelu_new", "silu"])
def test_hidden_states_and_the_pooler(hidden_act, tmp_path):
    theirs = oracle.theirs("BertConfig", "BertModel", hidden_act=hidden_act, **SIZES)
    model, left = oracle.ours(BERT, tmp_path / "there", theirs)
    source = oracle.rows()
    memory = model.encode(source)
    expected = theirs(**oracle.plain(source), token_type_ids=source.kinds)
    oracle.close(memory.values, expected.last_hidden_state, source.mask)
    oracle.close(model.pool(memory), expected.pooler_output)
    assert left == []
    again = oracle.back(BERT, tmp_path / "back", model, "BertModel")
    oracle.close(again(**oracle.plain(source), token_type_ids=source.kinds).pooler_output, expected.pooler_output)


@torch.no_grad()
def test_masked_words(tmp_path):
    theirs = oracle.theirs("BertConfig", "BertForMaskedLM", **SIZES)
    model, _ = oracle.ours(BERT, tmp_path / "there", theirs)
    source = oracle.rows()
    expected = theirs(**oracle.plain(source), token_type_ids=source.kinds).logits
    oracle.close(model.logits(model.encode(source).values), expected, source.mask)
    again = oracle.back(BERT, tmp_path / "back", model, "BertForMaskedLM")
    oracle.close(again(**oracle.plain(source), token_type_ids=source.kinds).logits, expected, source.mask)


def test_heads_of_other_tasks_are_named(tmp_path):
    theirs = oracle.theirs("BertConfig", "BertForSequenceClassification", num_labels=3, **SIZES)
    model, left = oracle.ours(BERT, tmp_path / "there", theirs)
    assert sorted(left) == ["classifier.bias", "classifier.weight"]
    assert model.architecture.pooler


CONFIG = {
    **SIZES, "vocab_size": 8, "hidden_act": "gelu", "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 5, "num_hidden_layers": 1,
}  # fmt: skip


def tensors():
    """Weights by hand, under the names of old files: gamma and beta."""
    shape = BERT.architecture(CONFIG, {})
    found = written_weights(BERT, Transformer(shape))
    return {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): weight
        for name, weight in found.items()
    }


def test_old_names_and_buffers_are_known():
    given = {f"bert.{name}": weight for name, weight in tensors().items()}
    given["bert.embeddings.position_ids"] = torch.arange(5)[None]
    given["cls.seq_relationship.weight"] = torch.zeros(2, 16)
    model, left = read_model(BERT, CONFIG, given)
    assert left == ["cls.seq_relationship.weight"]
    weight = given["bert.encoder.layer.0.attention.self.value.weight"]
    assert torch.equal(model.encoder.blocks[0].attention.key_value.weight[16:], weight)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_decoder": True}, "is_decoder=True, which cannot be expressed here: expected False"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type='relative_key'"),
        ({"hidden_act": "mish"}, "the activation 'mish' cannot be expressed"),
        ({"vocab_size": None}, "config.json needs the key 'vocab_size'"),
        ({"num_attention_heads": 5}, "n_heads must divide d_model: got n_heads=5, d_model=16"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(change, said):
    with pytest.raises(OptionError) as error:
        read_model(BERT, CONFIG | change, tensors())
    assert said in str(error.value)


def test_weights_that_do_not_fit_are_named():
    missing = tensors()
    del missing["encoder.layer.0.output.dense.bias"]
    with pytest.raises(RunError, match=r"tensors 1 missing \(encoder.layer.0.output.dense.bias\)"):
        read_model(BERT, CONFIG, missing)
    with pytest.raises(RunError, match=r"1 that have no place \(encoder.layer.0.adapter.weight\)"):
        read_model(BERT, CONFIG, tensors() | {"encoder.layer.0.adapter.weight": torch.zeros(1)})
    name = "embeddings.word_embeddings.weight"
    with pytest.raises(RunError, match=rf"{name} of \(9, 16\), .* encoder.embedding.tokens.weight of \(8, 16\)"):
        read_model(BERT, CONFIG, tensors() | {name: torch.zeros(9, 16)})
    with pytest.raises(RunError, match=f"{name} holds NaN"):
        read_model(BERT, CONFIG, tensors() | {name: torch.full((8, 16), float("nan"))})


def test_what_it_cannot_say_is_named():
    shape = BERT.architecture(CONFIG, {})
    assert BERT.refusal(shape) == ""
    said = BERT.refusal(replace(shape, order="pre", n_kinds=0, encoder_positions="rotary", n_decoder_layers=1))
    for each in ("order='pre' (it has 'post')", "n_kinds=0", "encoder_positions='rotary'", "n_decoder_layers=1"):
        assert each in said
