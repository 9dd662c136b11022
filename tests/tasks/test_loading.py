"""A run is loaded as what it was trained for."""

import pytest

from heedful.errors import RunError
from heedful.run.disk import read_json, write_json
from heedful.tasks.loading import LOADERS, load, task_of
from heedful.tasks.translator import Translator
from tests.tasks.toy import ToyOptions, ToyTask, write_numbers


def test_a_translator_is_loaded_by_its_task(tiny):
    assert task_of(tiny.rnn) == "translation"
    assert isinstance(load(str(tiny.rnn), "cpu"), Translator)


def test_a_task_that_is_not_known_is_refused(tmp_path):
    from heedful.tasks.task import train_task

    train_task(ToyTask(), ToyOptions(out=tmp_path / "x", numbers=write_numbers(tmp_path), steps=2))
    with pytest.raises(RunError, match=r"run of the task 'toy', which is not known here; choose from .*translation"):
        load(tmp_path / "x")


def test_what_was_imported_to_begin_with_says_what_it_is_for(tiny, tmp_path):
    write_json(tmp_path / "config.json", {**read_json(tiny.rnn / "config.json"), "task": "text-to-text"})
    write_json(tmp_path / "manifest.json", {})
    with pytest.raises(RunError, match=r"begin with it \(`heedful train text --init .*heedful embed"):
        load(tmp_path)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        task_of(tmp_path / "nowhere")


def test_every_loader_exists(tmp_path):
    from importlib import import_module

    for target in LOADERS.values():
        module, _, name = target.partition(":")
        assert callable(getattr(import_module(module), name).load)


def test_an_old_configuration_without_a_task_is_no_translation(tiny, tmp_path):
    write_json(tmp_path / "config.json", {**read_json(tiny.rnn / "config.json"), "task": None})
    write_json(tmp_path / "manifest.json", {})
    with pytest.raises(RunError, match="not known"):
        load(tmp_path)
