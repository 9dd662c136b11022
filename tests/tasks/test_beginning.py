"""A run begins whole or not at all, and goes on only from what it was begun with."""

import shlex
import shutil
from dataclasses import replace
from functools import partial

import pytest

from heedful.errors import HeedfulError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.tasks import course
from heedful.tasks.beginning import Command, as_begun, begin, command_of, has_begun, reopen
from heedful.tasks.course import PATIENCE, steps_of, time_of
from heedful.tasks.preparation import examine
from heedful.tasks.request import TranslationOptions
from heedful.training.calibrate import Calibration
from heedful.training.plan import add_change, settle_options
from heedful.training.route import Leg
from heedful.training.timekeeper import TimeBudget
from tests.tasks.tiny import SIZE, ask, contents


def begun(options: TranslationOptions, command: Command | None = None) -> RunDirectory:
    sources = options.sources()
    run = RunDirectory.create(options.out)
    with run.lock():
        begin(run, options, sources, examine(sources), SIZE, command)
    return run


def test_everything_lies_in_one_folder_with_its_manifest(tiny, tmp_path):
    run = begun(ask(tiny.texts, tmp_path / "x"))
    assert sorted(path.name for path in run.training.iterdir()) == ["begun", "lock"]
    names = {name for name in contents(run.begun) if "/" not in name}
    assert names == {"request.json", "setup.json", "plan.json", "prepared.json", "tokenizer.json", "manifest.json"}


def test_what_was_asked_for_comes_back_from_anywhere(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ask(tiny.texts, tmp_path / "x", minutes=None, steps=9, seed=4)
    run = begun(options)
    going_on = as_begun(TranslationOptions(out=run.path.relative_to(tmp_path), resume=True))
    assert going_on == replace(
        options, out=run.path.relative_to(tmp_path), resume=True, source_language="zh", target_language="en"
    )
    assert steps_of(run).steps == 9
    assert (steps_of(run).seed, steps_of(run).patience) == (4, None)


def test_the_texts_are_not_needed_again(tiny, tmp_path):
    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    run = begun(ask(texts, tmp_path / "x", test_source=None, test_target=None))
    shutil.rmtree(texts)
    options = as_begun(TranslationOptions(out=run.path, resume=True))
    again = reopen(run.begun, options.sources(), options.seed)
    assert again.plan.n_batches(0) > 1
    assert again.prepared.dev


def test_the_same_model_and_batches_are_made_each_time(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x")
    run = begun(options)
    one, other = (reopen(run.begun, options.sources(), options.seed) for _ in range(2))
    assert all(bool((a == b).all()) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))
    assert bool((one.plan.batch(1, 0).labels == other.plan.batch(1, 0).labels).all())
    assert one.setup == other.setup


def test_without_a_budget_the_table_has_one_and_training_may_stop_early(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", steps=None)
    run = begun(options)
    per_epoch = reopen(run.begun, options.sources(), options.seed).plan.n_batches(0)
    assert (steps_of(run).steps, steps_of(run).patience) == (SIZE.epochs * per_epoch, PATIENCE)


def test_minutes_become_steps_once(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "calibrate", partial(course.calibrate, seconds=0.05))
    run = begun(ask(tiny.texts, tmp_path / "x", steps=None, minutes=0.1))
    assert 1 < steps_of(run).steps < 100_000
    assert b"step_seconds" in (run.begun / "plan.json").read_bytes()


def test_the_command_is_remembered(tiny, tmp_path):
    run = begun(ask(tiny.texts, tmp_path / "a b", steps=3))
    assert command_of(run).startswith("heedful train translation --source train.zh --target train.en ")
    assert "--source-language zh" in command_of(run) and "--out 'a b'" in command_of(run)
    assert command_of(begun(ask(tiny.texts, tmp_path / "y"), lambda _: ["heedful", "a demo"])) == "heedful 'a demo'"


@pytest.mark.parametrize(("seconds_each", "n_evaluations"), [(0.0, None), (1.0, 3)])
def test_the_command_of_a_time_asks_for_the_very_training_that_it_bought(
    tiny, tmp_path, monkeypatch, seconds_each, n_evaluations
):
    monkeypatch.setattr(course, "calibrate", lambda *_, **__: Calibration(0.07, seconds_each, 9))
    run = begun(ask(tiny.texts, tmp_path / "x", steps=None, minutes=0.6))
    words = shlex.split(command_of(run))
    assert "--minutes" not in words
    given = {flag: words[words.index(flag) + 1] for flag in ("--steps", "--evaluations") if flag in words}
    steps, evaluations = int(given["--steps"]), given.get("--evaluations")
    assert (steps, evaluations) == (steps_of(run).steps, n_evaluations and str(n_evaluations))
    again = begun(ask(tiny.texts, tmp_path / "y", steps=steps, evaluations=n_evaluations))
    assert steps_of(again) == steps_of(run)
    first, second = (sorted(command_of(each).split()) for each in (run, again))
    assert second == sorted("y" if word == "x" else word for word in first)


def test_the_command_has_the_changes_of_plan_that_a_time_made(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "calibrate", lambda *_, **__: Calibration(0.07, 0.5, 9))
    options = ask(tiny.texts, tmp_path / "x", steps=None, minutes=0.6)
    run = begun(options)
    assert time_of(run, options) == TimeBudget(36.0, None, Calibration(0.07, 0.5, 9))
    settle_options(run.training, steps_of(run))
    before, legs = command_of(run), (Leg(100, 300, 900, 50), Leg(200, 400, 890, 50))
    for leg in legs:
        add_change(run.training, leg)
    assert command_of(run) == f"{before} --replanned 100:300/900/50,200:400/890/50"
    words = shlex.split(command_of(run))
    assert int(words[words.index("--steps") + 1]) == steps_of(run).steps
    written = words[words.index("--replanned") + 1]
    looks = int(words[words.index("--evaluations") + 1])
    asked = ask(tiny.texts, tmp_path / "y", steps=steps_of(run).steps, evaluations=looks, replanned=written)
    again = begun(asked)
    assert steps_of(again) == replace(steps_of(run), replanned=legs)
    first, second = (sorted(command_of(each).split()) for each in (run, again))
    assert second == sorted("y" if word == "x" else word for word in first)
    assert time_of(again, asked) is None


def test_a_command_that_asks_for_a_time_is_not_changed(tiny, tmp_path):
    run = begun(ask(tiny.texts, tmp_path / "x", steps=9), lambda _: ["heedful", "demo"])
    settle_options(run.training, steps_of(run))
    add_change(run.training, Leg(3, 5, 20, 4))
    assert command_of(run) == "heedful demo"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda texts: (texts / "dev.en").write_text("x y " * 2000 + "\n" * 4, encoding="utf-8"),
        lambda texts: (texts / "test.zh").unlink(),
    ],
)
def test_what_fails_leaves_a_place_for_a_second_try(tiny, tmp_path, spoil):
    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    options = ask(texts, tmp_path / "x")
    sources = options.sources()
    verdict = examine(sources)
    spoil(texts)
    run = RunDirectory.create(options.out)
    with run.lock(), pytest.raises(HeedfulError):
        begin(run, options, sources, verdict, SIZE)
    assert [path.name for path in run.training.iterdir()] == ["lock"]
    assert not has_begun(run.path)
    begun(ask(tiny.texts, tmp_path / "x"))
    assert has_begun(run.path)


