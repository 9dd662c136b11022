"""Everything that training starts from is laid down, and comes back the same without the caller's files."""

import pytest
import torch

from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError
from heedful.run.disk import read_json
from heedful.tasks.classification_text import lay_down, reopen
from tests.tasks.labelled import SMALL, ask, small, table_of, weather, write


@pytest.fixture
def laid(tmp_path):
    """Lays down what is asked for, and opens it."""

    def lay(kind="one", **changes):
        place = tmp_path / "begun"
        place.mkdir()
        with small():
            data = changes.pop("data", None) or table_of(kind, tmp_path / "data")
            lay_down(place, ask(data, tmp_path / "x", **changes))
        return reopen(place)

    return lay


def test_parts_are_held_out_of_a_single_file(laid):
    plan = laid()
    assert plan.n_examples == {"train": 48, "dev": 6, "test": 6}
    assert plan.scored == ("test", plan.test)
    assert plan.facts["start"] == "from scratch"
    assert [file["role"] for file in plan.facts["files"]] == ["train data"]
    assert plan.size == SMALL


def test_who_names_a_dev_set_wants_all_of_the_rest(laid, tmp_path):
    plan = laid(dev_data=write(tmp_path / "dev.tsv", weather(20, 9)))
    assert plan.n_examples == {"train": 60, "dev": 20}
    assert plan.scored[0] == "dev, by which the weights were chosen"


def test_a_test_set_alone_leaves_the_dev_set_to_be_held_out(laid, tmp_path):
    plan = laid(test_data=write(tmp_path / "test.tsv", weather(20, 9)))
    assert plan.n_examples == {"train": 54, "dev": 6, "test": 20}


def test_held_out_files_are_of_the_kind_that_is_learned(laid, tmp_path):
    dev = write(tmp_path / "dev.tsv", [("a text", "good"), ("another", "bad")], ("text", "labels"))
    plan = laid("many", dev_data=dev)
    assert (plan.scheme.kind, plan.dev) == ("many", [("a text", "good"), ("another", "bad")])


def test_the_model_is_the_same_at_every_start(laid, tmp_path):
    plan = laid()
    one, two = plan.model(3), reopen(tmp_path / "begun").model(3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert plan.batches(3).batch(1, 0).labels.equal(reopen(tmp_path / "begun").batches(3).batch(1, 0).labels)


def test_what_a_score_is_made_of(laid):
    assert laid().over == "mean"


def test_what_a_score_is_made_of_may_be_said(laid):
    assert laid(pool="first").model(1).head.over == "first"


def test_windows_of_a_long_text_have_its_label(laid, tmp_path):
    plan = laid(
        data=write(tmp_path / "long.tsv", [(f"{text} {'sunny ' * 60}".strip(), label) for text, label in weather(60)])
    )
    made = plan.batches(1)
    assert plan.facts["n_long"] == len(plan.train) == 48
    assert len(made.rows) >= 2 * len(plan.train)
    assert [made.labels[n] for n in range(len(made.rows))] == [
        plan.scheme.label(plan.train[row.text][1]) for row in made.rows
    ]


def test_pairs_are_told_apart(laid):
    plan = laid("pairs")
    batch = plan.batches(1).batch(0, 0)
    assert plan.trunk.architecture.n_kinds == 2
    assert batch.source.kinds.max() == 1


def test_the_tokenizer_learns_nothing_from_what_is_held_out(laid, tmp_path):
    plan = laid()
    alone = Tokenizer.train([text for text, _ in plan.train], SMALL.vocab_size)
    assert plan.codec.to_json() == alone.to_json()
    assert read_json(tmp_path / "begun" / "prepared.json")["dev"] == [list(pair) for pair in plan.dev]


def test_too_few_examples_to_hold_any_out(laid, tmp_path):
    rows = [(f"text {n}", f"label {n // 2}") for n in range(20)]
    with pytest.raises(OptionError, match="too few examples of each label to hold some out: name --dev-data"):
        laid(data=write(tmp_path / "few.tsv", rows))
