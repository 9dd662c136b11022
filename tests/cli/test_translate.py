"""Lines in, lines out: as many, in their order, as UTF-8, in one direction, whatever the locale says."""

import json
import os
import re
import subprocess
import sys
from unittest.mock import patch

import pytest

import heedful
from heedful.cli import translate as verb
from heedful.cli.incoming import Chunk
from heedful.cli.main import main
from tests.cli.commands import refused, run
from tests.tasks.tiny import short_pairs

PAIRS = short_pairs("train", 3)
CHINESE = [chinese for chinese, _ in PAIRS]
ENGLISH = [english for _, english in PAIRS]
LONG = "我们 " * 600


@pytest.fixture(scope="module")
def translator(tiny):
    return heedful.load(tiny.both)


def test_each_line_is_answered_by_a_line(capsys, tiny, translator):
    lines = ["", CHINESE[1], "  ", CHINESE[0], CHINESE[2], ""]
    code, out, err = run(capsys, "translate", tiny.both, "--to", "en", typed="\n".join(lines) + "\n")
    assert (code, err) == (0, "")
    assert out.split("\n") == [*translator.translate(lines, to="en"), ""]
    assert out.startswith("\n")


def test_chunks_do_not_show(capsys, tiny, translator, monkeypatch):
    monkeypatch.setattr(verb, "CHUNK", 2)
    lines = ["", "", *CHINESE, ENGLISH[0], ""]
    _, out, _ = run(capsys, "translate", tiny.both, typed="\n".join(lines) + "\n")
    # The first line with text decides for all.
    assert out.split("\n")[:-1] == [translator.translate([line], to="en")[0] for line in lines]


@pytest.mark.parametrize(("lines", "to"), [(CHINESE, "en"), (ENGLISH, "zh")])
def test_the_script_decides_where_nothing_is_said(capsys, tiny, translator, lines, to):
    _, out, _ = run(capsys, "translate", tiny.both, typed="\n".join(lines))
    assert out.splitlines() == translator.translate(lines, to=to)


@pytest.mark.parametrize("typed", ["", "\n", "\n  \n\n"])
def test_nothing_in_nothing_out(capsys, tiny, typed):
    code, out, err = run(capsys, "translate", tiny.both, typed=typed)
    assert (code, out, err) == (0, "\n" * typed.count("\n"), "")


def test_line_ends_marks_and_separators(capsys, tiny, translator):
    raw = b"\xef\xbb\xbf" + f"{CHINESE[0]}\r\n{CHINESE[1]}\u2028{CHINESE[2]}".encode()
    _, out, _ = run(capsys, "translate", tiny.both, typed=raw)
    assert out.split("\n")[:-1] == translator.translate([CHINESE[0], f"{CHINESE[1]}\u2028{CHINESE[2]}"], to="en")


def test_json_has_scores_and_what_stopped_each(capsys, tiny, translator):
    _, out, _ = run(capsys, "translate", tiny.both, "--to", "en", "--json", "--n-best", 2, typed=f"{CHINESE[0]}\n\n")
    first, second = map(json.loads, out.splitlines())
    assert first["source"] == CHINESE[0]
    assert [set(answer) for answer in first["translations"]] == [{"text", "score", "stopped"}] * 2
    assert first["translations"][0]["text"] == translator.translate(CHINESE[:1], to="en")[0]
    assert second == {"source": "", "translations": [{"text": "", "score": 0.0, "stopped": "eos"}]}


def test_every_line_has_as_many_answers_as_asked_for(capsys, tiny):
    flags = ("--to", "en", "--n-best", 3, "--beam", 4)
    _, out, _ = run(capsys, "translate", tiny.both, *flags, typed=f"{CHINESE[0]}\n\n{CHINESE[1]}\n")
    assert out.split("\n")[3:6] == ["", "", ""]
    assert out.count("\n") == 9


def test_a_prefix_begins_every_line_that_has_text(capsys, tiny):
    flags = ("--to", "en", "--prefix", "My old", "--beam", 1)
    _, out, _ = run(capsys, "translate", tiny.both, *flags, typed=f"{CHINESE[0]}\n\n{CHINESE[1]}\n")
    first, second, third = out.split("\n")[:3]
    assert first.startswith("My old")
    assert second == ""
    assert third.startswith("My old")


def test_a_single_direction(capsys, tiny):
    _, out, _ = run(capsys, "translate", tiny.rnn, typed=f"{ENGLISH[0]}\n")
    assert out == heedful.load(tiny.rnn).translate(ENGLISH[:1])[0] + "\n"


