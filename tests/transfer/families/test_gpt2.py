"""GPT-2 beside transformers, and step by step."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.transfer.families.gpt2 import GPT2
from tests.transfer.families import oracle

SIZES = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 20}


@torch.no_grad()
@pytest.mark.parametrize("changes", [{}, {"n_inner": 24, "scale_attn_weights": False, "tie_word_embeddings": False}])
def test_logits(changes, tmp_path):
    theirs = oracle.theirs("GPT2Config", "GPT2LMHeadModel", **SIZES, **changes)
    model, left = oracle.ours(GPT2, tmp_path / "there", theirs)
    source = oracle.rows()
    expected = theirs(**oracle.plain(source)).logits
    oracle.close(model.logits(model.decode(oracle.text(source), None)), expected, source.mask)
    oracle.close(oracle.stepwise(model, source.values[:1], None), expected[:1])
    again = oracle.back(GPT2, tmp_path / "back", model, "GPT2LMHeadModel")
    oracle.close(again(**oracle.plain(source)).logits, expected, source.mask)
    assert left == []


@torch.no_grad()
def test_a_body_alone(tmp_path):
    theirs = oracle.theirs("GPT2Config", "GPT2Model", **SIZES)
    model, _ = oracle.ours(GPT2, tmp_path / "there", theirs)
    source = oracle.rows()
    expected = theirs(**oracle.plain(source)).last_hidden_state
    oracle.close(model.decode(oracle.text(source), None), expected, source.mask)


def test_what_cannot_be_expressed_is_refused_by_name():
    with pytest.raises(OptionError, match="scale_attn_by_inverse_layer_idx=True"):
        GPT2.architecture(SIZES | {"vocab_size": 9, "scale_attn_by_inverse_layer_idx": True}, {})
