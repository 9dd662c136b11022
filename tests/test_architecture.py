import json
from dataclasses import asdict, fields, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.architecture import Activation, Architecture, Positions, Stretch, Tie, read_record
from heedful.errors import OptionError

SHAPES = st.builds(
    lambda n_heads, groups, d_head, **rest: Architecture(
        d_model=n_heads * groups * d_head * 2, n_heads=n_heads * groups, n_kv_heads=n_heads, **rest
    ),
    n_heads=st.integers(1, 4),
    groups=st.integers(1, 3),
    d_head=st.integers(1, 8),
    vocab_size=st.integers(1, 99),
    n_encoder_layers=st.integers(1, 9),
    n_decoder_layers=st.integers(0, 9),
    d_ff=st.integers(1, 99),
    activation=st.sampled_from(get_args(Activation)),
    dropout=st.floats(0, 0.99),
    norm=st.sampled_from(["layer", "rms"]),
    order=st.sampled_from(["pre", "post"]),
    encoder_positions=st.sampled_from(get_args(Positions)),
    decoder_positions=st.sampled_from(get_args(Positions)),
    window=st.none() | st.integers(1, 9),
    bias=st.booleans(),
    tie=st.sampled_from(get_args(Tie)),
    scale_embeddings=st.booleans(),
    max_len=st.integers(1, 999),
    norm_eps=st.none() | st.floats(1e-12, 0.1),
    norm_embeddings=st.booleans(),
    n_kinds=st.integers(0, 3),
    scale_attention=st.booleans(),
    rotary_base=st.floats(2, 1e6),
    rotary_stretch=st.sampled_from([None, Stretch(8.0, 1.0, 4.0, 64)]),
    output=st.sampled_from(["linear", "biased"]),
    pooler=st.booleans(),
)


@given(SHAPES)
def test_json_round_trip(shape):
    assert Architecture.from_json(json.loads(json.dumps(shape.to_json()))) == shape
    assert shape.d_head * shape.n_heads == shape.d_model


def test_the_defaults_are_the_base_model():
    base = Architecture(37_000)
    assert (base.d_model, base.n_heads, base.d_head, base.d_ff) == (512, 8, 64, 2048)
    assert (base.n_encoder_layers, base.n_decoder_layers, base.dropout) == (6, 6, 0.1)
    assert Architecture.from_json({"vocab_size": 37_000}) == base


def test_a_head_may_be_wider_than_its_share():
    assert Architecture(9, d_model=10, n_heads=3, head_width=4).d_head == 4


def test_every_field_is_documented():
    for item in fields(Architecture):
        assert f"        {item.name}: " in Architecture.__doc__


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_heads": 6}, r"n_heads must divide d_model: got n_heads=6, d_model=512; try 2 or 4 or 8 or 16"),
        ({"n_kv_heads": 3}, "n_kv_heads must divide n_heads: got n_kv_heads=3, n_heads=8"),
        ({"n_kv_heads": 0}, "n_kv_heads must divide"),
        ({"norm": "layers"}, "norm='layers' is not known; did you mean 'layer'"),
        ({"activation": "tanh"}, "activation='tanh' is not known; did you mean 'gelu_tanh'"),
        ({"order": None}, "order=None is not known"),
        ({"dropout": 1.0}, r"dropout is a probability in \[0, 1\): got 1.0"),
        ({"dropout": float("nan")}, "dropout is a probability"),
        ({"d_model": 0}, "d_model must be at least 1: got 0"),
        ({"d_model": "512"}, "d_model must be int: got '512'"),
        ({"n_heads": True}, "n_heads must be int: got True"),
        ({"window": 0}, "window must be at least 1, or None"),
        ({"window": 2.5}, r"window must be int \| None: got 2.5"),
        ({"bias": 1}, "bias must be bool: got 1"),
        ({"n_encoder_layers": 0, "n_decoder_layers": 0}, "a model needs layers"),
        ({"n_encoder_layers": -1}, "a model needs layers"),
        ({"head_width": 0}, "head_width must be at least 1: got 0"),
        ({"head_width": 7, "decoder_positions": "rotary"}, "even d_head: got head_width=7"),
        ({"encoder_positions": "rotary", "rotary_base": 0.5}, "rotary_base must be above 1: got 0.5"),
        ({"relative_buckets": 6}, "relative_buckets must be a multiple of 4: got 6; try 32"),
        ({"relative_distance": 16}, "relative_distance must exceed half of relative_buckets=32: got 16"),
        ({"norm_eps": 0.0}, "norm_eps is a small number above 0: got 0.0"),
        ({"pooler": True, "n_encoder_layers": 0}, "n_kinds and pooler belong to an encoder"),
        ({"n_kinds": -1}, "n_kinds and pooler belong to an encoder"),
        ({"output": "transformed", "activation": "swiglu"}, "output='transformed' has no gate"),
        ({"d_model": 24, "encoder_positions": "rotary"}, "rotary positions need an even d_head: got d_model/n_heads=3"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(OptionError, match=message):
        replace(Architecture(100), **change)
    with pytest.raises(OptionError, match=message):
        Architecture.from_json(asdict(Architecture(100)) | change)


def test_keys_are_checked():
    with pytest.raises(OptionError, match="unknown key 'n_head' in the architecture; did you mean 'n_heads'"):
        Architecture.from_json({"vocab_size": 9, "n_head": 8})
    with pytest.raises(OptionError, match="the architecture needs the key 'vocab_size'"):
        Architecture.from_json({})
    with pytest.raises(OptionError, match="a thing needs the key 'vocab_size'"):
        read_record(Architecture, {}, "a thing")