def test_who_comes_second_is_told(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x")
    run, sources = begun(options), options.sources()
    with run.lock(), pytest.raises(RunError, match="was begun by another process meanwhile"):
        begin(run, options, sources, examine(sources), SIZE)


def test_there_must_be_something_to_resume(tiny, tmp_path):
    with pytest.raises(RunError, match="it has no folder training/"):
        as_begun(TranslationOptions(out=tmp_path / "none", resume=True))
    run = RunDirectory.create(tmp_path / "x")
    with pytest.raises(RunError, match="training had not begun; leave --resume out"):
        as_begun(TranslationOptions(out=run.path, resume=True))
    with pytest.raises(RunError, match="is finished"):
        as_begun(TranslationOptions(out=tiny.both, resume=True))
    assert not has_begun(tiny.both)
    assert not has_begun(tmp_path)


def test_other_options_are_refused(tiny, tmp_path):
    run = begun(ask(tiny.texts, tmp_path / "x"))
    with pytest.raises(OptionError, match="this run was begun without --epochs and with --steps 6: leave other"):
        as_begun(TranslationOptions(out=run.path, steps=7, epochs=2.0, resume=True))


def test_a_flipped_bit_in_any_file_of_the_beginning_is_named(tiny, tmp_path):
    run = begun(ask(tiny.texts, tmp_path / "x"))
    for name, content in contents(run.begun).items():
        path = run.begun / name
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        with pytest.raises(RunError, match=path.name):
            as_begun(TranslationOptions(out=run.path, resume=True))
        path.write_bytes(content)
    as_begun(TranslationOptions(out=run.path, resume=True))
