"""Texts in, what a model writes of them out, line by line."""

import json

import pytest

from tests.cli.commands import refused, run
from tests.tasks.written import ask, summaries, train_small


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    folder = tmp_path_factory.mktemp("summarize")
    return train_small(ask(summaries(folder / "data"), folder / "short")).path


def test_each_line_belongs_to_its_line(short, capsys):
    code, out, err = run(capsys, "summarize", short, typed="The red cat.\n\nA dog\n")
    assert (code, err) == (0, "")
    assert out.count("\n") == 3
    assert out.split("\n")[1] == ""


def test_json_says_what_stopped_it(short, capsys):
    _, out, _ = run(capsys, "summarize", short, "--json", "--beam", 2, typed="The red cat.\n")
    row = json.loads(out)
    assert row["source"] == "The red cat."
    assert row["stopped"] in ("eos", "length", "repetition")


def test_a_text_beyond_the_window_is_an_empty_line_and_the_exit_code_says_so(short, capsys):
    typed = f"a cat\n{'cat ' * 1500}\n"
    code, out, err = run(capsys, "summarize", short, typed=typed)
    assert code == 2
    assert out.split("\n")[1:] == ["", ""]
    assert "1 texts are longer than the model's window" in err
    assert "in line 2" in err
    code, out, err = run(capsys, "summarize", short, "--long", "leading", typed=typed)
    assert err == ""
    assert (code, out.count("\n")) == (0, 2)


def test_another_run_is_refused(short, tiny, capsys):
    assert "expected a run of `heedful train text`" in refused(capsys, "summarize", tiny.both, typed="a\n")
    assert "expected a translator" in refused(capsys, "translate", short, typed="a\n")


def test_a_text_that_is_none_is_refused(short, capsys):
    code, out, err = run(capsys, "summarize", short, typed=b"a cat\n\xff\n")
    assert code == 2
    assert out.count("\n") == 1
    assert "standard input:2 is not UTF-8" in err
