"""What of a model learns is what was asked for, and no more."""

import pytest

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.model.heads import Head, Headed
from heedful.model.transformer import Transformer
from heedful.tasks.tuning import UNFROZEN, Tuning, share_that_learns


def model():
    shape = Architecture(32, d_model=64, n_encoder_layers=3, n_decoder_layers=0, n_heads=2, d_ff=256, max_len=16)
    return Headed(Transformer(shape), Head(64, 2, "mean", 0.0), "encoder")


def learning(tuning):
    net = model()
    Tuning.named(tuning).apply(net)
    return {name for name, each in net.named_parameters() if each.requires_grad}


def test_all_learns_all():
    every = {name for name, _ in model().named_parameters()}
    assert learning("all") == learning("gradual") == learning("decay:0.5") == every


def test_the_head_alone():
    assert learning("head") == {"head.output.weight", "head.output.bias"}


def test_the_upper_layers():
    found = learning("top:2")
    places = {".".join(name.split(".")[2:4]) for name in found if "blocks" in name}
    assert places == {"blocks.1", "blocks.2"}
    assert "head.output.weight" in found
    assert not any("embedding" in name for name in found)


def test_corrections_are_few():
    net = model()
    Tuning.named("lora:2").apply(net)
    names = {name for name, each in net.named_parameters() if each.requires_grad}
    assert all(name.startswith("head.") or name.endswith((".down", ".up")) for name in names)
    assert share_that_learns(net) < 0.03
    assert share_that_learns(model()) == 1.0


def test_lower_layers_learn_slower():
    found = {part.prefix: part.rate for part in Tuning.named("decay:0.5").slower(model())}
    assert found == {
        "trunk.encoder.embedding.": 0.0625,
        "trunk.encoder.blocks.0.": 0.125,
        "trunk.encoder.blocks.1.": 0.25,
        "trunk.encoder.blocks.2.": 0.5,
    }


def test_lower_layers_learn_later():
    begins = [part.begins for part in Tuning.named("gradual").slower(model())]
    assert begins[0] == UNFROZEN
    assert begins[1:] == sorted(begins[1:], reverse=True)
    assert min(begins) > 0
    assert Tuning.named("all").slower(model()) == ()


@pytest.mark.parametrize("text", ["al", "top:x", "top:0", "top:1.5", "decay:0", "decay:2", "lora:0", "head:3"])
def test_what_makes_no_sense_is_refused(text):
    with pytest.raises(OptionError, match="--tune"):
        Tuning.named(text)


def test_numbers_may_be_left_out():
    assert [Tuning.named(way).number for way in ("top", "decay", "lora", "all")] == [2, 0.8, 8, 0]
