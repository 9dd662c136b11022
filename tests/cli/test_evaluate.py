"""`heedful evaluate`: one JSON object of the shape that was promised, or a table of the same figures."""

import json

import pytest

from heedful.run.facts import FIGURE_NAMES, in_words
from tests.cli.commands import refused, run
from tests.tasks.tiny import COUNTS, contents

NAMES = {"bleu", "bleu_lowercase", "chrf", "ter"}


def files(tiny, source="zh", target="en"):
    return "--source", tiny.texts / f"test.{source}", "--target", tiny.texts / f"test.{target}"


@pytest.mark.parametrize(("source", "target", "tokens"), [("zh", "en", "tok:13a"), ("en", "zh", "tok:zh")])
def test_json_is_one_object(capsys, tiny, source, target, tokens):
    code, out, err = run(capsys, "evaluate", tiny.both, *files(tiny, source, target), "--to", target, "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    values = json.loads(out)
    assert set(values) == {*NAMES, "sentences", "seconds", "tokens_per_second"}
    assert all(set(values[name]) == {"score", "low", "high", "signature"} for name in NAMES)
    assert tokens in values["bleu"]["signature"]
    assert "case:mixed" in values["bleu"]["signature"]
    assert "case:lc" in values["bleu_lowercase"]["signature"]
    assert values["sentences"] == COUNTS["test"]


def test_the_table_has_the_same_figures(capsys, tiny):
    _, out, _ = run(capsys, "evaluate", tiny.both, *files(tiny), "--to", "en", "--json")
    values = json.loads(out)
    code, out, err = run(capsys, "evaluate", tiny.both, *files(tiny), "--to", "en")
    assert (code, err) == (0, "")
    for name in NAMES:
        title = " ".join(FIGURE_NAMES[name])
        (row,) = [line for line in out.split("\n") if line.startswith(title) and line != title]
        assert f"{values[name]['score']:.2f}" in row
        assert f"\n{title}\n{values[name]['signature']}\n" in out
    assert f"{COUNTS['test']} sentences zh → en in " in out
    assert f"as a rule of thumb: {in_words(values['bleu']['score'])}\n" in out


def test_the_script_says_the_direction(capsys, tiny):
    _, out, _ = run(capsys, "evaluate", tiny.both, *files(tiny, "en", "zh"), "--json", "--beam", 1)
    assert "tok:zh" in json.loads(out)["bleu"]["signature"]


def test_translations_are_written_and_inputs_are_not(capsys, tiny, tmp_path):
    out = tmp_path / "out.en"
    before = contents(tiny.texts)
    assert run(capsys, "evaluate", tiny.both, *files(tiny), "--output", out, "--beam", 1)[0] == 0
    assert out.read_bytes().count(b"\n") == COUNTS["test"]
    said = refused(capsys, "evaluate", tiny.both, *files(tiny), "--output", tiny.texts / "test.en")
    assert "test.en is what is evaluated on: nothing is written over" in said
    for taken in (out, "/dev/null"):
        said = refused(capsys, "evaluate", tiny.both, *files(tiny), "--output", taken)
        assert f"{taken} exists already: nothing is written over; choose another --output" in said
    assert contents(tiny.texts) == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "give what to score on: --source and --target, or --tsv"),
        (["--source", "a"], "--target is missing"),
        (["--target", "a"], "--source is missing"),
        (["--tsv", "a", "--source", "b"], "not both"),
        (["--tsv", "absent.tsv"], "there is no file absent.tsv"),
        (["--tsv", "."], "is a folder: expected a text file"),
        (["--tsv", "absent.tsv", "--beam", "0"], "width is a whole number from 1 to 1,000"),
        (["--tsv", "absent.tsv", "--length-penalty", "inf"], "length_penalty"),
        (["--tsv", "absent.tsv", "--too", "en"], "Did you mean --to?"),
    ],
)
def test_bad_flags_are_one_line_and_2(capsys, tiny, flags, said):
    assert said in refused(capsys, "evaluate", tiny.both, *flags)


def test_bad_places_and_languages(capsys, tiny, tmp_path):
    whole = (tiny.both, *files(tiny))
    assert "is a folder" in refused(capsys, "evaluate", *whole, "--output", tmp_path)
    assert "create it first" in refused(capsys, "evaluate", *whole, "--output", tmp_path / "a" / "b")
    assert "does not translate into 'de'" in refused(capsys, "evaluate", *whole, "--to", "de")


