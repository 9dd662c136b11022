"""A classifier is scored on a file as it was trained on one, and beside another."""

import pytest

from heedful.errors import DataError, OptionError
from heedful.tasks import scoring
from heedful.tasks.classifier import Classifier
from heedful.tasks.scoring import score_file
from tests.tasks.labelled import ask, table_of, train_small, weather, write
from tests.tasks.squads import train_small as train_answering


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scoring")
    data = table_of("one", folder)
    train_small(ask(data, folder / "weak", steps=1))
    train_small(ask(data, folder / "strong", steps=60))
    write(folder / "test.tsv", weather(40, 5))
    return folder


def test_figures_on_a_file(folder):
    found = score_file(folder / "strong", folder / "test.tsv")
    pairs = weather(40, 5)
    told = Classifier.load(folder / "strong").classify([text for text, _ in pairs])
    right = sum(answer["label"] == label for answer, (_, label) in zip(told, pairs, strict=True))
    assert found.figures["accuracy"]["score"] == pytest.approx(100 * right / 40)
    assert (found.n_examples, found.headline, found.comparison) == (40, "accuracy", None)
    assert found.to_json()["examples"] == 40


def test_two_runs_are_compared_on_the_same_examples(folder):
    found = score_file(folder / "strong", folder / "test.tsv", folder / "weak")
    assert found.comparison.difference > 0
    assert found.to_json()["against"]["figure"] == "accuracy"
    same = score_file(folder / "strong", folder / "test.tsv", folder / "strong")
    assert same.comparison.p_value == 1


def test_what_cannot_be_scored_is_refused(folder, tiny, tmp_path):
    with pytest.raises(OptionError, match="is a run of translation: --data is for tables"):
        score_file(tiny.both, folder / "test.tsv")
    with pytest.raises(OptionError, match="does not tell what"):
        score_file(folder / "strong", folder / "test.tsv", tiny.both)
    bad = write(tmp_path / "bad.tsv", [("a text", "god"), ("b", "good")])
    with pytest.raises(DataError, match=r"bad\.tsv:1: the label 'god' does not occur in what was learned"):
        score_file(folder / "strong", bad)


def test_a_table_is_no_text_for_a_language_model(languages, tmp_path):
    (tmp_path / "table.tsv").write_text("a text\tgood\n")
    with pytest.raises(DataError, match=r"table\.tsv is a table by its ending.*expected plain text"):
        score_file(languages.runs["causal"], tmp_path / "table.tsv")


def test_a_run_tuned_by_preferences_says_where_its_figure_is_made(languages):
    with pytest.raises(OptionError, match=r"tuned by preferences.*`heedful verify"):
        score_file(languages.runs["preference"], languages.text)


def test_a_file_that_holds_nothing_is_refused(tmp_path, monkeypatch):
    class Empty:
        def readings(self, data):
            return [], ()

        def figures(self, pairs, tell):
            raise AssertionError("nothing to score")

    monkeypatch.setattr(scoring, "load", lambda run, device: Empty())
    monkeypatch.setattr(scoring, "Scored", Empty)
    with pytest.raises(DataError, match=r"blank\.txt holds nothing to score"):
        score_file(tmp_path, "blank.txt")


def test_runs_that_answer_questions(folder, tmp_path):
    weak, strong = (train_answering(tmp_path, refused, steps=2).path for refused in (False, True))
    found = score_file(strong, tmp_path / "answering.json", weak)
    assert (found.headline, found.n_examples) == ("f1", 40)
    assert found.comparison.low <= found.comparison.difference <= found.comparison.high
    with pytest.raises(OptionError, match="does not tell what"):
        score_file(weak, tmp_path / "answering.json", folder / "weak")
