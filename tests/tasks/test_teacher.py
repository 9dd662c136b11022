import shutil

import pytest

from heedful.compression.distill import Mixture, WordLevel
from heedful.errors import OptionError, RunError
from heedful.run.disk import write_json
from heedful.tasks.setup import Setup
from heedful.tasks.teacher import NAME, Teacher, manifest_hash, objective_of
from heedful.training.objectives import TeacherForcing


@pytest.fixture
def rnn(tiny):
    return Teacher(str(tiny.rnn), manifest_hash(tiny.rnn), "word", 0.25, 2.0)


def test_a_teacher_is_written_down_and_read_back(tmp_path, rnn):
    assert Teacher.stored(tmp_path) is None
    write_json(tmp_path / NAME, rnn.to_json())
    assert Teacher.stored(tmp_path) == rnn


@pytest.mark.parametrize(("level", "translates", "listened"), [("sequence", 1, 0), ("word", 0, 1), ("both", 1, 1)])
def test_levels(level, translates, listened):
    teacher = Teacher("x", "y", level)
    assert (teacher.translates, teacher.is_listened_to) == (translates, listened)


def test_what_is_no_teacher():
    with pytest.raises(OptionError, match="level 'words' is not known; did you mean 'word'"):
        Teacher("x", "y", "words")
    with pytest.raises(OptionError, match="temperature must be above 0"):
        Teacher("x", "y", "word", 0.5, -1.0)


def test_what_is_minimised_follows_from_what_is_stored(tmp_path, tiny, rnn):
    setup = Setup.stored(tiny.rnn / "training" / "begun")
    assert objective_of(tmp_path, setup) == setup.objective == TeacherForcing(setup.size.smoothing)
    write_json(tmp_path / NAME, Teacher(rnn.path, rnn.sha256).to_json())
    assert objective_of(tmp_path, setup) == setup.objective
    write_json(tmp_path / NAME, rnn.to_json())
    found = objective_of(tmp_path, setup)
    assert isinstance(found, WordLevel)
    assert found.mixture == Mixture(0.25, 2.0, setup.size.smoothing)
    assert not found.teacher.training


def test_a_teacher_that_is_another_now(tmp_path, tiny):
    copy = shutil.copytree(tiny.rnn, tmp_path / "x")
    with pytest.raises(RunError, match="x is not the teacher that this run began with"):
        Teacher(str(copy), manifest_hash(tiny.both)).load(None)
    shutil.rmtree(copy)
    with pytest.raises(RunError, match="x does not exist"):
        manifest_hash(copy)
