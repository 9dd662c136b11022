"""What a student that reads can be asked for, and what no teacher and no data can make right."""

from pathlib import Path

import pytest

from heedful.errors import OptionError
from heedful.tasks.distillation import DistillOptions
from heedful.tasks.student_request import StudentFiles, StudentOptions, as_student, refuse_files

TEACHER, OUT = Path("/runs/sst"), Path("/runs/s")


def ask(**changes):
    usual = {"data": (Path("a.tsv"),), "dev_data": Path("b.tsv")}
    return StudentOptions(teacher=TEACHER, out=OUT, **{**usual, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": ()}, "name the examples to learn from: --data"),
        ({"dev_data": None}, "name examples that the teacher has not learned from, to judge both on"),
        ({"test_data": Path("./a.tsv")}, "must be different files"),
        ({"level": "word"}, "level 'word' is not known"),
        ({"level": "hidden", "share": 0.7}, "leave them out, or choose --level logits or both"),
        ({"share": 1.5}, r"share is in \[0, 1\]"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"layers": 0}, "--layers must be at least 1: got 0"),
        ({"allowed_loss": -1.0}, "the allowed loss is a number of points"),
        ({"minutes": 1.0, "steps": 2}, "minutes|budget"),
    ],
)
def test_what_is_refused_before_anything_is_read(changes, said):
    with pytest.raises(OptionError, match=said):
        ask(**changes).check()


def test_what_is_left_out():
    ask().check()
    assert (ask().learns, ask().may_lose) == ("both", 3.0)
    assert (ask(level="logits").learns, ask(allowed_loss=0.0).may_lose) == ("logits", 0.0)
    assert (ask().mixture.share, ask().mixture.temperature, ask().mixture.smoothing) == (0.5, 1.0, 0.0)


def test_the_command_and_json():
    options = ask(layers=3, minutes=2.0)
    assert options.command == (
        "heedful distill sst --data a.tsv --dev-data b.tsv --layers 3 --out s --minutes 2.0".split()
    )
    assert options.verb == ["distill", "/runs/sst"]
    again = StudentOptions.from_json(options.to_json())
    assert (again.data, again.teacher, again.layers) == ((Path("a.tsv").resolve(),), TEACHER, 3)


def test_what_every_student_can_be_asked_for_is_taken_over():
    asked = DistillOptions(out=OUT, level="hidden", minutes=3.0, seed=4, allowed_loss=1.0, accept_loss=True)
    found = as_student(TEACHER, asked, StudentFiles((Path("a.tsv"),), Path("b.tsv"), layers=2))
    assert found == ask(level="hidden", minutes=3.0, seed=4, allowed_loss=1.0, accept_loss=True, layers=2)


def test_what_is_for_the_other_kind_of_student_is_refused_by_its_name():
    with pytest.raises(OptionError, match="sst is no translator: --tsv and --preset and --int8 can be asked for of"):
        as_student(TEACHER, DistillOptions(out=OUT, tsv=Path("x"), preset="6-1", int8=True), StudentFiles())
    with pytest.raises(OptionError, match="is a translator, whose student is not asked for with --data and --layers"):
        refuse_files(TEACHER, StudentFiles((Path("a.tsv"),), layers=3))
    refuse_files(TEACHER, StudentFiles())
