from dataclasses import replace

import pytest

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.transfer.families.table import LAYOUTS, layout_for, layout_of


def test_a_family_is_found_by_its_name():
    assert all(layout_of(name) is layout for name, layout in LAYOUTS.items())
    with pytest.raises(OptionError, match="model_type 'robert' is not known; did you mean 'roberta'"):
        layout_of("robert")
    with pytest.raises(OptionError, match="model_type None is not known; choose from bart, bert"):
        layout_of(None)


PAPER = Architecture(9, 8, 1, 1, 2, None, 8)


@pytest.mark.parametrize("name", ["brt", ["bert"], {}, None, 5])
def test_a_family_that_is_not_known_is_refused(name):
    with pytest.raises(OptionError, match="is not known"):
        layout_of(name)


def test_a_family_is_found_for_a_model():
    assert layout_for(PAPER).model_type == "marian"
    assert (
        layout_for(replace(PAPER, n_kv_heads=1, bias=False, output="biased", activation="silu")).model_type == "marian"
    )
    reader = replace(
        PAPER, n_decoder_layers=0, encoder_positions="learned", norm_embeddings=True, scale_embeddings=False,
        activation="gelu", n_kinds=1,
    )  # fmt: skip
    assert layout_for(reader).model_type == "bert"
    assert layout_for(reader, "roberta").model_type == "roberta"
    assert layout_for(replace(reader, activation="relu"), "roberta").model_type == "bert"


def test_what_no_family_knows_is_named():
    with pytest.raises(OptionError) as error:
        layout_for(replace(PAPER, order="pre", window=3))
    assert "marian: " in str(error.value) and "window=3 (it has None)" in str(error.value)
    assert "gpt2" not in str(error.value)
