"""A run read from its files: the model that was trained, the search, and what is wrong with runs of other tasks."""

import json
import shutil

import pytest
import torch

from heedful.decoding import Beam
from heedful.errors import RunError
from heedful.run.directory import RunDirectory
from heedful.run.weights import load_tensors
from heedful.tasks.stored import described, load_model, require_task, search_of


def test_the_model_has_the_weights_of_the_file(tiny):
    run = RunDirectory(tiny.both)
    model, vocab_size, directions, _ = described(run)
    stored = load_tensors(run.weights)
    assert all(torch.equal(parameter, stored[name]) for name, parameter in model.named_parameters())
    assert vocab_size == json.loads(run.config.read_text())["architecture"]["vocab_size"]
    assert sorted(directions) == [("en", "zh"), ("zh", "en")]
    assert not load_model(run).training


def test_the_search_is_that_of_the_run(tiny, tmp_path):
    assert search_of(RunDirectory(tiny.both)) == Beam()
    shutil.copytree(tiny.both, tmp_path / "run")
    run = RunDirectory(tmp_path / "run")
    run.generation.write_text('{"search": "beam", "width": 3}')
    with pytest.raises(RunError, match="describes no search"):
        search_of(run)


def test_another_task_is_named(tiny):
    run = RunDirectory(tiny.both)
    require_task(run)
    with pytest.raises(RunError, match="was trained for 'translation': expected a run of `heedful train text`"):
        require_task(run, "text")
    with pytest.raises(RunError, match="was trained for 'translation': expected a model that answers questions"):
        require_task(run, "answering")
