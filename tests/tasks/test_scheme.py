"""Scores become answers, answers become figures, and a scheme survives JSON."""

import math
from pathlib import Path

import pytest
import torch

from heedful.data.labelled import Example, Examples
from heedful.data.text_rows import TextRows
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, LengthError
from heedful.tasks.scheme import Scheme

CODEC = Tokenizer.train(["the cat sat"] * 4, 300)
ONE = Scheme("one", ("a", "b", "c"))
MANY = Scheme("many", ("a", "b", "c"))
NUMBER = Scheme("number", mean=10.0, deviation=2.0)
TAGS = Scheme("tags", ("B-X", "O"))


def of(kind, *pairs, paired=False):
    return Scheme.of(Examples(Path("a"), kind, paired, tuple(Example(*pair) for pair in pairs), ""))


def test_it_follows_from_the_examples():
    assert of("one", ("x", "b"), ("y", "a"), paired=True) == Scheme("one", ("a", "b"), True)
    assert of("number", ("x", "1.0"), ("y", "3.0")) == Scheme("number", mean=2.0, deviation=math.sqrt(2))
    assert of("tags", ("今 天", "O B-X")) == Scheme("tags", ("B-X", "O"), cut="characters")
    assert of("many", ("x", "b|a"), ("y", "")).labels == ("a", "b")


@pytest.mark.parametrize("scheme", [ONE, MANY, NUMBER, TAGS])
def test_json_keeps_it(scheme):
    assert Scheme.from_json(scheme.to_json()) == scheme
    assert scheme.over("mean") == ("each" if scheme is TAGS else "mean")
    assert scheme.n_scores == (1 if scheme is NUMBER else len(scheme.labels))


@pytest.mark.parametrize(
    ("scheme", "truth", "label"),
    [(ONE, "b", 1), (MANY, "a|c", [1, 0, 1]), (NUMBER, "14.0", 2.0), (TAGS, "O B-X", [1, 0]), (MANY, "", [0, 0, 0])],
)
def test_truths_become_what_is_learned(scheme, truth, label):
    assert scheme.label(truth) == label


@pytest.mark.parametrize(
    ("scheme", "scores", "told"),
    [
        (ONE, [0.0, 3.0, 1.0], "b"),
        (MANY, [1.0, -1.0, 0.1], "a|c"),
        (MANY, [-1.0, -1.0, -1.0], ""),
        (NUMBER, [2.0], "14.0"),
        (TAGS, [[1.0, 0.0], [0.0, 1.0]], "B-X O"),
    ],
)
def test_scores_become_what_is_told(scheme, scores, told):
    probabilities = scheme.probabilities(torch.tensor(scores))
    assert scheme.told(probabilities) == told


def test_the_loss_of_an_answer_is_that_of_training():
    from heedful.training.labelling import loss_of

    scores = torch.tensor([[0.3, -0.2, 1.0]])
    for scheme, truth in ((ONE, "c"), (MANY, "a|b")):
        label = torch.tensor([scheme.label(truth)])
        total, count = scheme.missed(scheme.probabilities(scores)[0], truth)
        expected, n = loss_of(scores, label, scheme.kind)
        assert (total, count) == (pytest.approx(expected.item(), rel=1e-4), n.item())
    assert NUMBER.missed(torch.tensor([14.0]), "10.0") == (2.0, 1)
    total, count = TAGS.missed(torch.tensor([[0.5, 0.5], [0.25, 0.75]]), "B-X O")
    assert (total, count) == (pytest.approx(-math.log(0.5) - math.log(0.75)), 2)


def test_each_kind_has_its_figures():
    assert list(ONE.tally(["a"], ["b"]).statistics) == ["accuracy", "macro_f1", "matthews"]
    assert MANY.tally(["a|b"], ["b|a"]).score("exact_match") == 100
    assert list(NUMBER.tally(["1.0"], ["2.0"]).statistics) == ["pearson", "spearman"]
    assert TAGS.tally(["B-X O"], ["B-X O"]).score("span_f1") == 100


def test_a_pair_needs_its_tab():
    paired = Scheme("one", ("a", "b"), paired=True)
    rows = TextRows(CODEC, 16)
    assert len(paired.rows(rows, "the\tcat", 0, "text 1")) == 1
    with pytest.raises(DataError, match="text 1 holds no tab: this model tells of two texts"):
        paired.rows(rows, "the cat", 0, "text 1")
    with pytest.raises(LengthError, match=r"a\.tsv:4"):
        paired.check_rows(CODEC, 16, [Example("the cat sat the cat sat\t" + "cat " * 20, "a", 4)], "a.tsv")
    ONE.check_rows(CODEC, 4, [Example("the cat sat the cat sat", "a", 4)], "a.tsv")


def test_it_is_said_in_words():
    said = [scheme.in_words for scheme in (ONE, MANY, NUMBER, TAGS)]
    assert said == [
        "one of 3 labels for each",
        "any of 3 labels for each",
        "a number for each",
        "one of 2 tags for each word",
    ]


def test_those_who_watch_see_few_digits():
    assert NUMBER.glanced("0.4029504656791687") == "0.403"
    assert ONE.glanced("0.4029504656791687") == "0.4029504656791687"
