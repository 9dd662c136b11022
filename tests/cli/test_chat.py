"""What is said in, what is replied out, with the turns before it in mind."""

import pytest

from heedful.tasks.writer import Writer
from tests.cli.commands import refused, run
from tests.tasks.written import ask, dialogues, summaries, train_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    talk = ask(dialogues(folder / "data"), folder / "talk", turns=3, source_column="en", steps=3, long="refuse")
    return {
        "talk": train_small(talk).path,
        "short": train_small(ask(summaries(folder / "data"), folder / "short", steps=1)).path,
    }


def test_each_turn_is_answered_with_those_before_it_in_mind(runs, capsys):
    code, out, err = run(capsys, "chat", runs["talk"], typed="red cat\nold dog\n\nold dog\n")
    assert (code, err) == (0, "")
    writer = Writer.load(runs["talk"])
    first = writer.reply(["red cat"])
    second = writer.reply(["red cat", first, "old dog"])
    assert out.split("\n") == [first, second, "", writer.reply(["old dog"]), ""]


def test_chance_is_seeded(runs, capsys):
    again = [run(capsys, "chat", runs["talk"], "--sample", "--seed", 3, typed="red cat\n")[1] for _ in range(2)]
    assert again[0] == again[1]


def test_a_full_window_ends_nothing(runs, capsys):
    writer = Writer.load(runs["talk"])
    room = writer.engine.model.max_len - 2
    full = " ".join(["cat"] * (room // len(writer.engine.tokenizer.encode("cat"))))
    assert not writer.engine.excess(full)
    code, out, err = run(capsys, "chat", runs["talk"], typed=f"red cat\n{full} {full}\n{full}\n")
    lines = out.split("\n")
    assert (code, lines) == (2, [writer.reply(["red cat"]), "", writer.reply([full]), ""])
    assert "the window is full: the oldest 2 turns are forgotten" in err and "tokens and the model's window" in err
    code, _, err = run(capsys, "chat", runs["talk"], typed=f"{full} {full}\n", terminal=True)
    assert code == 0 and "tokens and the model's window" in err


def test_at_a_terminal_it_says_what_to_do(runs, capsys):
    code, _, err = run(capsys, "chat", runs["talk"], typed="red cat\n", terminal=True)
    assert code == 0
    assert "an empty line begins anew" in err


def test_a_run_of_single_texts_is_refused(runs, capsys):
    said = refused(capsys, "chat", runs["short"], typed="a\n")
    assert "was trained on single texts, not on dialogue: use heedful summarize" in said
