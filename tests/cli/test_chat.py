"""What is said in, what is replied out, with the turns before it in mind."""

import pytest

from heedful.tasks.writer import Writer
from tests.cli.commands import refused, run
from tests.tasks.written import ask, dialogues, summaries, train_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    talk = ask(dialogues(folder / "data"), folder / "talk", turns=3, source_column="en", steps=3)
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


def test_at_a_terminal_it_says_what_to_do(runs, capsys):
    code, _, err = run(capsys, "chat", runs["talk"], typed="red cat\n", terminal=True)
    assert code == 0
    assert "an empty line begins anew" in err


def test_a_run_of_single_texts_is_refused(runs, capsys):
    said = refused(capsys, "chat", runs["short"], typed="a\n")
    assert "was trained on single texts, not on dialogue: use heedful summarize" in said
