"""What the tables of all families have in common."""

from dataclasses import fields

import pytest
import torch

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.model.transformer import Transformer
from heedful.transfer.families.layout import (
    ACTIVATIONS,
    ROW,
    SAME,
    TURNED,
    activation,
    activation_there,
    behind,
    each_layer,
    times,
)
from heedful.transfer.families.table import LAYOUTS

SIZES = {"vocab_size": 9, "d_model": 8, "n_heads": 2, "d_ff": 8, "max_len": 7}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_value_of_ours_is_thought_of(layout):
    """A new value must be said or ruled out by every family, or an export would leave it out in silence."""
    assert {*layout.sizes, *layout.values} == {item.name for item in fields(Architecture)}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_what_is_described_is_understood(layout):
    layers = {"n_encoder_layers": int(layout.form[0]), "n_decoder_layers": int(layout.form[1])}
    given = {name: known[0] for name, known in layout.values.items() if known}
    shape = Architecture(**(given | SIZES | layers))
    assert layout.refusal(shape) == ""
    named = {name: torch.empty(0) for name in ("lm_head.weight", "final_logits_bias")}
    again = layout.architecture(layout.described(shape, {"pad_token_id": 1}), named)
    assert {name.removeprefix("encoder.") for name, _ in Transformer(again).named_parameters()} == {
        name.removeprefix("encoder.") for name, _ in Transformer(shape).named_parameters()
    } | ({"output.bias"} if again.output == "biased" else set())
    assert (again.d_head, again.eps, again.activation, again.rotary_base) == (
        shape.d_head, shape.eps, shape.activation, shape.rotary_base,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_other_forms_are_refused(layout):
    reads, writes = layout.form
    shape = Architecture(9, n_encoder_layers=int(writes), n_decoder_layers=int(not writes or reads))
    assert "n_encoder_layers" in layout.refusal(shape) or reads == writes


@pytest.mark.parametrize("change", [SAME, TURNED, ROW, behind(2), times(0.25)])
def test_changes_go_both_ways(change):
    for weight in (torch.randn(5), torch.randn(4, 3)) if change in (SAME, TURNED) else (torch.randn(4, 3),):
        assert torch.equal(change.read(change.written(weight)), weight)


def test_names_of_layers():
    pairs = each_layer("decoder", "h", 2, {"k + v": "key_value"})
    assert [(pair.theirs, pair.ours) for pair in pairs] == [
        ("h.0.k + h.0.v", "decoder.blocks.0.key_value"),
        ("h.1.k + h.1.v", "decoder.blocks.1.key_value"),
    ]


def test_activations():
    assert all(activation(activation_there(ours)) == ours for ours in ACTIVATIONS.values())
    with pytest.raises(OptionError, match="'gelu_neu' cannot be expressed here; did you mean 'gelu_new'"):
        activation("gelu_neu")
