"""RoBERTa beside transformers: its positions begin behind the padding's."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.transfer.families.roberta import ROBERTA
from tests.transfer.families import oracle

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
    "max_position_embeddings": 11, "type_vocab_size": 1,
}  # fmt: skip


@torch.no_grad()
def test_masked_words_to_the_last_position(tmp_path):
    theirs = oracle.theirs("RobertaConfig", "RobertaForMaskedLM", **SIZES)
    model, left = oracle.ours(ROBERTA, tmp_path / "there", theirs)
    source = oracle.rows()
    assert (left, model.max_len) == ([], source.values.shape[1])
    expected = theirs(**oracle.plain(source)).logits
    source = type(source)(source.values, source.mask)
    oracle.close(model.logits(model.encode(source).values), expected, source.mask)
    again = oracle.back(ROBERTA, tmp_path / "back", model, "RobertaForMaskedLM")
    oracle.close(again(**oracle.plain(source)).logits, expected, source.mask)


@torch.no_grad()
def test_the_pooler(tmp_path):
    theirs = oracle.theirs("RobertaConfig", "RobertaModel", **SIZES)
    model, _ = oracle.ours(ROBERTA, tmp_path / "there", theirs)
    source = oracle.rows()
    memory = model.encode(type(source)(source.values, source.mask))
    expected = theirs(**oracle.plain(source)).pooler_output
    oracle.close(model.pool(memory), expected)
    again = oracle.back(ROBERTA, tmp_path / "back", model, "RobertaModel")
    oracle.close(again(**oracle.plain(source)).pooler_output, expected)


@pytest.mark.parametrize("change", [{"pad_token_id": 0}, {"hidden_act": "relu"}])
def test_what_cannot_be_expressed_is_refused_by_name(change):
    with pytest.raises(OptionError, match=next(iter(change))):
        ROBERTA.architecture(SIZES | {"vocab_size": 9} | change, {})
