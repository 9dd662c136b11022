"""T5, first version and 1.1, beside transformers, and step by step."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.transfer.families.t5 import T5
from tests.transfer.families import oracle

SIZES = {
    "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 1, "num_heads": 4,
    "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12,
}  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize("feed_forward_proj", ["relu", "gated-gelu", "gated-silu"])
@pytest.mark.parametrize("tie_word_embeddings", [True, False])
def test_logits(feed_forward_proj, tie_word_embeddings, tmp_path):
    theirs = oracle.theirs(
        "T5Config", "T5ForConditionalGeneration", feed_forward_proj=feed_forward_proj,
        tie_word_embeddings=tie_word_embeddings, **SIZES,
    )  # fmt: skip
    if not tie_word_embeddings:
        theirs.lm_head.weight = torch.nn.Parameter(torch.randn(oracle.VOCAB, 16, dtype=torch.float64) * 0.1)
    model, left = oracle.ours(T5, tmp_path / "there", theirs)
    source, target = oracle.rows(length=20), oracle.rows(1, length=14)
    target.mask[:] = True
    expected = theirs(**oracle.plain(source), decoder_input_ids=target.values)
    memory = model.encode(oracle.text(source))
    oracle.close(memory.values, expected.encoder_last_hidden_state, source.mask)
    oracle.close(model.logits(model.decode(oracle.text(target), memory)), expected.logits)
    oracle.close(oracle.stepwise(model, target.values, memory), expected.logits)
    again = oracle.back(T5, tmp_path / "back", model, "T5ForConditionalGeneration")
    oracle.close(again(**oracle.plain(source), decoder_input_ids=target.values).logits, expected.logits)
    assert left == []


def test_what_cannot_be_expressed_is_refused_by_name():
    with pytest.raises(OptionError, match="feed_forward_proj='gated-relu'"):
        T5.architecture(SIZES | {"vocab_size": 9, "feed_forward_proj": "gated-relu"}, {})
