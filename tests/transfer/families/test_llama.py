"""Llama beside transformers, and step by step."""

import math

import pytest
import torch

from heedful.architecture import Stretch
from heedful.errors import OptionError
from heedful.transfer.families.llama import LLAMA
from tests.transfer.families import oracle

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 32,
}  # fmt: skip


LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip


def slow(rate, stretch):
    """A rate of Llama 3, case by case as its code has them."""
    wavelength = 2 * math.pi / rate
    if wavelength < stretch.trained / stretch.high:
        return rate
    if wavelength > stretch.trained / stretch.low:
        return rate / stretch.factor
    smooth = (stretch.trained / wavelength - stretch.low) / (stretch.high - stretch.low)
    return (1 - smooth) * rate / stretch.factor + smooth * rate


def exact(theirs, shape):
    """Its turns in more than float32, in which it makes them whatever the model is in; rounded as ours are."""
    width, stretch = shape.d_head, shape.rotary_stretch

    def turns(x, position_ids, **unused):
        rates = [shape.rotary_base ** (-place / width) for place in range(0, width, 2)]
        rates = torch.tensor([slow(rate, stretch) if stretch else rate for rate in rates], dtype=torch.float64)
        angles = (position_ids[..., None].double() * rates).repeat(1, 1, 2)
        return angles.cos().float().double(), angles.sin().float().double()

    theirs.model.rotary_emb.forward = turns
    return theirs


@torch.no_grad()
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"head_dim": 8, "rope_parameters": LLAMA3 | {"rope_theta": 100.0}},
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
    expected = exact(theirs, model.architecture)(**oracle.plain(source)).logits
    oracle.close(found, expected, source.mask)
    oracle.close(oracle.stepwise(model, source.values[:1], None), expected[:1])
    again = exact(oracle.back(LLAMA, tmp_path / "back", model, "LlamaForCausalLM"), model.architecture)
    oracle.close(again(**oracle.plain(source)).logits, expected, source.mask)
    assert left == []


CONFIG = SIZES | {"vocab_size": 9}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_type='linear'"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 5e5}}, "rope_type='yarn'"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}}, "'llama3' without 'factor'"),
        ({"rope_scaling": LLAMA3 | {"high_freq_factor": 1.0}}, "a stretch needs"),
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
    older = LLAMA.architecture(CONFIG | {"rope_theta": 5e5, "rope_scaling": LLAMA3}, {})
    assert (older.rotary_base, older.rotary_stretch) == (5e5, Stretch(8.0, 1.0, 4.0, 64))
