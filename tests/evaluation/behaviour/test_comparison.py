"""How alike two translations are: chrF, whatever the case, of a fair order for each script."""

import pytest
import sacrebleu

from heedful.evaluation.behaviour.comparison import SAME, judge_same, likeness


def test_likeness_is_chrf_without_case():
    one, other = "A dog runs over the field.", "A dog walks over the green field."
    assert likeness(one, other) == pytest.approx(sacrebleu.sentence_chrf(one.lower(), [other.lower()]).score)
    assert likeness(one.upper(), one) == pytest.approx(100)
    assert likeness("", "") == 100
    assert likeness("", one) == likeness(one, "") == 0


def test_one_character_of_eight_does_not_make_another_chinese_sentence():
    assert likeness("他昨天下午回家了。", "他昨天晚上回家了。") > SAME
    assert likeness("我喜欢喝茶。", "他昨天晚上回家了。") < SAME


def test_the_judge_compares_the_last_with_the_first():
    same, other = judge_same(["Ein Hund.", "ein hund."]), judge_same(["Ein Hund.", "Zwei kleine Katzen."])
    assert (same.why, same.value) == ("", pytest.approx(100))
    assert other.why.endswith("against 'Ein Hund.'")
    assert other.value < SAME
