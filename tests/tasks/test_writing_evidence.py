"""What stands beside the figures of a model: what needs no model, how varied it is, and how it is used."""

from types import SimpleNamespace

from heedful.tasks.writer import Manner
from heedful.tasks.writing_evidence import LEAD, NEAREST, ORACLE, usage, variety, without_model


def plan(turns: int = 0) -> SimpleNamespace:
    manner = Manner(turns, "refuse", 9, "en")
    return SimpleNamespace(manner=manner, facts={"known": [("hello there", "hi"), ("bye now", "see you")]})


def test_summaries_are_beside_sentences_of_the_text():
    found = without_model(plan(), [("A cat sat. The dog ran away.", "dog ran\tdogs")])
    assert found == {LEAD: ["A cat sat."], ORACLE: ["The dog ran away."]}


def test_replies_are_beside_those_to_the_nearest_history():
    assert without_model(plan(2), [("now bye", "ok"), ("hello", "yes")]) == {NEAREST: ["see you", "hi"]}


def test_who_always_says_the_same_is_not_varied():
    section = variety({"this model": ["i do"] * 4, "people": ["i do", "you see", "we go", "no"]})
    assert [list(row) for row in section.rows] == [["this model", "25.0", "25.0"], ["people", "100.0", "100.0"]]


def test_a_model_is_used_by_what_it_does():
    assert usage("a b", Manner(0, "refuse", 9, "")).shell == "heedful summarize 'a b' < texts.txt"
    assert usage("x", Manner(3, "refuse", 9, "")).python.endswith('model.reply(["...", "..."])')
