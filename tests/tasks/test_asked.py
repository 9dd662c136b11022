"""What is asked for survives JSON, is told as a command, and is refused where no data could make it right."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.errors import OptionError
from heedful.tasks.asked import differences, flag_of, renewed
from heedful.training.plan import Budget
from tests.tasks.toy import ToyOptions

PLAIN = ToyOptions(out=Path("runs/x"), numbers=Path("a/n.txt"))


def test_json_keeps_everything_and_makes_paths_absolute():
    asked = replace(PLAIN, epochs=2.5, loud=True)
    again = ToyOptions.from_json(json.loads(json.dumps(asked.to_json())))
    assert again == replace(asked, out=Path("runs/x").resolve(), numbers=Path("a/n.txt").resolve())


def test_unknown_keys_are_named():
    with pytest.raises(OptionError, match="unknown key 'steeps' in the options of the run; did you mean 'steps'"):
        ToyOptions.from_json({**PLAIN.to_json(), "steeps": 3})


def test_as_a_command_it_has_names_of_files_alone():
    asked = replace(PLAIN, steps=9, loud=True, resume=True)
    assert shlex.join(asked.command) == "heedful train toy --out x --steps 9 --numbers n.txt --loud"


@pytest.mark.parametrize(
    ("changes", "budget"),
    [({}, None), ({"minutes": 0.5}, Budget(minutes=0.5)), ({"steps": 3}, Budget(steps=3))],
)
def test_the_budget_is_the_one_that_was_given(changes, budget):
    assert replace(PLAIN, **changes).budget() == budget


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "tpu"}, "device is 'cpu' or 'cuda': got 'tpu'"),
        ({"steps": 1, "epochs": 1}, "got epochs=1 and steps=1"),
        ({"evaluations": 0}, "evaluations must be 1 or more: got 0"),
        ({"seed": -1}, "seed is a whole number from 0"),
    ],
)
def test_what_no_data_makes_right_is_refused(changes, said):
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check()
    PLAIN.check()


def test_what_is_left_out_is_no_difference():
    begun = replace(PLAIN, steps=9)
    assert differences(ToyOptions(out=Path("elsewhere"), resume=True), begun) == []
    assert differences(replace(begun, loud=True, steps=8), begun) == ["with --steps 9", "without --loud"]


def test_flags_have_hyphens():
    assert flag_of("dev_data") == "--dev-data"


def test_what_may_be_said_anew_is_what_is_said_now_and_else_what_was_begun_with():
    begun = ToyOptions(out=Path("/x/a"), steps=7, seed=3)
    again = renewed(ToyOptions(out=Path("b"), resume=True, seed=9), begun, PLAIN.FREE)
    assert again == ToyOptions(out=Path("b"), resume=True, steps=7, seed=3)
    assert renewed(ToyOptions(out=Path("b")), again, PLAIN.FREE).resume
