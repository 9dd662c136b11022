"""Llama beside transformers, and step by step."""

import pytest
import torch

from heedful.errors import OptionError
from heedful.transfer.families.llama import LLAMA
from tests.transfer.families import oracle

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 32,
}  # fmt: skip


def exact(theirs, base, width):
    """Its turns in more than float32, in which it makes them whatever the model is in; rounded as ours are."""

    def turns(x, position_ids, **unused):
        rates = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angles = (position_ids[..., None].double() * rates).repeat(1, 1, 2)
        return angles.cos().float().double(), angles.sin().float().double()

    theirs.model.rotary_emb.forward = turns
    return theirs


@torch.no_grad()
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"head_dim": 6, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
        {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True, "rms_norm_eps": 1e-3},
    ],
)
def test_logits(changes, tmp_path):
    theirs = oracle.theirs("LlamaConfig", "LlamaForCausalLM", **SIZES, **changes)
    model, left = oracle.ours(LLAMA, tmp_path / "there", theirs)
    source = oracle.rows()
    found = model.logits(model.decode(oracle.text(source), None))
    rough = theirs(**oracle.plain(source)).logits
    torch.testing.assert_close(found[source.mask], rough[source.mask], rtol=1e-5, atol=1e-5)
    base, width = model.architecture.rotary_base, model.architecture.d_head
    expected = exact(theirs, base, width)(**oracle.plain(source)).logits
    oracle.close(found, expected, source.mask)
    oracle.close(oracle.stepwise(model, source.values[:1], None), expected[:1])
    again = exact(oracle.back(LLAMA, tmp_path / "back", model, "LlamaForCausalLM"), base, width)
    oracle.close(again(**oracle.plain(source)).logits, expected, source.mask)
    assert left == []


CONFIG = SIZES | {"vocab_size": 9}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_type='linear'"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}}, "rope_type='llama3'"),
        ({"attention_bias": True}, "attention_bias=True, mlp_bias=False"),
        ({"hidden_act": "relu"}, "the activation 'relu'"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(change, said):
    with pytest.raises(OptionError, match=said):
        LLAMA.architecture(CONFIG | change, {})


def test_older_files_keep_the_base_elsewhere():
    assert LLAMA.architecture(CONFIG | {"rope_theta": 5e5}, {}).rotary_base == 5e5
    assert LLAMA.architecture(CONFIG, {}).rotary_base == 10_000
