"""A question and a text in, an answer out; lines of both in, lines out; what is wrong is one line."""

import json

import pytest

from tests.cli.commands import refused, run
from tests.tasks.squads import train_small

CONTEXT = "Room 1. The red box holds salt.\nThe blue box holds a map."


@pytest.fixture(scope="module")
def answering(tmp_path_factory):
    return train_small(tmp_path_factory.mktemp("answer"), steps=2).path


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + CONTEXT.replace("\n", "\r\n").encode())
    return path


def line(question, context=CONTEXT):
    return json.dumps({"question": question, "context": context}) + "\n"


def test_a_question_and_a_file(capsys, answering, text):
    code, out, err = run(capsys, "answer", answering, "--context", text, "--question", "What holds salt?")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["answer"]
    assert found["answer"] == CONTEXT[found["start"] : found["end"]]
    assert found["answer"] in found["sentence"]
    assert 0 < found["probability"] <= 1


def test_lines_are_answered_by_lines(capsys, answering):
    typed = line("What holds salt?") + "\n" + line("What holds a map?", "一个盒子。A box holds a map.")
    code, out, _ = run(capsys, "answer", answering, typed=typed)
    first, blank, last = map(json.loads, out.splitlines())
    assert (code, blank) == (0, None)
    assert first["answer"] == CONTEXT[first["start"] : first["end"]]
    _, out, _ = run(capsys, "answer", answering, "--top", 3, typed=typed)
    ranked = json.loads(out.splitlines()[2])
    assert ranked[0] == last
    assert [one["probability"] for one in ranked] == sorted((one["probability"] for one in ranked), reverse=True)


def test_what_stands_before_a_broken_line_is_answered(capsys, answering):
    code, out, err = run(capsys, "answer", answering, typed=line("What?") + "{]\n" + line("What?"))
    assert (code, out.count("\n")) == (2, 1)
    assert "line 2 is no JSON" in err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (line(""), "line 1 has no question"),
        (line("What?", " "), "line 1 has no context"),
        ("[]\n", "line 1 has no question"),
        ('{"question": "What?"}\n', "line 1 has no context"),
        (line("What is it? " * 40), "line 1 has 320 tokens and the model reads 48"),
        (b"\xff\n", "standard input:1 is not UTF-8"),
    ],
)
def test_lines_that_cannot_be_answered(capsys, answering, typed, said):
    assert said in refused(capsys, "answer", answering, typed=typed)


def test_what_is_wrong_is_said(capsys, answering, text, tiny, tmp_path):
    both = ["--context", text, "--question"]
    assert "the question is empty" in refused(capsys, "answer", answering, *both, " ")
    assert "--question is missing" in refused(capsys, "answer", answering, "--context", text)
    assert "--context is missing" in refused(capsys, "answer", answering, "--question", "What?")
    assert "--top must be 1 or more" in refused(capsys, "answer", answering, "--top", 0, *both, "What?")
    assert "there is no file" in refused(
        capsys, "answer", answering, "--context", tmp_path / "x", "--question", "What?"
    )
    assert "expected a model that answers questions" in refused(capsys, "answer", tiny.rnn, *both, "What?")
    assert "the question is named by a flag" in refused(capsys, "answer", answering, "What?")
    text.write_text("\n \n")
    assert "is empty: there is nothing to find an answer in" in refused(capsys, "answer", answering, *both, "What?")
