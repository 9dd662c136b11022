"""A whole training of a language model: scored, documented, resumed bit by bit."""

from dataclasses import replace

import pytest

from heedful.errors import OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.facts import read_scores
from heedful.tasks.language import LanguageTask, task_of, train_language
from heedful.tasks.language_kinds import Causal, Masked
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.loading import load
from heedful.tasks.preference import PreferenceTask
from heedful.tasks.translator import Translator
from heedful.tasks.verification import verify_run
from tests.tasks.tiny_language import small, train


@pytest.mark.parametrize("name", ["causal", "masked", "spans", "infilling", "preference"])
def test_the_artefact_is_whole(languages, name):
    run = RunDirectory.open(languages.runs[name])
    (score,) = read_scores(run.scores)
    assert [score] == languages.published[name].scores
    assert all(figure["low"] <= figure["score"] <= figure["high"] for figure in score.figures.values())
    assert isinstance(load(run.path), LanguageModel)
    config = read_json(run.config)
    assert (config["task"], config["model"]) == ("language", "transformer")
    card = run.card.read_text(encoding="utf-8")
    assert "heedful generate" in card
    assert run.report.is_file()


def test_counting_is_told_beside_it(languages):
    (score,) = languages.published["causal"].scores
    ((name, bits),) = score.baselines.items()
    assert name == "5-gram of characters (Kneser-Ney)"
    assert 0 < bits < 8


class Stopped(Exception):
    """Where a machine would have died."""


def test_a_run_goes_on_to_the_same_weights(tmp_path, languages):
    whole = train(LanguageOptions(out=tmp_path / "a", text=(languages.text,), seed=3))
    options = LanguageOptions(out=tmp_path / "b", text=(languages.text,), seed=3)

    class Killer:
        """Stops at the second step."""

        def __getattr__(self, name):
            return lambda *given: None

        def step(self, progress):
            if progress.step == 2:
                raise Stopped

    with pytest.raises(Stopped):
        with small():
            train_language(replace(options, steps=4), watch=lambda outlook: Killer())
    resumed = train_language(LanguageOptions(out=tmp_path / "b", resume=True))
    weights = [RunDirectory(one.path).weights.read_bytes() for one in (whole, resumed)]
    assert weights[0] == weights[1]
    assert whole.scores[0].figures == resumed.scores[0].figures


def test_a_finished_run_and_another_objective_are_refused(tmp_path, languages):
    with pytest.raises(RunError, match="is finished"):
        train_language(LanguageOptions(out=languages.runs["causal"], resume=True))
    with pytest.raises(OptionError, match="nothing to learn from"):
        train_language(LanguageOptions(out=tmp_path / "x"))


def test_each_objective_has_its_task(languages, tmp_path):
    assert task_of(LanguageOptions(out=tmp_path)) == LanguageTask(Causal())
    assert task_of(LanguageOptions(out=tmp_path, objective="masked")) == LanguageTask(Masked())
    assert isinstance(task_of(LanguageOptions(out=tmp_path, objective="preference")), PreferenceTask)
    # Resumed, it is that of the run, whatever is asked for.
    assert isinstance(task_of(LanguageOptions(out=languages.runs["preference"], resume=True)), PreferenceTask)
    assert task_of(LanguageOptions(out=languages.runs["masked"], resume=True)) == LanguageTask(Masked())


@pytest.mark.parametrize("name", ["causal", "preference"])
def test_a_run_is_verified(languages, name):
    found = verify_run(languages.runs[name])
    assert not found.failures
    states = {check.state for check in found.checks if check.kind == "figure"}
    assert states == {"holds"}
    assert all(check.state == "holds" for check in found.checks if check.kind == "data")


def test_it_is_no_translator(languages):
    with pytest.raises(RunError, match="was trained for 'language': expected a translator"):
        Translator.load(languages.runs["causal"])
