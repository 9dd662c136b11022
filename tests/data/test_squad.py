"""Every answer is looked up in its context: repaired, counted, or refused with its file, and never just learned."""

import gzip
import json

import pytest

from heedful.data import squad
from heedful.data.squad import Gold, Question, hold_out, located, read_questions
from heedful.data.text import identity
from heedful.errors import DataError

CONTEXT = "Ada met Byron. Byron met Ada."


def nested(qas, context=CONTEXT):
    return {"data": [{"title": "x", "paragraphs": [{"context": context, "qas": qas}]}]}


def asked(*answers, **more):
    golds = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": "q1", "question": " Who met\nAda? ", "answers": golds, **more}


def read(tmp_path, values, name="x.json"):
    path = tmp_path / name
    text = values if isinstance(values, str) else json.dumps(values, ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_questions(path)


def test_squad_with_several_answers(tmp_path):
    found = read(tmp_path, nested([asked(("Byron", 15), ("Byron", 8))]), "x.json.gz")
    assert found.items == (Question("q1", "Who met Ada?", CONTEXT, (Gold("Byron", 15), Gold("Byron", 8))),)
    assert (found.n_repaired, found.n_absent, found.lost, found.empty) == (0, 0, [], ())


@pytest.mark.parametrize(
    ("said", "place"),
    [(0, 0), (1, 0), (24, 25), (13, 25), (12, 0), (-1, 0), (99, 25), (None, 0)],
)
def test_the_nearest_occurrence_is_taken(said, place):
    assert located(CONTEXT, "Ada", said) == place


def test_what_is_not_there_stands_nowhere():
    assert located(CONTEXT, "Grace", 3) == -1


def test_wrong_offsets_are_repaired_and_counted(tmp_path):
    found = read(tmp_path, nested([asked(("Byron", 14), (" Byron", 7), ("Lord Byron", 3))]))
    assert [gold.start for gold in found.items[0].answers] == [15, 8, -1]
    assert (found.n_repaired, found.n_absent, found.lost) == (1, 1, [])
    assert [gold.start for gold in found.items[0].found] == [15, 8]


def test_chinese_offsets_are_characters(tmp_path):
    context = "《战国无双3》由光荣和ω-force开发。"
    row = {"id": "d", "question": "由谁开发？", "answers": [{"text": "光荣和ω-force", "answer_start": -1}]}
    (item,) = read(tmp_path, nested([row], context)).items
    start = item.answers[0].start
    assert item.context[start : start + len("光荣和ω-force")] == "光荣和ω-force"


def test_what_no_context_answers(tmp_path):
    rows = [asked(is_impossible=True), {**asked(("Ada", 0)), "id": "q2", "is_impossible": False}]
    none, one = read(tmp_path, nested(rows)).items
    assert (none.answers, none.is_lost) == ((), False)
    assert one.answers == (Gold("Ada", 0),)


@pytest.mark.parametrize(
    "answers",
    [
        {"answers": {"text": ["Byron"], "answer_start": [8]}},
        {"answers": [{"text": "Byron", "answer_start": 8}]},
        {"answers": ["Byron"]},
        {"answer": "Byron", "answer_start": 8},
    ],
)
def test_rows_of_every_form(tmp_path, answers):
    row = {"question": "Whom did Ada meet?", "context": CONTEXT, **answers}
    lines = "".join(json.dumps(one) + "\n" for one in ({"id": "a", **row}, {"id": "b", **row}))
    expected = Question("a", "Whom did Ada meet?", CONTEXT, (Gold("Byron", 8),))
    for values in (lines, [{"id": "a", **row}], {"data": [{"id": "a", **row}]}, {"id": "a", **row}):
        assert read(tmp_path, values).items[0] == expected


def test_an_empty_list_of_a_row_is_no_answer(tmp_path):
    row = {"id": "a", "question": "Who?", "context": CONTEXT, "answers": {"text": [], "answer_start": []}}
    assert read(tmp_path, [row]).items[0].answers == ()


def test_a_question_that_asks_nothing_is_left_out_and_named(tmp_path):
    empty = {**asked(("Ada", 0)), "id": "e", "question": " "}
    found = read(tmp_path, nested([asked(("Ada", 0)), empty]))
    assert (len(found.items), found.empty) == (1, ("e",))


def test_one_lost_question_is_counted_and_many_are_refused(tmp_path):
    lost = {**asked(("Grace", 0)), "id": "lost"}
    found = read(tmp_path, nested([asked(("Ada", 0)), lost]))
    assert found.lost == ["lost"]
    with pytest.raises(DataError, match=r"of 3 questions 2 have answers that their context does not hold.*'lost'"):
        read(tmp_path, nested([asked(("Ada", 0)), lost, {**lost, "id": "other"}]))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("not JSON", "is no JSON .*expected SQuAD's JSON"),
        ({"data": 3}, "is JSON of something else: expected SQuAD's JSON"),
        ({"data": []}, "holds no questions"),
        ({"data": [{"title": "x"}]}, "part 1 of its data has no list 'paragraphs'"),
        ({"data": [{"paragraphs": [{"context": "x"}]}]}, "has no list 'qas'"),
        (nested([asked()]), "question 'q1' has no answers: give it one"),
        (nested([{"id": "q1", "question": "Who?"}]), "question 'q1' has no answers: give it one"),
        (nested([asked(("Ada", 0))], " "), "question 'q1' has no context: there is nothing to find"),
        (nested([{**asked(("Ada", 0)), "question": 3}]), "question 'q1' has no text \"question\": got '3'"),
        (nested([asked(("Ada", "0"))]), "question 'q1': expected \"answers\""),
        (nested([asked((" ", 0))]), "question 'q1' has an empty answer"),
        ('{"question": "a", "context": "b", "answers": []}\n{"question"\n', "x.json:2 is no JSON"),
        ('{"question": "a", "context": "b", "answers": []}\n[]\n', "x.json:2 is no JSON object|is no JSON"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, values, said):
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path, values)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "x.json").write_bytes(b'{"data": "\xff"}')
    with pytest.raises(DataError, match="is not UTF-8 at byte 10; convert it"):
        read_questions(tmp_path / "x.json")
    with pytest.raises(DataError, match="there is no file"):
        read_questions(tmp_path / "y.json")


def test_no_context_is_in_two_parts():
    items = [Question(str(n), f"question {n}", f"context {n // 4}", ()) for n in range(200)]
    parts = hold_out(items, ("dev", "test"), 1)
    assert [len(parts[name]) for name in ("dev", "test")] == [20, 20]
    assert sorted((item for part in parts.values() for item in part), key=lambda item: int(item.name)) == items
    contexts = [{item.context for item in part} for part in parts.values()]
    assert not contexts[0] & contexts[1] | contexts[0] & contexts[2] | contexts[1] & contexts[2]
    # What is held out stays held out when questions are added, but for a few.
    more = hold_out([*items, *(Question("x", "y", f"other {n}", ()) for n in range(4))], ("dev", "test"), 1)
    assert len({item.name for item in more["dev"]} & {item.name for item in parts["dev"]}) >= 16
    assert hold_out(items, ("dev",), 2)["dev"] != hold_out(items, ("dev",), 1)["dev"]


def test_a_context_of_many_questions_is_looked_at_once(monkeypatch):
    seen = []
    monkeypatch.setattr(squad, "identity", lambda context: seen.append(context) or identity(context))
    items = [Question(str(n), "who?", f"context {n % 3}", ()) for n in range(30)]
    assert sum(map(len, hold_out(items, ["dev"], 1).values())) == 30
    assert len(seen) == 3
