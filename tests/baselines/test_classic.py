"""Older methods learn what they can learn, and the simplest ones are right by hand."""

import pytest

from heedful.baselines import classic
from heedful.baselines.classic import commonest, commonest_tags, is_installed, is_unspaced
from heedful.errors import DependencyError

TEXTS = [f"{'good' if n % 2 else 'bad'} number {n}" for n in range(40)]
TRUTH = [["yes"] if n % 2 else ["no"] for n in range(40)]


def test_the_commonest_label_by_hand():
    assert commonest(["a", "b", "b"], 2) == ["b", "b"]
    assert commonest(["b", "a"], 1) == ["a"]


def test_the_commonest_tag_of_each_word_by_hand():
    found = commonest_tags(["a b", "a c", "a b"], ["X Y", "X O", "Z Y"], ["b a new"])
    assert found == ["Y X X"]


def test_scripts_without_spaces_are_seen():
    assert is_unspaced(["今天天气很好", "ok 天气"])
    assert not is_unspaced(["the weather 好"])


def test_without_scikit_learn_it_says_how(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    monkeypatch.setitem(__import__("sys").modules, "sklearn.ensemble", None)
    assert not is_installed()
    with pytest.raises(DependencyError, match=r"pip install 'heedful\[classic\]'"):
        classic.classic(TEXTS, TRUTH, ["x"], several=False)


installed = pytest.mark.skipif(not is_installed(), reason="scikit-learn, of the extra 'classic', is not installed")


@installed
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("several", [False, True])
def test_they_learn(several, monkeypatch):
    monkeypatch.setattr(classic, "N_TREES", 5)
    found = classic.classic(TEXTS, TRUTH, ["a good one", "a bad one"], several)
    assert list(found) == ["TF-IDF and a linear SVM", "TF-IDF and a random forest"]
    assert list(found.values()) == [[["yes"], ["no"]]] * 2


@installed
@pytest.mark.filterwarnings("default")
def test_chinese_is_read_by_characters(monkeypatch):
    monkeypatch.setattr(classic, "N_TREES", 5)
    texts = [f"今天天气{'很好' if n % 2 else '太差'}第{n}天" for n in range(40)]
    found = classic.classic(texts, TRUTH, ["天气很好啊", "真是太差"], several=False)
    assert found["TF-IDF and a linear SVM"] == [["yes"], ["no"]]
