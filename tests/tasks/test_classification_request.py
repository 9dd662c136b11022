"""What is asked for is refused where no data could make it right."""

from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.labelled import Named
from heedful.errors import OptionError
from heedful.tasks.classification_request import ClassificationOptions

PLAIN = ClassificationOptions(out=Path("runs/x"), data=Path("a.tsv"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": None}, "name the examples to learn from: --data"),
        ({"dev_data": Path("a.tsv")}, "must be different files"),
        ({"kind": "numbre"}, "--kind 'numbre' is not known; did you mean 'number'"),
        ({"pool": "middle"}, "--pool 'middle' is not known; choose from first, last, mean"),
        ({"vocabulary": "old"}, "--vocabulary 'old' is not known"),
        ({"between": ""}, "--between is what separates labels"),
        ({"tune": "lra"}, "--tune 'lra' is not known"),
        ({"tune": "lora"}, "--tune lora keeps weights as they are, and none were trained"),
        ({"tune": "head"}, "name a run with --init"),
        ({"vocabulary": "new"}, "--vocabulary new is for a run named with --init"),
        ({"minutes": 1, "steps": 1}, "a budget is one of"),
    ],
)
def test_what_no_data_makes_right(changes, said):
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check()


@pytest.mark.parametrize("changes", [{}, {"tune": "gradual"}, {"tune": "lora:4", "init": Path("runs/y")}])
def test_what_makes_sense_is_taken(changes):
    replace(PLAIN, **changes).check()


def test_columns_are_named():
    assert replace(PLAIN, text="a", label="2", between=";").named == Named("a", None, "2", None, ";")


def test_as_a_command():
    asked = replace(PLAIN, init=Path("runs/lm"), tune="lora:8", steps=3)
    expected = "heedful train classification --data a.tsv --out x --steps 3 --init lm --tune lora:8"
    assert " ".join(asked.command) == expected
    assert ClassificationOptions.from_json(asked.to_json()).init == Path("runs/lm").resolve()
