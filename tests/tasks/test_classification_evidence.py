"""What is told of a classifier: older methods beside it, where it errs, how sure it is; nothing that was not seen."""

import pytest

from heedful.baselines import classic
from heedful.run.directory import RunDirectory
from heedful.tasks import classification_evidence as evidence
from heedful.tasks.classification_evidence import conclude, older, usage
from heedful.tasks.classification_text import lay_down, reopen
from heedful.tasks.classifier import Classifier
from heedful.tasks.evidence import unwatched
from heedful.tasks.scheme import Scheme
from tests.tasks.labelled import ask, small, table_of


@pytest.fixture
def told(tmp_path):
    """What is told of an untrained classifier of a kind."""

    def tell(kind):
        place = tmp_path / kind
        place.mkdir()
        with small():
            lay_down(place, ask(table_of(kind, tmp_path / "data"), tmp_path / "x"))
        plan = reopen(place)
        model = Classifier(plan.model(1), plan.codec, plan.scheme, plan.numerics)
        return plan, conclude(RunDirectory(tmp_path / "x"), plan, model, unwatched)

    return tell


def test_a_single_label_has_everything(told, monkeypatch):
    monkeypatch.setattr(evidence, "is_installed", lambda: False)
    plan, outcome = told("one")
    titles = [section.title for section in outcome.sections]
    assert titles == ["What it is worth", "Label by label", "How sure it is", "Most confident mistakes"]
    worth = outcome.sections[0]
    assert "pip install 'heedful[classic]'" in worth.text[0]
    assert worth.rows[0][0] == "the commonest label"
    (scores,) = outcome.scores
    usual = max(("good", "bad"), key=lambda name: (sum(truth == name for _, truth in plan.train), -len(name)))
    expected = 100 * sum(truth == usual for _, truth in plan.test) / len(plan.test)
    assert scores.baselines["the commonest label"] == pytest.approx(expected)
    assert outcome.held_out == {"test": plan.test}
    rows = {row[0]: row for row in outcome.sections[1].rows}
    assert sum(int(row[3]) for row in rows.values()) == len(plan.test)


@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(not classic.is_installed(), reason="scikit-learn, of the extra 'classic', is not installed")
@pytest.mark.parametrize("kind", ["one", "many", "pairs"])
def test_older_methods_answer_the_same_examples(told, kind, monkeypatch):
    monkeypatch.setattr(classic, "N_TREES", 5)
    plan, outcome = told(kind)
    found = older(plan, plan.test)
    assert list(found) == ["the commonest label", "TF-IDF and a linear SVM", "TF-IDF and a random forest"]
    assert all(len(answers) == len(plan.test) for answers in found.values())
    assert list(outcome.scores[0].baselines) == list(found)


@pytest.mark.parametrize(("kind", "baselines"), [("number", []), ("tags", ["the commonest tag of each word"])])
def test_other_kinds_have_what_there_is(told, kind, baselines):
    _, outcome = told(kind)
    assert list(outcome.scores[0].baselines) == baselines
    assert "Label by label" not in [section.title for section in outcome.sections]


def test_limits_say_how_much_is_read(told):
    assert told("one")[1].limits == [
        "It reads 48 tokens at once: a longer text is read in parts whose scores are averaged."
    ]
    assert told("pairs")[1].limits == ["It reads 48 tokens at once, and refuses longer texts."]


def test_how_it_is_used():
    found = usage('a "b', Scheme("one", ("x", "y"), paired=True))
    assert found.shell == "heedful classify 'a \"b' < texts.txt"
    assert 'model.classify([("...", "...")])' in found.python
    compile(found.python, "card", "exec")
