"""What probes are drawn from: the same from the same seed, whatever the order, and no more than wanted."""

import random

import pytest

from heedful.evaluation.behaviour.probe import Material

ENGLISH = [(f"Sentence number {number}.", f"第{number}句话。") for number in range(50)]


def material(pairs, seed=1, n_probes=10) -> Material:
    return Material(pairs, "en", "zh", seed=seed, n_probes=n_probes)


def test_a_draw_depends_on_seed_purpose_and_items_alone():
    shuffled = random.Random(0).sample(ENGLISH, len(ENGLISH))
    drawn = material(ENGLISH).draw("x", ENGLISH)
    assert len(drawn) == 10
    assert set(drawn) < set(ENGLISH)
    assert material(shuffled).draw("x", shuffled) == drawn
    assert material(ENGLISH).draw("y", ENGLISH) != drawn
    assert material(ENGLISH, seed=2).draw("x", ENGLISH) != drawn


def test_a_draw_holds_everything_once_where_there_is_little():
    assert sorted(material(ENGLISH).draw("x", ENGLISH[:4] * 3)) == sorted(ENGLISH[:4])


def test_a_line_more_changes_little():
    before, after = (set(material(pairs).draw("x", pairs)) for pairs in (ENGLISH, [*ENGLISH, ("New.", "新。")]))
    assert len(before & after) >= 9


def test_choices_are_spread():
    chosen = {material(ENGLISH).choose("c", number, "abc") for number in range(40)}
    assert chosen == set("abc")


@pytest.mark.parametrize(("turned", "spaced", "cased"), [(False, (True, False), True), (True, (False, True), False)])
def test_how_both_sides_are_written(turned, spaced, cased):
    found = material([(pair[1], pair[0]) if turned else pair for pair in ENGLISH])
    assert found.spaced == spaced
    assert found.cased == cased


def test_plain_sentences_are_no_fragments():
    pairs = [("Yes.", "是。"), ("No way.", "不行。"), ("He has gone home.", "他回家了。")]
    assert material(pairs).plain == [pairs[2]]
    assert material([("他已经回家了。", "He has gone home."), ("是。", "Yes.")]).plain == [
        ("他已经回家了。", "He has gone home.")
    ]
