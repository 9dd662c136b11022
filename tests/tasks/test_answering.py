"""From a file of questions to a run that proves itself; resumed, it is the same."""

from dataclasses import replace

import pytest
import torch

import heedful
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.facts import read_scores
from heedful.run.weights import load_tensors
from heedful.tasks.answerer import Answerer
from heedful.tasks.answering import AnsweringTask, train_answerer
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.answering_text import reopen
from heedful.tasks.task import train_task
from heedful.tasks.verification import verify_run
from heedful.training.interruption import Interrupted
from tests.tasks.squads import small, train_small, write_squad
from tests.tasks.tiny import folder_in_memory


@pytest.fixture(scope="module")
def runs():
    with folder_in_memory() as folder:
        from pathlib import Path

        place = Path(folder).resolve()
        yield {refused: train_small(place, refused) for refused in (False, True)}


@pytest.mark.parametrize("refused", [False, True])
def test_a_run_is_whole_and_proves_itself(runs, refused):
    published = runs[refused]
    (scores,) = read_scores(RunDirectory(published.path).scores)
    assert list(scores.figures) == ["f1", "exact_match"]
    assert (scores.data, scores.n_sentences) == ("test", 8 if refused else 4)
    assert len(scores.baselines) == 2
    checked = verify_run(published.path)
    assert {check.state for check in checked.checks} == {"holds"}
    assert "heedful train answering --data " in checked.command
    card = (published.path / "README.md").read_text()
    assert "a sliding window over it" in card
    assert ("It always answers" in card) != refused
    report = (published.path / "report.html").read_text()
    assert "How sure it is" in report
    assert ("that it does not answer" in report) == refused


def test_loaded_it_answers_and_says_no_where_it_learned_to(runs):
    for refused, published in runs.items():
        model = heedful.load(published.path)
        assert isinstance(model, Answerer)
        assert (model.manner.threshold is None) != refused
        found = model.answer("What does the red box hold?", "Room 1. The red box holds salt.")
        assert set(found) == {"answer", "start", "end", "probability", "sentence"}
        assert read_json(RunDirectory(published.path).config)["answers"] == model.manner.to_json()


def test_resumed_it_ends_as_if_it_had_never_been_stopped(runs, tmp_path):
    class Stopped(AnsweringTask):
        def course(self, plan, options):
            def stop(model):
                raise Interrupted(0, options.out, 2)

            return replace(super().course(plan, options), evaluate=stop)

    data = write_squad(tmp_path / "answering.json", 40)
    with small():
        with pytest.raises(Interrupted):
            train_task(Stopped(), AnsweringOptions(out=tmp_path / "again", data=(data,), steps=4))
        data.unlink()  # everything was laid down
        train_answerer(AnsweringOptions(out=tmp_path / "again", resume=True))
    one, two = (load_tensors(RunDirectory(path).weights) for path in (runs[False].path, tmp_path / "again"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_those_who_watch_are_told_what_was_read(runs):
    plan = reopen(RunDirectory(runs[True].path).begun)
    course = AnsweringTask().course(plan, AnsweringOptions(out=runs[True].path))
    assert course.opening[0] == "questions: 64 train, 8 dev, 8 test; some are not answered by their context"
    evaluation = course.evaluate(course.model)
    assert evaluation.score == evaluation.figures["f1"]
    assert len(evaluation.samples) == 4
