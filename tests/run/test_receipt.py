"""The receipt says what the facts say, reads back as it was written, and tells one set of sentences from another."""

import json

import pytest

from heedful.errors import RunError
from heedful.run.receipt import NAME, HeldOut, read_receipt, write_receipt
from tests.run.sample import facts

PAIRS = [("你好。", "Hello."), ("再见。", "Bye.")]
NUMERICS = {"device": "cpu", "compute": "float32", "matmul": "default", "threads": 1}


@pytest.fixture
def folder(tmp_path):
    write_receipt(tmp_path, facts(), NUMERICS, {"test": PAIRS})
    return tmp_path


def test_it_reads_back_and_says_what_the_facts_say(folder):
    found, known = read_receipt(folder), facts()
    for name in ("task", "model", "n_parameters", "seed", "steps", "seconds", "command", "date", "machine", "versions"):
        assert getattr(found, name) == getattr(known, name)
    assert found.directions == list(known.directions)
    assert found.data == list(known.data)
    assert found.n_pairs == known.n_pairs
    assert found.numerics == NUMERICS
    assert found.held_out == {"test": HeldOut.of(PAIRS)}


def test_it_is_plain_json_with_every_hash(folder):
    values = json.loads((folder / NAME).read_text(encoding="utf-8"))
    assert values["data"][0]["sha256"] == "ab" * 32
    assert values["held_out"]["test"]["n_pairs"] == 2
    # From the shell: printf '[["你好。","Hello."],["再见。","Bye."]]' | sha256sum
    assert values["held_out"]["test"]["sha256"] == "7d3f89a73bb9fc7195f5f450c10935dc8987747de670b9a3b10e6f52125a2ad3"


@pytest.mark.parametrize(
    "other",
    [PAIRS[::-1], PAIRS[:1], [*PAIRS, ("", "")], [("你好。", "Hello"), PAIRS[1]], [("你好。Hello.", ""), PAIRS[1]]],
)
def test_other_sentences_are_others(other):
    assert HeldOut.of(other).sha256 != HeldOut.of(PAIRS).sha256


def test_lists_and_tuples_are_the_same_sentences():
    assert HeldOut.of([list(pair) for pair in PAIRS]) == HeldOut.of(PAIRS)


def test_a_missing_receipt_and_one_that_is_none_are_named(folder):
    for content in ("{}", "[]", "null", '{"data": 3}', '{"directions": [["a"]]}'):
        (folder / NAME).write_text(content)
        with pytest.raises(RunError, match=r"receipt\.json is no receipt"):
            read_receipt(folder)
    (folder / NAME).write_text("{")
    with pytest.raises(RunError, match=r"receipt\.json is damaged: it is no JSON"):
        read_receipt(folder)
    (folder / NAME).unlink()
    with pytest.raises(RunError, match=r"receipt\.json is missing"):
        read_receipt(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [("machine", "x"), ("versions", None), ("command", 3), ("seed", "1"), ("data", [{"role": 5}]), ("n_pairs", [1])],
)
def test_a_receipt_edited_by_hand_is_none(folder, name, value):
    values = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps({**values, name: value}))
    with pytest.raises(RunError, match=r"receipt\.json is no receipt"):
        read_receipt(folder)


@pytest.mark.parametrize(("name", "value"), [("role", 5), ("n_bytes", "abc"), ("sha256", None)])
def test_nor_is_one_whose_files_are_none(folder, name, value):
    values = json.loads((folder / NAME).read_text())
    values["data"][0][name] = value
    (folder / NAME).write_text(json.dumps(values))
    with pytest.raises(RunError, match=rf"receipt\.json is no receipt \({name}"):
        read_receipt(folder)


def test_one_of_an_older_heedful_says_no_limits(folder):
    values = json.loads((folder / NAME).read_text(encoding="utf-8"))
    assert values["limits"] == list(facts().limits)
    del values["limits"], values["vectors"]
    (folder / NAME).write_text(json.dumps(values), encoding="utf-8")
    found = read_receipt(folder)
    assert (list(found.limits), found.vectors) == ([], "")
