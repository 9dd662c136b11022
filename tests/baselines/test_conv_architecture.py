import json
from dataclasses import replace

import pytest

from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.errors import OptionError

SMALL = ConvArchitecture(11, d_model=6, kernel_size=5)


def test_survives_json():
    assert ConvArchitecture.from_json(json.loads(json.dumps(SMALL.to_json()))) == SMALL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_encoder_layers": 0}, "n_encoder_layers must be at least 1: got 0"),
        ({"n_decoder_layers": -1}, "n_decoder_layers must be at least 1: got -1"),
        ({"kernel_size": 4}, "kernel_size must be odd, so that a kernel has a middle: got 4"),
        ({"dropout": 1.0}, "dropout is a probability"),
        ({"d_model": 2.5}, "d_model must be int"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(OptionError, match=message):
        replace(SMALL, **change)
