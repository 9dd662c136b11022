"""Processes are asked and answer, or it is said why not: with a program in the place of a library."""

import sys
from pathlib import Path

import pytest

from bench.rivals import Absent, Player, Setting, ctranslate2, generate, heedful
from heedful.numerics import Numerics

MACHINE = Numerics("cpu", "bfloat16", "onednn", 2, "native")
FAKE = """
import json, os, sys
print(json.dumps({"ready": json.loads(sys.stdin.readline())["options"]}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["ask"] == "memory":
        answer = {"bytes": 7}
    elif asked["width"] == 13:
        sys.exit("no luck")
    else:
        answer = {"seconds": [0.5], "answers": [[asked["width"], asked.get("rows", -1), os.environ.get("CT2_X", "")]]}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr("bench.rivals.QUIET_SECONDS", 0.0)


def player(code=FAKE, environment=None):
    setting = Setting("a", "b", "CTranslate2", "int8", {"x": 1}, environment or {})
    return Player(setting, {"sources": []}, (sys.executable, "-S", "-c", code))


def test_a_player_is_asked_and_answers_until_it_is_closed(monkeypatch):
    monkeypatch.setenv("CT2_X", "of the caller")
    with player() as rival:
        turn = rival.many(5, 64)
        assert (turn.seconds, turn.answers) == ([0.5], [[5, 64, ""]])
        assert rival.alone(1).answers == [[1, -1, ""]]
        assert rival.memory() == 7
    assert rival._process.returncode == 0
    rival.close()


def test_each_has_an_environment_of_its_own():
    with player(environment={"CT2_X": "mine"}) as rival:
        assert rival.many(1, 1).answers == [[1, 1, "mine"]]


def test_who_dies_says_why():
    with player() as rival:
        with pytest.raises(Absent, match=r"^no luck$"):
            rival.many(13, 1)
        with pytest.raises(Absent):
            rival.many(1, 1)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("import os, sys; sys.stdin.readline(); os._exit(3)", "ended with code 3"),
        ("import sys; sys.stdin.readline(); print('half', end='')", "ended with code 0"),
    ],
    ids=["missing", "silent", "half a line"],
)
def test_who_cannot_begin_says_why(code, reason):
    with pytest.raises(Absent, match=reason):
        player(code)


def test_ours_has_three_forms():
    found = heedful(MACHINE)
    assert [each.system for each in found] == ["heedful bfloat16", "heedful int8", "heedful bfloat16, PyTorch"]
    assert [each.dtype for each in found] == ["bfloat16", "int8", "bfloat16"]
    assert [each.options["engine"] for each in found] == ["native", "native", "torch"]


def test_ctranslate2_has_every_setting_that_may_be_its_best():
    found = ctranslate2(2, {"float32": Path("f"), "int8": Path("i")}, Path("w"))
    assert len(found) == 2 * 3 * 4
    assert len({each.key for each in found}) == len(found)
    shapes = {(each.options["workers"], each.options["threads"], bool(each.rows), each.alone) for each in found}
    assert shapes == {(2, 1, True, False), (1, 2, True, True), (1, 1, False, True)}
    assert {each.environment["CT2_USE_MKL"] for each in found} == {"0", "1"}
    assert {each.options["folder"] for each in found if each.dtype == "int8"} == {"i"}


def test_on_one_core_nothing_is_tried_twice():
    found = ctranslate2(1, {"int8": Path("i")}, Path("w"))
    assert len(found) == 4
    assert all(each.rows and each.alone for each in found)


def test_generate_has_either_attention_in_each_type():
    assert [each.key for each in generate(MACHINE)] == [
        "transformers float32, eager",
        "transformers float32, sdpa",
        "transformers bfloat16, eager",
        "transformers bfloat16, sdpa",
    ]
