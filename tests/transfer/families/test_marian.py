"""Marian beside transformers, and step by step."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.model.positions import sinusoids
from heedful.transfer.families.marian import MARIAN, halves
from tests.transfer.families import oracle

SIZES = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 20,
    "pad_token_id": 39, "decoder_start_token_id": 39, "eos_token_id": 0,
}  # fmt: skip
CHANGES = [
    {"activation_function": "swish", "scale_embedding": True},
    {"activation_function": "relu", "share_encoder_decoder_embeddings": False},
    {"share_encoder_decoder_embeddings": False, "tie_word_embeddings": False},
]


@torch.no_grad()
@pytest.mark.parametrize("changes", CHANGES)
def test_logits(changes, tmp_path):
    theirs = oracle.theirs("MarianConfig", "MarianMTModel", **SIZES, **changes)
    positions = [module for name, module in theirs.named_modules() if name.endswith("embed_positions")]
    for module in positions:
        module.weight.copy_(sinusoids(20, 16)[:, halves(16)])
    model, left = oracle.ours(MARIAN, tmp_path / "there", theirs)
    source, target = oracle.rows(), oracle.rows(1)
    target.mask[:] = True
    expected = theirs(**oracle.plain(source), decoder_input_ids=target.values).logits
    memory = model.encode(oracle.text(source))
    oracle.close(model.logits(model.decode(oracle.text(target), memory)), expected)
    oracle.close(oracle.stepwise(model, target.values, memory), expected)
    again = oracle.back(MARIAN, tmp_path / "back", model, "MarianMTModel", pad_token_id=39)
    oracle.close(again(**oracle.plain(source), decoder_input_ids=target.values).logits, expected)
    assert left == []


def test_two_vocabularies_are_refused():
    with pytest.raises(OptionError, match="vocab_size=9, decoder_vocab_size=10: one value is expected"):
        MARIAN.architecture(SIZES | {"vocab_size": 9, "decoder_vocab_size": 10}, {})
