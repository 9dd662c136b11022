"""What is laid down is what is learned from, and what cannot be is refused or told."""

import json

import pytest

from heedful.data.passages import Passages
from heedful.data.squad import Gold, Question
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, OptionError
from heedful.tasks import answering_text
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.answering_text import elsewhere, lay_down, learned, reopen
from heedful.tasks.question_pair import question_of
from tests.tasks.labelled import ask, table_of, train_small
from tests.tasks.squads import small, squad, write_squad


def laid(folder, **changes):
    place = folder / "begun"
    place.mkdir(exist_ok=True)
    data = changes.pop("data", None) or (write_squad(folder / "s.json", 40),)
    with small():
        lay_down(place, AnsweringOptions(**{"out": folder / "x", "data": data, **changes}))
    return reopen(place)


def test_the_same_at_every_start(tmp_path):
    plan = laid(tmp_path)
    assert plan.n_examples == {"train": 32, "dev": 4, "test": 4}
    assert (plan.manner.width, plan.manner.units, plan.manner.threshold) == (48, "words", None)
    again = reopen(tmp_path / "begun")
    one, two = plan.batches(1).batch(1, 0), again.batches(1).batch(1, 0)
    assert one.source.values.tolist() == two.source.values.tolist()
    assert [parameter.sum().item() for parameter in plan.model(1).parameters()] == [
        parameter.sum().item() for parameter in again.model(1).parameters()
    ]


def test_every_answer_is_where_the_labels_say(tmp_path):
    plan = laid(tmp_path)
    items = [question_of(pair) for pair in plan.train]
    rows, spans = learned(Passages(plan.codec, 48), items)
    assert len(rows) >= len(items)
    for row, ((first, last),) in zip(rows, spans, strict=True):
        if (first, last) != (0, 0):
            said = plan.codec.decode(row.ids[first : last + 1])
            assert said.strip() == items[row.text].answers[0].text


def test_a_window_answers_for_those_whose_answer_it_holds():
    context = " ".join(f"w{n}" for n in range(60))
    codec = Tokenizer.train([context], 300)
    near, far = Gold("w1", context.index("w1")), Gold("w59", context.index("w59"))
    rows, spans = learned(Passages(codec, 60), [Question("", "w3", context, (near, far, Gold("no", -1)))])
    assert len(spans[0]) == len(spans[-1]) == 1
    assert (0, 0) not in (*spans[0], *spans[-1])
    assert any(one == [(0, 0)] for one in spans[1:-1])
    assert [row.text for row in rows] == [0] * len(rows)


def test_questions_beside_other_texts(monkeypatch):
    monkeypatch.setattr(answering_text, "ELSEWHERE_EVERY", 2)
    items = [Question("", f"question {n}?", f"text {n}", ()) for n in range(20)]
    codec = Tokenizer.train([item.context + item.text for item in items], 300)
    found = list(elsewhere(Passages(codec, 60), items, 1))
    assert 5 <= len(found) <= 10
    for row in found:
        shown = codec.decode(row.ids[row.begin : row.begin + row.n])
        assert shown.strip() != f"text {row.text}"
        assert shown.strip().startswith("text")


def test_refusals_are_learned_from_the_data_alone(tmp_path):
    plan = laid(tmp_path, data=(write_squad(tmp_path / "r.json", 40, refused=True),))
    assert plan.facts["refuses"]
    assert len({row.ids for row in plan.batches(1).rows}) == len({text for text, _ in plan.train})


def test_an_answer_may_begin_at_any_chinese_character(tmp_path):
    rows = [
        {"question": f"第{n}个盒子里有什么？", "context": f"红色的第{n}个盒子里有金币。", "answers": ["金币"]}
        for n in range(40)
    ]
    path = tmp_path / "zh.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    plan = laid(tmp_path, data=(path,))
    assert (plan.manner.units, plan.facts["notes"]) == ("characters", [])
    assert len(plan.codec.encode("盒子里")) == 3


def test_what_is_wrong_is_told_and_not_learned(tmp_path):
    values = squad(40)
    qas = [paragraph["qas"][0] for paragraph in values["data"][0]["paragraphs"]]
    qas[0]["answers"][0]["answer_start"] += 1
    qas[1]["answers"][0]["text"] = "nowhere"
    qas[2]["question"] = ""
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(values))
    plan = laid(tmp_path, data=(path,))
    assert sum(plan.n_examples.values()) == 38
    assert not any("nowhere" in truth for _, truth in plan.train)
    told = " ".join(plan.facts["notes"])
    assert "1 answers stand elsewhere than it says" in told
    assert "1 answers are no part of their context, of 1 questions all" in told
    assert "1 questions ask nothing, the first is 'q2'" in told


def test_held_out_files_and_what_they_share(tmp_path):
    dev = write_squad(tmp_path / "dev.json", 40)
    plan = laid(tmp_path, dev_data=dev)
    assert plan.n_examples == {"train": 40, "dev": 40}
    assert plan.scored[0].startswith("dev")
    assert "dev.json: 40 of its contexts stand in the training text" in " ".join(plan.facts["notes"])
    assert [file["role"] for file in plan.facts["files"]] == ["train data", "dev data"]


def test_too_little_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds 5 questions: expected 20"):
        laid(tmp_path, data=(write_squad(tmp_path / "few.json", 5),))
    row = {"question": "Who?", "context": "Ada met Byron.", "answers": ["Ada"]}
    one = tmp_path / "one.json"
    one.write_text(json.dumps([row] * 40))
    with pytest.raises(OptionError, match="too few different contexts"):
        laid(tmp_path, data=(one,))
    none = tmp_path / "none.json"
    none.write_text(json.dumps([{**row, "context": f"text {n}", "answers": []} for n in range(40)]))
    with pytest.raises(DataError, match="no question is answered by its context"):
        laid(tmp_path, data=(none,))


def test_a_run_to_begin_with(tmp_path):
    begun = train_small(ask(table_of("one", tmp_path / "data"), tmp_path / "first", steps=2)).path
    plan = laid(tmp_path, init=begun)
    assert plan.facts["start"] == "from first"
    assert plan.size == answering_text.TUNED
    assert set(plan.trunk.tensors) == {name for name, _ in plan.model(1).trunk.named_parameters()}
