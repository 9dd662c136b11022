import json
from dataclasses import replace

import pytest

from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.errors import OptionError

SMALL = RNNArchitecture(11, d_model=6, attention="general", cell="lstm")


def test_survives_json():
    assert RNNArchitecture.from_json(json.loads(json.dumps(SMALL.to_json()))) == SMALL


def test_the_first_kind_needs_no_more_than_its_vocabulary():
    plain = RNNArchitecture.from_json({"vocab_size": 9})
    assert (plain.attention, plain.context, plain.context_use) == ("none", "last", "first")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vocab_size": 9, "n_layer": 2}, "unknown key 'n_layer' in the architecture; did you mean 'n_layers'"),
        ({}, "needs the key 'vocab_size'"),
        ({"vocab_size": 9, "attention": "aditive"}, "attention='aditive' is not known; did you mean 'additive'"),
    ],
)
def test_what_json_may_hold(values, message):
    with pytest.raises(OptionError, match=message):
        RNNArchitecture.from_json(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_layers": 0}, "n_layers must be at least 1: got 0"),
        ({"dropout": 1.0}, "dropout is a probability"),
        ({"d_model": 2.5}, "d_model must be int"),
        ({"d_model": 7, "bidirectional": True}, "two directions share d_model, which must be even: got 7"),
        ({"attention": "none", "feeding": "input"}, "feeding='input' needs attention"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(OptionError, match=message):
        replace(SMALL, **change)
