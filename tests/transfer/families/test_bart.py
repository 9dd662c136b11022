"""BART beside transformers, and step by step."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.transfer.families.bart import BART
from tests.transfer.families import oracle

SIZES = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 20,
}  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize("changes", [{}, {"scale_embedding": True, "activation_function": "relu"}])
def test_logits(changes, tmp_path):
    theirs = oracle.theirs("BartConfig", "BartForConditionalGeneration", **SIZES, **changes)
    model, left = oracle.ours(BART, tmp_path / "there", theirs)
    source, target = oracle.rows(), oracle.rows(1)
    target.mask[:] = True
    expected = theirs(**oracle.plain(source), decoder_input_ids=target.values)
    memory = model.encode(oracle.text(source))
    oracle.close(memory.values, expected.encoder_last_hidden_state, source.mask)
    oracle.close(model.logits(model.decode(oracle.text(target), memory)), expected.logits)
    oracle.close(oracle.stepwise(model, target.values, memory), expected.logits)
    assert model.output.bias.abs().max() > 0.1
    again = oracle.back(BART, tmp_path / "back", model, "BartForConditionalGeneration")
    oracle.close(again(**oracle.plain(source), decoder_input_ids=target.values).logits, expected.logits)
    assert left == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decoder_ffn_dim": 48}, "encoder_ffn_dim=24, decoder_ffn_dim=48: one value is expected"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings=False"),
        ({"normalize_before": True}, "normalize_before=True"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(change, said):
    with pytest.raises(OptionError, match=said):
        BART.architecture(SIZES | {"vocab_size": 9} | change, {})
