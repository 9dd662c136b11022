"""A search is a checked value."""

import math

import pytest

from heedful.decoding.search import Beam, Greedy, Sampling
from heedful.errors import OptionError


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Beam, {"width": 0}),
        (Beam, {"length_penalty": -0.1}),
        (Beam, {"length_penalty": math.nan}),
        (Beam, {"length_penalty": math.inf}),
        (Beam, {"width": 3, "n_best": 4}),
        (Beam, {"n_best": 0}),
        (Sampling, {"temperature": 0.0}),
        (Sampling, {"temperature": math.nan}),
        (Sampling, {"top_k": 0}),
        (Sampling, {"top_p": 0.0}),
        (Sampling, {"top_p": 1.01}),
        (Sampling, {"n_best": 0}),
    ],
)
def test_a_wrong_value_is_refused_by_name(kind, values):
    with pytest.raises(OptionError, match=next(iter(set(values) - {"width"}), "width")):
        kind(**values)


def test_widths():
    assert Greedy().width == 1
    assert Beam(width=7).width == 7
    assert Sampling(n_best=3).width == 3


def test_the_divisor_is_that_of_wu_et_al():
    assert Beam(length_penalty=1.0).divisor(1) == 1.0
    assert Beam(length_penalty=1.0).divisor(7) == 2.0
    assert Beam(length_penalty=2.0).divisor(7) == 4.0
    assert Beam(length_penalty=0.0).divisor(50) == 1.0