def test_what_speaks_against_a_text_is_said_once(capsys, tiny):
    flags = ("translate", tiny.both, "--to", "en", "--beam", 1)
    code, out, err = run(capsys, *flags, typed="It rains.\n" * 3)
    assert (code, out.count("\n")) == (0, 3)
    already = "heedful: the text seems to be in 'en' already, the language that it is to be translated into"
    assert err == f"{already}; --to zh translates it\n"


def test_lines_that_may_come_out_short_are_counted(capsys, tiny, monkeypatch):
    monkeypatch.setattr(verb, "CHUNK", 2)
    text = "他来了。\n他来了。我也来了。\n\n他来了！她走了？\n"
    code, out, err = run(capsys, "translate", tiny.both, "--beam", 1, typed=text)
    assert (code, out.count("\n"), err.count("\n")) == (0, 4, 1)
    assert err.startswith("heedful: 2 lines, the first of them line 2: more than one sentence, and this model learned")


def test_what_is_typed_is_warned_about_at_once_and_once(capsys, tiny):
    typed = "他来了。我也来了。\n" * 2
    _, _, err = run(capsys, "translate", tiny.both, "--beam", 1, typed=typed, terminal=True)
    assert err.count("more than one sentence") == 1
    assert "heedful: line 1: more than one sentence" in err


def test_what_is_typed_is_answered_line_by_line_and_a_mistake_ends_nothing(capsys, tiny, translator):
    typed = f"{CHINESE[0]}\n123\n{ENGLISH[0]}\n"
    code, out, err = run(capsys, "translate", tiny.both, typed=typed, terminal=True)
    assert code == 0
    assert out.splitlines() == [translator.translate([line])[0] for line in (CHINESE[0], ENGLISH[0])]
    assert f"Loaded {tiny.both}" in err
    assert "heedful: this model translates into en and zh: say which with --to" in err


def test_closed_standard_input_is_told(capsys, tiny):
    with patch.object(sys, "stdin", None):
        assert main(["translate", str(tiny.both)]) == 2
    assert "expected text on standard input, and it is closed" in capsys.readouterr().err


@pytest.mark.parametrize(("bad", "said"), [(b"\xff\xfe", "is not UTF-8"), (b"a\0b", "holds a NUL")])
def test_what_came_before_a_bad_line_is_there(capsys, tiny, bad, said):
    code, out, err = run(capsys, "translate", tiny.both, typed=CHINESE[0].encode() + b"\n" + bad + b"\n")
    assert (code, out.count("\n")) == (2, 1)
    assert f"standard input:2 {said}" in err
    assert err.endswith("; lines answered before it: 1\n")


@pytest.mark.parametrize("chunk", [1, 2048])
def test_a_bad_line_hides_neither_answers_nor_lines_that_were_left_out(capsys, tiny, monkeypatch, chunk):
    monkeypatch.setattr(verb, "CHUNK", chunk)
    typed = f"{CHINESE[0]}\n{LONG}\n".encode() + b"\xff\n" + CHINESE[1].encode()
    code, out, err = run(capsys, "translate", tiny.both, "--beam", 1, typed=typed)
    assert (code, out.count("\n")) == (2, 2)
    first, second = err.splitlines()
    assert first.startswith("heedful: line 2: 1,")
    assert second.startswith("heedful: standard input:3 is not UTF-8")
    assert second.endswith("; lines answered before it: 2")


def test_a_bad_line_that_is_typed_ends_nothing(capsys, tiny, translator):
    typed = b"\n".join([CHINESE[0].encode(), b"\xff", LONG.encode(), CHINESE[1].encode()])
    code, out, err = run(capsys, "translate", tiny.both, typed=typed, terminal=True)
    assert (code, out.splitlines()) == (0, [translator.translate([line])[0] for line in CHINESE[:2]])
    assert "heedful: standard input:2 is not UTF-8" in err
    assert "the model's window 1,022: split it into sentences" in err


def test_who_stops_it_is_told_how_far_it_came(capsys, tiny, monkeypatch):
    def stop(self, chunk, *more, **named):
        if chunk.first == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(verb, "CHUNK", 2)
    monkeypatch.setattr(verb.Conversation, "answer", stop)
    found = run(capsys, "translate", tiny.both, "--to", "en", typed="a\nb\nc\n")
    assert found == (130, "", "heedful: stopped; lines answered until then: 2\n")


