"""A loaded classifier answers texts one by one and together alike, in plain values."""

import json
import shutil

import pytest

from heedful.errors import DataError, LengthError, OptionError, RunError, ShapeError
from heedful.tasks.classifier import Classifier
from tests.tasks.labelled import ask, table_of, train_small


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    steps = {"one": 8, "pairs": 2, "many": 8, "number": 2, "tags": 60}
    paths = {
        kind: train_small(ask(table_of(kind, folder / "data"), folder / kind, steps=n)).path
        for kind, n in steps.items()
    }
    return {kind: Classifier.load(path) for kind, path in paths.items()} | {"folder": folder}


def test_a_label_with_its_probability(models):
    model = models["one"]
    texts = ["a sunny day", "今天", "a very awful grey and rainy day in week 99"]
    found = model.classify(texts)
    assert [set(answer) for answer in found] == [{"label", "score"}] * 3
    assert all(0.5 <= answer["score"] <= 1 for answer in found)
    for text, answer in zip(texts, found, strict=True):
        (alone,) = model.classify([text])
        assert alone["label"] == answer["label"]
        assert alone["score"] == pytest.approx(answer["score"], abs=0.02)
    json.dumps(found)


def test_the_likeliest_labels(models):
    (ranked,) = models["one"].classify(["a sunny day"], top=2)
    assert [item["label"] for item in ranked] in (["good", "bad"], ["bad", "good"])
    assert sum(item["score"] for item in ranked) == pytest.approx(1)
    assert len(models["one"].classify(["a sunny day"], top=1)[0]) == 1


def test_several_labels_are_those_likelier_than_not(models):
    (found,) = models["many"].classify(["a sunny day"])
    (ranked,) = models["many"].classify(["a sunny day"], top=9)
    assert found == [item for item in ranked if item["score"] > 0.5]
    assert {item["label"] for item in ranked} == {"good", "bad", "long"}


def test_numbers(models):
    (found,) = models["number"].classify(["a sunny day"])
    assert set(found) == {"score"}


def test_pairs_are_tuples_or_have_a_tab(models):
    model = models["pairs"]
    assert model.classify([("a day", "a week")]) == model.classify(["a day\ta week"])
    with pytest.raises(DataError, match="text 1 holds no tab"):
        model.classify(["a day"])
    with pytest.raises(LengthError, match="text 2: both texts have"):
        model.classify([("a", "b"), ("a " * 60, "b")])
    with pytest.raises(ShapeError, match="expected a tuple of two texts: got int"):
        model.classify([3])


def test_spans_stand_where_they_stand(models):
    line = "Then  Ada Byron said"
    (found,) = models["tags"].classify([line])
    assert [line[item["start"] : item["end"]] for item in found] == [item["word"] for item in found]
    assert [(item["entity"], item["word"]) for item in found] == [("PER", "Ada Byron")]
    (words,) = models["tags"].tagged([line])
    assert [word["word"] for word in words] == line.split()
    assert [word["entity"] for word in words] == ["O", "B-PER", "I-PER", "O"]
    with pytest.raises(OptionError, match="tells of whole texts"):
        models["one"].tagged(["a"])


def test_what_is_no_list_of_texts(models):
    for wrong in ("a text", 3):
        with pytest.raises(ShapeError, match="texts are a list"):
            models["one"].classify(wrong)
    with pytest.raises(DataError, match="text 2 is empty"):
        models["one"].classify(["a", "  "])
    assert models["one"].classify([]) == []


def test_other_runs_and_damaged_ones_are_refused(models, tiny, tmp_path):
    with pytest.raises(RunError, match="was trained for 'translation': expected a classifier"):
        Classifier.load(tiny.rnn)
    broken = shutil.copytree(models["folder"] / "one", tmp_path / "broken")
    weights = bytearray((broken / "model.safetensors").read_bytes())
    weights[-3] ^= 1
    (broken / "model.safetensors").write_bytes(weights)
    with pytest.raises(RunError, match="is damaged or was edited"):
        Classifier.load(broken)
    with pytest.raises(OptionError, match="named by its path: got 3"):
        Classifier.load(3)


def test_in_float32_it_is_nearly_the_same(models):
    exact = Classifier.load(models["folder"] / "one", compute="float32")
    one, two = (model.classify(["a sunny day"], top=2)[0] for model in (exact, models["one"]))
    assert {item["label"]: round(item["score"], 1) for item in one} == pytest.approx(
        {item["label"]: round(item["score"], 1) for item in two}, abs=0.11
    )
