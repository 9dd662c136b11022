"""Whoever stops a training is told how to go on; who stops it before it began has nothing to go on with."""

import signal

import pytest

from heedful.cli.stopping import Terminated, until_stopped
from heedful.training.interruption import Interrupted


def raising(error):
    def work():
        raise error

    return work


def begun(path):
    (path / "training" / "begun").mkdir(parents=True)
    return path


def test_what_is_not_stopped_returns_its_result(tmp_path, capsys):
    assert until_stopped(tmp_path, lambda: "done") == "done"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_told_with_the_command_that_goes_on(tmp_path, capsys, number):
    out = tmp_path / "my run"
    assert until_stopped(out, raising(Interrupted(1234, out, number))) == 128 + number
    assert capsys.readouterr().err == (
        "heedful: stopped after step 1,234; everything is saved. Go on with: "
        f"heedful train translation --out '{out}' --resume\n"
    )


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_an_impatient_stop_is_told_too(tmp_path, capsys, error, code):
    assert until_stopped(begun(tmp_path / "x"), raising(error())) == code
    assert "interrupted; what was saved is safe. Go on with: heedful train" in capsys.readouterr().err


def test_between_the_sizes_of_a_curve_it_goes_on_too(tmp_path, capsys):
    out = tmp_path / "curve"
    (out / "text").mkdir(parents=True)
    (out / "text" / "plan.json").write_text("{}")
    assert until_stopped(out, raising(KeyboardInterrupt())) == 130
    assert f"Go on with: heedful train translation --out {out} --resume" in capsys.readouterr().err


def test_a_verb_with_arguments_goes_on_with_them(tmp_path, capsys):
    lesson = tmp_path / "x" / "training" / "lesson"
    lesson.mkdir(parents=True)
    (lesson / "distillation.json").write_text("{}")
    assert until_stopped(tmp_path / "x", raising(KeyboardInterrupt()), "distill 'my teacher'") == 130
    assert f"Go on with: heedful distill 'my teacher' --out {tmp_path / 'x'} --resume" in capsys.readouterr().err


def test_before_the_beginning_there_is_nothing_to_say(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        until_stopped(tmp_path / "x", raising(KeyboardInterrupt()))
    (begun(tmp_path / "done") / "manifest.json").write_text("{}")
    with pytest.raises(KeyboardInterrupt):
        until_stopped(tmp_path / "done", raising(KeyboardInterrupt()))
    assert capsys.readouterr().err == ""