@pytest.mark.parametrize("chunk", [2, 2048])
def test_a_line_beyond_the_window_is_answered_by_an_empty_one_and_2(capsys, tiny, translator, monkeypatch, chunk):
    monkeypatch.setattr(verb, "CHUNK", chunk)
    text = f"\n{CHINESE[0]}\n\n{LONG}\n{CHINESE[1]}\n{LONG}"
    code, out, err = run(capsys, "translate", tiny.both, "--to", "en", typed=text)
    first, second = translator.translate(CHINESE[:2], to="en")
    assert (code, out) == (2, f"\n{first}\n\n\n{second}\n\n")
    assert re.fullmatch(
        r"heedful: 2 lines, the first of them line 4: 1,\d+ tokens and the model's window 1,022; split it .*\n", err
    )
    _, out, _ = run(capsys, "translate", tiny.both, "--to", "en", "--json", typed=LONG)
    assert json.loads(out) == {"source": LONG, "translations": [{"text": "", "score": 0.0, "stopped": "window"}]}


def test_a_language_that_is_not_there_is_refused_before_any_text(capsys, tiny):
    assert "does not translate into 'fr'" in refused(capsys, "translate", tiny.both, "--to", "fr")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--beam", 0), "a beam's width is a whole number from 1 to 1,000: got width=0"),
        (
            ("--n-best", 6),
            "from 1 to the beam's width, here 5: got n_best=6; widen the beam to 6, or ask for 5 at most",
        ),
        (("--n-best", 0), "from 1 to the beam's width, here 5: got n_best=0; 1 gives the best answer alone"),
        (("--n-best", -1), "got n_best=-1; 1 gives the best answer alone"),
        (("--length-penalty", -1), "length_penalty is a number from 0 to 100: got -1"),
        (("--length-penalty", "nan"), "length_penalty"),
        (("--to", "fr"), "does not translate into 'fr'; choose from en, zh"),
        (("--device", "tpu"), "device is 'cpu' or 'cuda': got 'tpu'"),
        (("--prefix", "a b " * 700, "--to", "en"), "the prefix of sentence 1 has"),
        (("--beem", 3), "--beem. Did you mean --beam?"),
        (("--beam", "three"), "three"),
    ],
)
def test_bad_flags_are_one_line_and_2(capsys, tiny, flags, said):
    assert said in refused(capsys, "translate", tiny.both, *flags, typed=f"{CHINESE[0]}\n")


@pytest.mark.slow
def test_output_is_utf8_whatever_the_locale_says(tiny):
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "heedful", "translate", str(tiny.both), "--prefix", "我们"]
    found = subprocess.run(command, input=ENGLISH[0].encode() + b"\n", capture_output=True, env=environment)
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout.decode("utf-8").startswith("我们")


@pytest.mark.slow
def test_a_slow_pipe_is_answered_line_by_line_and_a_closed_one_ends_it(tiny):
    command = [sys.executable, "-m", "heedful", "translate", str(tiny.both), "--to", "en", "--beam", "1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        for line in CHINESE:
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().endswith(b"\n")
        process.stdout.close()
        # Nobody reads any more, and it is said by the exit code alone.
        process.stdin.write(f"{CHINESE[0]}\n".encode() * 2)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 128 + 13


class Telling:
    """A translator that knows the language from a word."""

    def told(self, lines):
        return ("en", "zh") if any("dog" in line for line in lines) else None


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ([["OK"], ["a dog"], ["x"]], [["OK", "a dog"], ["x"]]),
        ([["a dog"], ["x"]], [["a dog"], ["x"]]),
        ([["OK"], ["yes"]], [["OK", "yes"]]),
        ([["OK"], ["a"], ["b"], ["c"]], [["OK", "a", "b"], ["c"]]),
        ([["", "", ""], ["x"], ["a dog"]], [["", "", ""], ["x", "a dog"]]),
    ],
)
def test_a_slow_text_is_read_until_its_language_is_told(monkeypatch, arrivals, expected):
    """As far as a chunk reaches; the numbers of lines and bytes go on."""
    monkeypatch.setattr(verb, "CHUNK", 3)
    chunks, first = [], 1
    for lines in arrivals:
        chunks.append(Chunk(first, lines, 10 * (first - 1), 10 * (first - 1 + len(lines))))
        first += len(lines)
    found = list(verb.directed(chunks, Telling(), None))
    assert [chunk.lines for chunk, _ in found] == expected
    seen: list[str] = []
    for chunk, direction in found:
        seen += chunk.lines
        assert direction == Telling().told(seen)
        assert chunk.end - chunk.start == 10 * len(chunk.lines)
        assert chunk.start == 10 * (chunk.first - 1)
