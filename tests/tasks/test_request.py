"""What is asked for: it survives JSON, is told as a command line, and what is wrong with it is said by its flag."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.augment import Augmentation
from heedful.errors import OptionError
from heedful.tasks.asked import differences
from heedful.tasks.request import TranslationOptions
from heedful.training.plan import Budget
from tests.tasks.tiny import ask

PLAIN = TranslationOptions(out=Path("runs/x"), source=Path("a.de"), target=Path("b.en"))


def test_json_keeps_everything_and_makes_paths_absolute():
    options = replace(
        PLAIN, dev_tsv=Path("dev.tsv"), epochs=2.5, both_directions=True, seed=7, vectors=Path("glove.txt")
    )
    again = TranslationOptions.from_json(json.loads(json.dumps(options.to_json())))
    assert again == replace(
        options,
        **{name: getattr(options, name).resolve() for name in ("out", "source", "target", "dev_tsv", "vectors")},
    )
    assert TranslationOptions.from_json(again.to_json()) == again


def test_unknown_keys_of_another_version_are_named():
    with pytest.raises(OptionError, match="unknown key 'steeps' in the options of the run; did you mean 'steps'"):
        TranslationOptions.from_json({**PLAIN.to_json(), "steeps": 3})


@pytest.mark.parametrize(
    ("changes", "budget"),
    [
        ({}, None),
        ({"minutes": 0.5}, Budget(minutes=0.5)),
        ({"epochs": 3.0}, Budget(epochs=3.0)),
        ({"steps": 9}, Budget(steps=9)),
        ({"flops": 1e12}, Budget(flops=1e12)),
    ],
)
def test_the_budget_is_the_one_that_was_given(changes, budget):
    assert replace(PLAIN, **changes).budget() == budget


def test_the_command_asks_for_the_same_with_the_names_of_the_files_alone():
    options = replace(PLAIN, out=Path("/home/me/runs/x y"), minutes=2.0, both_directions=True, resume=True)
    assert options.command == [
        "heedful", "train", "translation", "--source", "a.de", "--target", "b.en", "--out", "x y", "--minutes", "2.0",
        "--both-directions",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "transfomer"}, "did you mean 'transformer'"),
        ({"augment": "word"}, "augment is 'none', 'all' or some of words,.* did you mean 'words'"),
        ({"device": "tpu"}, "device is 'cpu' or 'cuda': got 'tpu'"),
        (
            {"minutes": 1.0, "steps": 5},
            "one of minutes, epochs, steps and flops: got minutes=1.0 and steps=5; keep one",
        ),
        ({"minutes": 0.0}, "minutes must be above 0: got 0"),
        ({"minutes": float("nan")}, "minutes must be above 0: got nan"),
        ({"epochs": float("inf")}, r"epochs must be 1e\+30 at most: got inf"),
        ({"steps": -5}, "steps must be above 0: got -5"),
        ({"seed": -1}, r"seed is a whole number from 0 to 2\^63-1: got -1"),
        ({"seed": 1 << 63}, "seed is a whole number"),
        ({"replanned": "3:5/20/4"}, "--replanned says how a plan of --steps was changed: give both"),
        ({"replanned": "3:5/20/4", "minutes": 1.0}, "give both, as on the model card"),
        ({"replanned": "3:5/20/4", "steps": 3}, "here from update 0 to 3: got 3:5/20/4"),
        ({"replanned": "yes", "steps": 3}, "AFTER:PLACE/STEPS/EVALUATE_EVERY, .* got 'yes'"),
        ({"evaluations": 0}, "evaluations must be 1 or more: got 0"),
        ({"target": Path("a.de")}, "a.de as --source and --target; name another"),
    ],
)
def test_what_no_text_can_make_right_is_refused(changes, said):
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check()


def test_kinds_of_made_pairs_are_named(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", augment="words,numbers")
    assert options.sources().augmentation == Augmentation.named("words,numbers")
    assert ask(tiny.texts, tmp_path / "x").sources().augmentation is None
    assert options.command[options.command.index("--augment") + 1] == "words,numbers"
    begun = TranslationOptions.from_json({name: value for name, value in PLAIN.to_json().items() if name != "augment"})
    assert begun.augment == "none"
    assert differences(options, replace(options, augment="words")) == ["with --augment words"]


def test_what_is_right_passes():
    PLAIN.check()
    replace(PLAIN, dev_tsv=Path("dev.tsv"), test_tsv=Path("test.tsv"), seed=0, steps=1, device="cpu").check()


def test_sources_are_the_texts_in_the_directions_asked_for(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x")
    assert options.sources().both
    assert not replace(options, both_directions=False).sources().both


def test_what_was_left_out_is_no_difference():
    begun = replace(PLAIN, minutes=3.0, seed=7, both_directions=True)
    assert differences(TranslationOptions(out=Path("elsewhere"), resume=True), begun) == []
    assert differences(replace(begun, resume=True), begun) == []
    given = TranslationOptions(out=Path("x"), minutes=4.0, epochs=2.0, seed=8)
    assert differences(given, begun) == ["with --minutes 3.0", "without --epochs", "with --seed 7"]
    assert differences(begun, PLAIN) == ["without --minutes", "with --seed 1", "without --both-directions"]
