"""The demo from nothing to the prompt, made small; what it shows, and what it answers to what is typed."""

import io
import sys
from unittest.mock import patch

import pytest
from rich.console import Console

import heedful
from heedful.cli import demo as verb
from heedful.cli.demo import converse, show_attention, show_translations
from tests.cli.commands import refused, run
from tests.tasks.tiny import short_pairs, small_demo


@pytest.fixture(scope="module")
def translator(tiny):
    return heedful.load(tiny.both)


@pytest.fixture(autouse=True)
def _small():
    with small_demo():
        yield


@pytest.fixture
def paper():
    return Console(file=io.StringIO(), width=160, highlight=False)


def test_from_nothing_to_a_translator(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "demo")
    assert code == 0
    assert " words a side and " in err
    assert "zh → en" in out
    assert "a dictionary, word by word, en → zh: " in out
    assert sum(line.startswith(("✓ ", "✗ ")) for line in out.split("\n")) == 2 * verb.N_SHOWN
    assert "report         runs/demo/report.html\n" in out
    assert "your own text  heedful train translation --source FILE --target FILE --out runs/mine\n" in out
    assert "any time       heedful translate runs/demo --to en < in.txt\n" in out
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["demo", "demo-text"]
    assert "runs/demo is not empty" in refused_after_the_greeting(capsys, "demo", "--out", "runs/demo")


def refused_after_the_greeting(capsys, *arguments) -> str:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    return err.split("\n")[-2]


def test_unknown_flags_and_models(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--ot. Did you mean --out?" in refused(capsys, "demo", "--ot", "x")
    assert "'rmn' is not known; did you mean 'rnn'" in refused_after_the_greeting(capsys, "demo", "--model", "rmn")
    assert not list(tmp_path.iterdir())


class Mirror:
    """Translates a few sentences as it was told."""

    def __init__(self, answers):
        self.answers = answers

    def translate(self, texts, *, to):
        return [self.answers[text] for text in texts]


def test_what_differs_from_the_reference_is_said(paper):
    test = [(f"中{i}", f"[b]en{i}") for i in range(8)]
    answers = {**dict(test), **{english: chinese for chinese, english in test}, "中1": "else"}
    show_translations(paper, Mirror(answers), test)
    lines = paper.file.getvalue().split("\n")
    assert lines[:4] == ["✓ 中0  →  [b]en0", "✗ 中1  →  else", "    expected [b]en1", "✓ 中2  →  [b]en2"]
    assert lines[5] == "✓ [b]en4  →  中4"
    assert len(lines) == 8 + 1 + 1


def test_the_heat_map_has_words_on_both_sides(paper, translator):
    show_attention(paper, translator)
    lines = paper.file.getvalue().rstrip("\n").split("\n")
    assert lines[0].replace(" ", "") == verb.TRY


def test_a_model_without_attention_shows_no_map(paper, tiny):
    class Silent:
        def translate(self, texts, *, to):
            return ["x"]

        def attention(self, source, target, to):
            return None

    show_attention(paper, Silent())
    assert paper.file.getvalue() == ""


def conversation(paper, translator, typed: str) -> list[str]:
    with patch.object(sys, "stdin", io.StringIO(typed)):
        converse(paper, translator)
    return paper.file.getvalue().split("\n")


def test_both_languages_are_answered_until_an_empty_line(paper, translator):
    lines = conversation(paper, translator, "他来了。\nHe came.\n\nnever read\n")
    assert any(translator.translate(["他来了。"], to="en")[0] in line for line in lines)
    assert any(translator.translate(["He came."], to="zh")[0] in line for line in lines)
    assert not any("never read" in line for line in lines)


def test_words_that_the_corpus_does_not_have_are_marked(paper, translator):
    text = "\n".join(conversation(paper, translator, "He bought a xylophonist.\n"))
    assert "not in the corpus: He bought a xylophonist." in text
    again = Console(file=io.StringIO(), width=160)
    assert "not in the corpus" not in "\n".join(conversation(again, translator, f"{short_pairs('test', 1)[0][1]}\n"))


@pytest.mark.parametrize(
    ("typed", "said"), [("123", "that is neither Chinese nor English"), ("x y " * 600, "the model's window 1,022")]
)
def test_what_cannot_be_translated_ends_nothing(paper, translator, typed, said):
    text = "\n".join(conversation(paper, translator, f"{typed}\n他来了。\n"))
    assert said in text
    assert text.count("> ") >= 3


def test_ctrl_c_and_ctrl_d_end_it(paper, translator):
    conversation(paper, translator, "")
    with patch.object(paper, "input", side_effect=KeyboardInterrupt):
        converse(paper, translator)
