"""A learning curve whole: runs like any other, gone on with where it was stopped, nothing left by a refusal."""

import json
import os
import signal
from pathlib import Path

import pytest

from heedful.errors import DataError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.manifest import check_manifest
from heedful.tasks import curve_plan, learning_curve
from heedful.tasks.learning_curve import FIGURES
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translator import Translator
from heedful.training.interruption import Interrupted
from heedful.training.progress import Silent
from tests.tasks.tiny import ask, contents, folder_in_memory, small

SIZES = ["1-4", "1-2", "all"]
TIMED = ("seconds", "path")


def train(options, **more):
    with pytest.MonkeyPatch.context() as patched, small():
        patched.setattr(curve_plan, "MIN_PAIRS", 30)
        return learning_curve.learning_curve(options, **more)


def one_way(tiny, out, **changes):
    return ask(tiny.texts, out, **{"both_directions": False, "steps": 7, **changes})


@pytest.fixture(scope="module")
def made(tiny):
    with folder_in_memory() as folder:
        before = contents(tiny.texts)
        yield train(one_way(tiny, Path(folder) / "runs" / "x"))
        assert contents(tiny.texts) == before


def plain(curve):
    """All that does not depend on the clock or the place."""
    values = curve.to_json()
    points = [{key: value for key, value in point.items() if key not in TIMED} for point in values["points"]]
    return {**values, "path": "", "points": points}


def test_each_size_is_a_run_like_any_other(made):
    assert [point.path for point in made.points] == [made.path / name for name in SIZES]
    assert [point.pairs for point in made.points] == [30, 60, 120]
    assert [point.steps for point in made.points] == [1, 2, 3]
    for point in made.points:
        check_manifest(point.path)
        assert (point.path / "report.html").is_file()
        assert json.loads((point.path / "scores.json").read_text())["scores"][0]["data"] == "test"
    assert len(Translator.load(made.path / "all").translate(["今天天气很好。"])) == 1
    assert sorted(path.name for path in made.path.iterdir()) == sorted([*SIZES, "text", FIGURES, "learning-curve.html"])


def test_what_is_returned_is_written(made):
    assert json.loads((made.path / FIGURES).read_text(encoding="utf-8")) == made.to_json()
    page = made.page.read_text(encoding="utf-8")
    assert "zh → en" in page
    assert set(made.words) == {"more data", "overfitting", "made"}
    assert made.to_json()["left_out"] == [{"name": "1/16", "pairs": 7}, {"name": "1/8", "pairs": 15}]
    (prospect,) = made.prospects
    assert [forecast.pairs for forecast in prospect.curve.forecasts] == [240, 480]


class Stopper(Silent):
    """Asks the training of a size to stop after its first step."""

    def step(self, progress):
        if progress.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_curve_that_was_stopped_goes_on_and_trains_nothing_twice(tiny, made, tmp_path):
    out, titles = tmp_path / "x", []

    def watch(outlook):
        titles.append(outlook.title)
        return Stopper() if "1/2" in outlook.title and len(titles) == 2 else Silent()

    with pytest.raises(Interrupted):
        train(one_way(tiny, out), watch=watch)
    assert titles == [f"transformer zh→en, {size} of the data, {n} pairs" for size, n in (("1/4", 30), ("1/2", 60))]
    assert not (out / "all").exists()
    before = contents(out / "1-4")
    with pytest.raises(RunError, match="x holds a learning curve: nothing is written over; go on with --resume or"):
        train(one_way(tiny, out))
    with pytest.raises(OptionError, match="this curve was begun with --steps 7: leave other options out"):
        train(TranslationOptions(out=out, steps=9, resume=True))
    moved = out.rename(tmp_path / "y")
    resumed = train(TranslationOptions(out=moved, resume=True), watch=watch)
    assert [title.split(", ")[1] for title in titles[2:]] == ["1/2 of the data", "all of the data"]
    assert contents(moved / "1-4") == before
    assert plain(resumed) == plain(made)


def test_a_finished_curve_is_neither_resumed_nor_written_over(tiny, made):
    before = contents(made.path)
    with pytest.raises(RunError, match=r"is finished: there is nothing to resume; see .*learning-curve\.html"):
        train(TranslationOptions(out=made.path, resume=True))
    with pytest.raises(RunError, match="holds a learning curve: nothing is written over; choose another --out"):
        train(one_way(tiny, made.path))
    assert contents(made.path) == before


def test_there_may_be_nothing_to_resume(tiny, tmp_path):
    for out in (tmp_path / "x", tiny.both):
        with pytest.raises(RunError, match=r"nothing to resume in .*: no learning curve was begun there"):
            train(TranslationOptions(out=out, resume=True))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"steps": 2}, OptionError, "steps=2 do not suffice for a step of each of the 3 sizes"),
        ({"replanned": "3:5/20/4"}, OptionError, "--replanned is of one training"),
        ({"epochs": 1}, OptionError, "a budget is one of minutes, epochs, steps and flops"),
        ({"model": "rn"}, OptionError, "did you mean 'rnn'"),
        ({"source": None, "target": None}, OptionError, "give the text to learn from"),
    ],
)
def test_what_can_be_refused_is_refused_before_anything_is_written(tiny, tmp_path, changes, error, said):
    with pytest.raises(error, match=said):
        train(one_way(tiny, tmp_path / "x", **changes))
    RunDirectory(tmp_path / "x").check_free()


def test_too_little_text_is_refused_with_what_suffices(tiny, tmp_path):
    with (
        small(),
        pytest.raises(DataError, match=r"two sizes of at least 100 pairs, .*: got 120 pairs .*; give 200 or more"),
    ):
        learning_curve.learning_curve(one_way(tiny, tmp_path / "x"))
    RunDirectory(tmp_path / "x").check_free()


def test_minutes_that_do_not_suffice_leave_the_place_free(tiny, tmp_path):
    options = one_way(tiny, tmp_path / "x", steps=None, minutes=1e-7)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("heedful.training.calibrate.FEWEST", 3)
        patched.setattr("heedful.tasks.course.SECONDS", 0.0)
        with pytest.raises(
            OptionError, match=r"--minutes are divided among .*, and 1/4 gets 23% of them: minutes=.* do not"
        ):
            train(options)
    RunDirectory(tmp_path / "x").check_free()


def test_what_another_process_is_just_beginning_is_left_to_it(tiny, tmp_path):
    with RunDirectory.create(tmp_path / "x" / "1-4").lock():
        before = sorted(path.name for path in (tmp_path / "x").iterdir())
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(RunDirectory, "check_free", lambda *_, **__: None)
            with pytest.raises(RunError):
                train(one_way(tiny, tmp_path / "x"))
        assert sorted(path.name for path in (tmp_path / "x").iterdir()) == sorted([*before, "text"])


def test_of_two_that_begin_at_once_the_later_one_leaves_the_plan_of_the_first(tiny, tmp_path):
    plan = tmp_path / "x" / "text" / "plan.json"

    def slow(sources):
        plan.parent.mkdir(parents=True)
        plan.write_text("of the first")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(learning_curve, "examine", slow)
        with pytest.raises(RunError, match=r"x holds a learning curve: .* go on with --resume or choose another --out"):
            train(one_way(tiny, tmp_path / "x"))
    assert contents(tmp_path / "x") == {"text/plan.json": b"of the first"}


def test_a_place_that_is_taken_is_not_touched(tiny, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").write_text("mine")
    with pytest.raises(RunError, match="is not empty: nothing is written over"):
        train(one_way(tiny, tmp_path / "x"))
    assert contents(tmp_path / "x") == {"mine": b"mine"}
