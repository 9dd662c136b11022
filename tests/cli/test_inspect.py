"""The verdict reaches the reader: as a table with places and advice, as JSON, and as an exit code."""

import json
import re

import pytest

from heedful.cli import inspect as verb
from heedful.cli.main import main
from heedful.data.text import ParallelText
from heedful.data.verdict import inspect


@pytest.fixture
def files(tmp_path):
    """Two aligned files with one empty line and one repeated pair."""
    german = ["ein Hund läuft", "die Katze schläft heute", "", "ein Hund läuft", "wir trinken Wasser"]
    english = ["a dog runs", "the cat sleeps today", "alone", "a dog runs", "we drink water"]
    paths = [tmp_path / "train.de", tmp_path / "train.en"]
    for path, lines in zip(paths, (german, english), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return paths


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["inspect", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_the_table_says_what_where_and_what_to_do(capsys, files):
    code, out, err = run(capsys, "--source", files[0], "--target", files[1])
    assert (code, err) == (0, "")
    assert "5 lines, 4 with text on both sides" in out
    assert "!  Empty lines         1  20.0%  they are left out" in out
    assert "·  Repeated pairs      1  20.0%  remove repeats" in out
    assert f"{files[0]}:3  beside 'alone'" in out
    assert f"{files[0]}:4  the same as line 1" in out
    assert out.endswith("This can be trained on; one thing marked ! would make it better.\n")


def test_json_is_the_verdict_itself(capsys, files):
    code, out, err = run(capsys, "--source", files[0], "--target", files[1], "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(json.dumps(inspect(ParallelText(*files), "de", "en").to_json()))


def test_one_file_with_two_columns(capsys, tmp_path):
    path = tmp_path / "pairs.zh-en.tsv"
    path.write_text("我喝茶\tI drink tea\n他来了\the has come\n", encoding="utf-8")
    code, out, _ = run(capsys, "--tsv", path)
    assert code == 0
    assert "This can be trained on as it is." in out
    assert re.search(r"zh, Han +3\.0 characters a line", out)
    assert re.search(r"Latin +3\.0 words a line", out)


def test_what_train_would_refuse_exits_with_2(capsys, tmp_path):
    path = tmp_path / "one.tsv"
    path.write_text("ja\tyes\n", encoding="utf-8")
    code, out, err = run(capsys, "--tsv", path)
    assert (code, err) == (2, "")
    assert "✗  Too little text" in out
    assert "This cannot be trained on: too little text; give at least 2 pairs" in out
    assert run(capsys, "--tsv", path, "--json")[0] == 2


def test_a_held_out_text_that_leaks_is_found(capsys, files, tmp_path):
    held = tmp_path / "held.tsv"
    held.write_text("ein Hund läuft\ta dog runs\nsie kommt\tshe comes\n", encoding="utf-8")
    _, out, _ = run(capsys, "--source", files[0], "--target", files[1], "--dev-tsv", held)
    assert "Held-out pairs in the training text  " in out
    assert f"{held}:1" in out
    assert f"looked for sentences of {held} in it: some are there, see below\n" in out


def test_a_held_out_text_that_does_not_leak_is_named(capsys, files, tmp_path):
    held = [tmp_path / "dev.de", tmp_path / "dev.en"]
    for path in held:
        path.write_text(f"{path.suffix}\n")
    flags = ("--source", files[0], "--target", files[1], "--dev-source", held[0], "--dev-target", held[1])
    _, out, _ = run(capsys, *flags)
    assert f"looked for sentences of {held[0]} and {held[1]} in it: none is there\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the text to inspect: --source and --target, or --tsv"),
        (["--source", "a"], "--target is missing"),
        (["--source", "a", "--target", "b", "--tsv", "c"], "not both"),
        (["--tsv", "no/such.tsv"], "no/such.tsv"),
        (["--tsv", "a", "--dev-source", "b"], "--dev-target is missing"),
    ],
)
def test_bad_flags_are_one_line_and_2(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_files_of_different_length_are_one_line_and_2(capsys, files):
    files[1].write_text("only\none\n", encoding="utf-8")
    code, out, err = run(capsys, "--source", files[0], "--target", files[1])
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "5 and 2" in err


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("train.de", "train.en.gz", ("de", "en")),
        ("pairs.en-zh.tsv", None, ("en", "zh")),
        ("pairs.tsv", None, (None, None)),
        ("notes.txt", "train.fr", (None, "fr")),
    ],
)
def test_languages_are_read_from_the_names(tmp_path, source, target, expected):
    text = ParallelText(tmp_path / source, tmp_path / target if target else None)
    assert verb.languages(text) == expected
