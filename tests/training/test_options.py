import json

import pytest

from heedful.errors import OptionError
from heedful.training.options import Slower, TrainingOptions
from heedful.training.route import Leg
from heedful.training.schedule import InverseSquareRoot


def test_json_both_ways_through_text():
    options = TrainingOptions(steps=7, schedule=InverseSquareRoot(3), betas=(0.8, 0.9), clip=None, average=None)
    assert TrainingOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
    changed = TrainingOptions(steps=7, replanned=(Leg(2, 4, 14, 3), Leg(5, 3, 9, 0)))
    assert TrainingOptions.from_json(json.loads(json.dumps(changed.to_json()))) == changed
    older = {name: value for name, value in options.to_json().items() if name != "replanned"}
    assert TrainingOptions.from_json(older) == options


def test_differences_leave_out_what_changes_no_result():
    options = TrainingOptions(steps=7)
    other = TrainingOptions(steps=7, learning_rate=1.0, save_every=3, save_every_seconds=1.0)
    assert options.differences(other) == {"learning_rate": (options.learning_rate, 1.0)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "steps must be at least 1: got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"average": 1.0}, r"average must be in \[0, 1\)"),
        ({"betas": (0.9, 1.5)}, "betas must be in"),
        ({"weight_decay": -1.0}, "weight_decay cannot be negative"),
        ({"evaluate_every": -1}, "evaluate_every counts steps"),
        ({"on_bad_step": "skp"}, "did you mean 'skip'"),
        ({"replanned": (Leg(1, 4, 14, 3),)}, "here from update 0 to 1: got 1:4/14/3"),
        ({"keep": "first"}, "choose from best, last"),
    ],
)
def test_what_cannot_be_is_refused(changes, words):
    with pytest.raises(OptionError, match=words):
        TrainingOptions(**{"steps": 1, **changes})


def test_an_unknown_key_is_answered_with_the_nearest():
    values = TrainingOptions(steps=1).to_json()
    with pytest.raises(OptionError, match="did you mean 'learning_rate'"):
        TrainingOptions.from_json({**values, "learning_rat": 1.0})


def test_parts_that_learn_slower_survive_json():
    options = TrainingOptions(5, slower=(Slower("trunk.", 0.5, 0.25), Slower("head.")))
    assert TrainingOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
    assert list(options.differences(TrainingOptions(5))) == ["slower"]
    older = {name: value for name, value in TrainingOptions(5).to_json().items() if name != "slower"}
    assert TrainingOptions.from_json(older) == TrainingOptions(5)