def test_sides_exchanged_are_not_scored(capsys, tiny):
    said = refused(capsys, "evaluate", tiny.both, *files(tiny, "en", "zh"), "--to", "en")
    assert "test.en seems to be in the Latin script" in said
    assert "test.zh in the Han script, and zh → en is asked for: exchange --source and --target" in said


def test_one_side_in_another_language_is_scored_with_a_word(capsys, tiny, tmp_path):
    wrong = tmp_path / "wrong.en"
    wrong.write_bytes((tiny.texts / "test.zh").read_bytes())
    flags = ("--source", tiny.texts / "test.zh", "--target", wrong, "--to", "en", "--beam", 1)
    code, out, err = run(capsys, "evaluate", tiny.both, *flags)
    assert code == 0
    assert err == "heedful: the reference seems to be in the Han script, not in 'en': the figures may say nothing\n"
    assert "BLEU" in out


def test_bad_texts(capsys, tiny, tmp_path):
    short, long, latin, other = (tmp_path / name for name in ("short", "long", "latin", "other"))
    other.write_text("one\ntwo\n")
    short.write_text("one\n")
    long.write_text("ok\n" + "x y " * 600 + "\n")
    latin.write_bytes(b"ok\nna\xefve\n")
    source = tiny.texts / "test.zh"

    def evaluate(one, two):
        return refused(capsys, "evaluate", tiny.both, "--source", one, "--target", two, "--to", "en")

    assert f"got {COUNTS['test']} and 1" in evaluate(source, short)
    assert "sentence 2 has 1," in evaluate(long, other)
    assert "latin:2 is not UTF-8: byte 0xEF at offset 5" in evaluate(latin, other)
    assert "--source and --target are one file" in evaluate(source, source)


def test_against_another_run_and_in_groups(capsys, tiny):
    whole = ("evaluate", tiny.both, *files(tiny, "en", "zh"), "--to", "zh", "--beam", 1)
    code, out, err = run(capsys, *whole, "--against", tiny.rnn, "--groups", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    values = json.loads(out)
    assert set(values) == {*NAMES, "sentences", "seconds", "tokens_per_second", "against", "groups"}
    against = values["against"]
    assert set(against) == {"name", *NAMES, "seconds", "tokens_per_second", "comparisons", "verdict"}
    assert "tok:zh" in against["bleu"]["signature"]
    for name in NAMES:
        assert set(against["comparisons"][name]) == {"difference", "low", "high", "p_value", "wins"}
        difference = values[name]["score"] - against[name]["score"]
        assert against["comparisons"][name]["difference"] == pytest.approx(difference)
    assert [group["sentences"] for group in values["groups"]["length"]] == [COUNTS["test"]]
    assert values["groups"]["length"][0]["too_few"]
    code, out, err = run(capsys, *whole, "--against", tiny.rnn, "--groups")
    assert (code, err) == (0, "")
    assert f"\n{against['verdict']}\n" in out
    assert "how often training read the rarest word" in out
    assert "length of the source: left out, no part of the text has 10 sentences\n" in out


def test_against_what_is_no_other_system(capsys, tiny, tmp_path):
    whole = (tiny.both, *files(tiny), "--to", "en")
    short = tmp_path / "short"
    short.write_text("one\n")
    for path, said in (
        (tiny.both, "is the run that is scored"),
        (tiny.texts, "is no run directory"),
        (tmp_path / "absent", "does not exist"),
        (tiny.rnn, "translates en → zh, and zh → en is scored"),
        (tiny.texts / "test.en", "is the reference itself"),
        (short, f"got 1 lines for {COUNTS['test']}"),
    ):
        assert said in refused(capsys, "evaluate", *whole, "--against", path)


def test_behaviour_needs_no_text_and_goes_with_one(capsys, tiny, tmp_path):
    code, out, err = run(capsys, "evaluate", tiny.both, "--behaviour", "--to", "en", "--json")
    assert (code, err) == (0, "")
    alone = json.loads(out)
    assert set(alone) == {"behaviour"}
    assert alone["behaviour"]["checks"]
    flags = ("--to", "en", "--beam", 1, "--behaviour", "--json")
    code, out, err = run(capsys, "evaluate", tiny.both, *files(tiny), *flags)
    assert (code, err) == (0, "")
    both = json.loads(out)
    assert both["bleu"]["score"] >= 0
    assert both["behaviour"]["n_pairs"] == COUNTS["test"]
    code, out, err = run(capsys, "evaluate", tiny.both, "--behaviour", "--to", "en")
    assert (code, err) == (0, "")
    assert "what it should do" in out
    said = refused(capsys, "evaluate", tiny.both, "--behaviour", "--groups", "--to", "en")
    assert "--groups, --against and --output need a text" in said
