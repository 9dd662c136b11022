from dataclasses import replace
from pathlib import Path

import pytest

from heedful.errors import OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.facts import DataFile
from heedful.tasks.distillation import DistillOptions, Plan, is_distillation, lesson_of
from heedful.tasks.teacher import Teacher
from heedful.training.route import Leg
from tests.tasks.tiny import SIZE

OUT = Path("student")


@pytest.mark.parametrize(
    ("asked", "teacher", "expected"),
    [
        ({}, (3, 3), (6, 1)),
        ({}, (5, 3), (6, 1)),
        ({}, (6, 6), (12, 1)),
        ({"preset": "6-2"}, (6, 6), (6, 2)),
        ({"preset": "12-1"}, (2, 2), (12, 1)),
        ({"decoder_layers": 2}, (6, 6), (12, 2)),
        ({"encoder_layers": 4, "decoder_layers": 3}, (6, 6), (4, 3)),
    ],
)
def test_depths(asked, teacher, expected):
    assert DistillOptions(out=OUT, **asked).depths(teacher) == expected


def test_the_size_is_the_teachers_but_for_the_layers():
    found = DistillOptions(out=OUT, preset="6-2").size(SIZE)
    assert found == replace(SIZE, n_encoder_layers=6, n_decoder_layers=2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"preset": "6_1"}, "preset '6_1' is not known; did you mean '6-1'"),
        ({"preset": "6-1", "decoder_layers": 2}, "either --preset or --decoder-layers, not both"),
        ({"encoder_layers": 0}, "--encoder-layers must be at least 1: got 0"),
        ({"level": "words"}, "level 'words' is not known"),
        ({"temperature": 2.0}, "--temperature and --share are of the teacher's distributions"),
        ({"level": "word", "share": 1.5}, r"share is in \[0, 1\]"),
        ({"level": "word", "originals": True}, "leave --originals out"),
        ({"allowed_loss": -1.0}, "the allowed loss is a number of points"),
        ({"minutes": 1.0, "steps": 2}, "budget"),
        ({"seed": -1}, "seed is a whole number"),
    ],
)
def test_what_cannot_be_asked_for(asked, said):
    with pytest.raises(OptionError, match=said):
        DistillOptions(out=OUT, **asked).check()


def test_what_a_training_is_asked_for():
    asked = DistillOptions(Path("a.en"), Path("a.de"), out=OUT, minutes=2.0, seed=3).asks(both=True)
    assert (asked.source, asked.target, asked.out, asked.minutes, asked.seed) == (
        Path("a.en"),
        Path("a.de"),
        OUT,
        2.0,
        3,
    )
    assert asked.both_directions


def test_the_command_has_names_alone_and_steps_for_minutes():
    options = DistillOptions(Path("/x/a.en"), Path("/x/a.de"), out=Path("/y/s"), minutes=2.0, level="both", share=0.3)
    counted = replace(options.asks(), minutes=None, steps=70)
    assert options.command(Path("/z/teacher"), counted) == (
        "heedful distill teacher --source a.en --target a.de --out s --level both --share 0.3 --steps 70".split()
    )
    again = DistillOptions(out=Path("s"), steps=70, replanned="9:20/150/25")
    assert again.asks().legs() == (Leg(9, 20, 150, 25),)
    assert (
        again.command(Path("t"), again.asks()) == "heedful distill t --out s --steps 70 --replanned 9:20/150/25".split()
    )
    accepted = DistillOptions(out=Path("s"), accept_loss=True, resume=True)
    assert accepted.command(Path("t"), accepted.asks()) == "heedful distill t --out s --accept-loss".split()


def test_a_plan_is_written_down_and_read_back(tmp_path):
    run = RunDirectory(tmp_path)
    assert not is_distillation(tmp_path)
    lesson_of(run).mkdir(parents=True)
    options = DistillOptions(tmp_path / "a.en", tmp_path / "a.de", out=tmp_path, preset="6-1", steps=5)
    plan = Plan(Teacher("/t", "abc", "word", 0.2, 3.0), options, [DataFile("train source", "a.en", 3, "def")])
    plan.store(run)
    assert is_distillation(tmp_path)
    run.manifest.touch()
    assert not is_distillation(tmp_path)
    assert Plan.stored(run) == plan
    path = lesson_of(run) / "distillation.json"
    path.write_text(path.read_text().replace('"preset"', '"presets"'))
    with pytest.raises(RunError, match=r"distillation\.json is damaged \(unknown key 'presets'"):
        Plan.stored(run)
