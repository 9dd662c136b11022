"""Lines in, labels out, line by line."""

import json

import pytest

from heedful.cli.classify import told
from tests.cli.commands import refused, run
from tests.tasks.labelled import ask, table_of, train_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classify")
    return {
        kind: train_small(ask(table_of(kind, folder / "data"), folder / kind, steps=2)).path
        for kind in ("one", "pairs", "tags")
    }


def test_a_label_and_its_probability_to_a_line(runs, capsys):
    code, out, err = run(capsys, "classify", runs["one"], typed="a sunny day\n\na grey day\n")
    assert (code, err) == (0, "")
    first, blank, last = out.split("\n")[:-1]
    assert blank == ""
    for line in (first, last):
        label, score = line.split("\t")
        assert label in ("good", "bad")
        assert 0.5 <= float(score) <= 1


def test_json_and_the_likeliest(runs, capsys):
    _, out, _ = run(capsys, "classify", runs["one"], "--json", "--top", 2, typed="a day\n\n")
    ranked, nothing = map(json.loads, out.splitlines())
    assert {item["label"] for item in ranked} == {"good", "bad"}
    assert nothing is None


def test_pairs_have_a_tab(runs, capsys):
    code, out, _ = run(capsys, "classify", runs["pairs"], typed="a day\ta week\n")
    assert code == 0
    assert out.count("\n") == 1
    assert "line 2 holds no tab" in refused(capsys, "classify", runs["pairs"], typed="a\tb\nc\n")


def test_spans_are_shown_with_their_text():
    found = [{"entity": "PER", "word": "Ada", "score": 0.9}, {"entity": "LOC", "word": "Rome", "score": 0.8}]
    assert told(found) == "PER\tAda\tLOC\tRome"
    assert told({"score": 1.25}) == "1.2500"
    assert told([]) == ""


def test_what_is_wrong_is_said(runs, tiny, capsys):
    assert "--top must be 1 or more" in refused(capsys, "classify", runs["one"], "--top", 0)
    assert "expected a classifier" in refused(capsys, "classify", tiny.rnn, typed="a\n")
    assert "heedful classify RUN < texts.txt" in refused(capsys, "classify", runs["one"], "texts.txt")
    code, out, err = run(capsys, "classify", runs["one"], typed=b"a day\n\xff\n")
    assert (code, out.count("\n")) == (2, 1)
    assert "standard input:2 is not UTF-8" in err
