"""What people get wrong: one line, exit code 2, nothing written over, and nothing left that blocks a second try."""

import gzip
import os
import re
import shutil
from pathlib import Path

import pytest

from heedful.run import disk
from heedful.run.directory import RunDirectory
from tests.cli.commands import refused, run
from tests.run.faults import Disk
from tests.tasks.tiny import ask, contents, flags, short_pairs, small


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


PAIRS = short_pairs("train", 120)
CHINESE, ENGLISH = ([pair[side] for pair in PAIRS] for side in (0, 1))
LONG = "word " * 1100


def lines(texts) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def with_line(number: int, content: bytes) -> bytes:
    """The Chinese text with another line at a place."""
    rows = lines(CHINESE).split(b"\n")
    rows[number - 1] = content
    return b"\n".join(rows)


ZH, EN = lines(CHINESE), lines(ENGLISH)
# What the source file holds, what the target file holds, and what is said of it.
TEXTS = {
    "one line less": (ZH, lines(ENGLISH[:-1]), "as many lines: got 120 and 119"),
    "a line lost in the middle": (ZH, lines(ENGLISH[:40] + ENGLISH[41:]), "got 120 and 119"),
    "latin-1": (with_line(7, b"caf\xe9"), EN, "a.zh:7 is not UTF-8: byte 0xE9 at offset"),
    "utf-16": ("".join(CHINESE).encode("utf-16"), EN, "a.zh is UTF-16: expected UTF-8; convert it with iconv"),
    "nothing": (b"", b"", "a.zh is empty"),
    "nothing on one side": (b"", EN, "a.en has, 120; restore it or name another"),
    "one line": (lines(CHINESE[:1]), lines(ENGLISH[:1]), "too little text (1 of 1 lines)"),
    "empty lines": (b"\n" * 200, b"\n" * 200, "too little text (0 of 200 lines)"),
    "few lines": (lines(CHINESE[:99]), lines(ENGLISH[:99]), "at least 100 pairs with text on both sides: got 99"),
    "the same text": (EN, EN, "the two sides are one text (120 of 120 lines)"),
    "one sentence again and again": (lines(CHINESE[:1] * 150), lines(ENGLISH[:1] * 150), "that share no sentence"),
    "a NUL": (with_line(9, b"a\0b"), EN, "a.zh:9 holds a NUL"),
    "old Mac lines": (with_line(3, b"a\rb"), EN, "a.zh:3 holds a carriage return inside the line"),
    "no lines at all": (b"x" * (2 << 20), EN, "a.zh:1 is longer than 1,048,576 bytes"),
    "gzip cut short": (gzip.compress(ZH)[:-20], EN, "a.zh is a gzip file cut short"),
    "gzip damaged": (gzip.compress(ZH)[:100] + b"!" + gzip.compress(ZH)[101:], EN, "a.zh is a damaged gzip file"),
}


def refused_and_free(capsys, out: Path, *words: object) -> str:
    """The one line; and a second try is possible."""
    said = refused(capsys, *words)
    RunDirectory(out).check_free()
    assert not out.exists() or set(contents(out)) <= {"training/lock"}
    return said


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_cannot_be_trained_on(capsys, tmp_path, name):
    source, target, said = TEXTS[name]
    (tmp_path / "a.zh").write_bytes(source)
    (tmp_path / "a.en").write_bytes(target)
    before, out = contents(tmp_path), tmp_path / "runs" / "x"
    named = ("--source", tmp_path / "a.zh", "--target", tmp_path / "a.en", "--out", out, "--steps", 1)
    assert said in refused_and_free(capsys, out, "train", "translation", *named)
    assert before.items() <= contents(tmp_path).items()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (b"a\tb\nno tab\n", "a.tsv:2 must hold exactly one tab, between source and target: got 0"),
        (b"a\tb\nc\td\te\n", "a.tsv:2 must hold exactly one tab, between source and target: got 2"),
        (b"", "a.tsv is empty"),
    ],
)
def test_tables_that_are_none(capsys, tmp_path, rows, said):
    (tmp_path / "a.tsv").write_bytes(rows)
    out = tmp_path / "x"
    assert said in refused_and_free(capsys, out, "train", "translation", "--tsv", tmp_path / "a.tsv", "--out", out)
    assert said in refused(capsys, "inspect", "--tsv", tmp_path / "a.tsv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", None], "--source and --target belong together: --target is missing"),
        (["--source", None], "--source is missing"),
        (["--dev-target", None], "--dev-source and --dev-target belong together: --dev-target is missing"),
        (["--test-source", None], "--test-source is missing"),
        (["--tsv", "x"], "not both"),
        (["--target", "SOURCE"], "train.zh as --source and --target; name another"),
        (["--dev-source", "SOURCE"], "train.zh as --source and --dev-source; name another"),
        (["--test-target", "DEV"], "as --dev-target and --test-target"),
        (["--source", "TEXTS"], "is a folder: expected a text file; name a file in it, such as all.en-zh.tsv"),
        (["--dev-source", "TEXTS"], "is a folder: expected a text file"),
        (["--source", "absent/a"], "there is no file absent/a: the folder absent does not exist"),
        (["--test-source", "absent"], "there is no file absent"),
        (["--minutes", "1"], "one of minutes, epochs, steps and flops: got minutes=1.0 and steps=6; keep one"),
        (["--steps", None, "--minutes", "0"], "minutes must be above 0: got 0"),
        (["--steps", None, "--epochs", "-1"], "epochs must be above 0: got -1"),
        (["--steps", "-3"], "steps must be above 0: got -3"),
        (["--steps", "0"], "steps must be above 0: got 0"),
        (["--steps", "ten"], "ten"),
        (["--seed", "-1"], "seed is a whole number from 0"),
        (["--device", "gpu"], "device is 'cpu' or 'cuda': got 'gpu'"),
        (["--model", "transformers"], "model 'transformers' is not known; did you mean 'transformer'"),
        (
            ["--source-language", "cn"],
            "--source-language is a language code such as 'en', 'zh' or 'pt-BR': got 'cn'",
        ),
        (["--target-language", "zh_CN"], "both sides seem to be in 'zh'"),
        (["--learning-rate", "1"], "--learning-rate"),
        (["--minute", "1"], "--minute. Did you mean --minutes?"),
    ],
)
def test_requests_that_cannot_be(capsys, tiny, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    places = {"SOURCE": tiny.texts / "train.zh", "DEV": tiny.texts / "dev.en", "TEXTS": tiny.texts}
    asked = flags(ask(tiny.texts, tmp_path / "x"))
    for flag, value in zip(words[::2], words[1::2], strict=True):
        if flag in asked:
            at = asked.index(flag)
            del asked[at : at + 2]
        asked += [] if value is None else [flag, str(places.get(value, value))]
    assert said in refused_and_free(capsys, tmp_path / "x", *asked)
    assert not list(tmp_path.iterdir())


def test_another_task_and_another_verb(capsys):
    assert "translation" in refused(capsys, "train", "translations", "--out", "x")
    assert "did you mean 'translate'" in refused(capsys, "tranlate", "x")


def test_held_out_sentences_beyond_the_window(capsys, tiny, tmp_path):
    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    rows = (texts / "test.en").read_text().splitlines()
    (texts / "test.en").write_bytes(lines([*rows[:2], LONG, *rows[3:]]))
    out = tmp_path / "x"
    said = refused_and_free(capsys, out, *flags(ask(texts, out)))
    assert re.search(r"test\.en:3 has [\d,]+ tokens and the model's window 1,022: split it into sentences", said)
    assert "nothing is cut in silence" in said
    (texts / "test.en").write_bytes(lines(rows))
    assert run(capsys, *flags(ask(texts, out, steps=1, both_directions=False)))[0] == 0


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("file", "file is a file, expected a folder"),
        ("file/x", "file"),
        ("full", "full is not empty: nothing is written over"),
        ("a/b/c", "does not exist: create it first, or choose another --out"),
        ("x" * 300, "File name too long; choose a shorter name"),
    ],
)
def test_places_that_cannot_be_written_to(capsys, tiny, tmp_path, place, said):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letters.txt").write_text("mine")
    before = contents(tmp_path)
    assert said in refused(capsys, *flags(ask(tiny.texts, tmp_path / place)))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("verb", ["translate", "evaluate"])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("none", "does not exist"),
        ("file", "is a file, expected a run directory"),
        ("empty", "is no run directory: config.json is missing"),
        ("x" * 300, "File name too long; choose a shorter name"),
        ("begun", "is not finished"),
    ],
)
def test_runs_that_are_none(capsys, tiny, tmp_path, verb, place, said):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    RunDirectory.create(tmp_path / "begun")
    text = () if verb == "translate" else ("--tsv", tiny.texts / "all.en-zh.tsv")
    assert said in refused(capsys, verb, tmp_path / place, *text, typed="x\n")


def test_any_flipped_bit_and_any_missing_file_is_named(capsys, tiny, tmp_path):
    copy = shutil.copytree(tiny.both, tmp_path / "copy", ignore=shutil.ignore_patterns("training"))
    for name, content in contents(copy).items():
        path = copy / name
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :])
        assert name in refused(capsys, "translate", copy, typed="x\n")
        path.write_bytes(content[:-1])
        assert name in refused(capsys, "translate", copy, typed="x\n")
        path.unlink()
        assert name in refused(capsys, "evaluate", copy, "--tsv", tiny.texts / "all.en-zh.tsv")
        path.write_bytes(content)
    assert run(capsys, "translate", copy, "--to", "zh", typed="x\n")[0] == 0


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def stopped(tiny, tmp_path, capsys, monkeypatch):
    """A run that was stopped after its last step."""
    from heedful.tasks import translation

    with monkeypatch.context() as patched:
        patched.setattr(translation, "publish", interrupted)
        options = ask(tiny.texts, tmp_path / "x", steps=2, both_directions=False)
        code, out, err = run(capsys, *flags(options))
    assert (code, out) == (130, "")
    assert "Go on with: heedful train translation --out" in err
    return tmp_path / "x"


def test_damage_to_what_training_goes_on_from_is_named(capsys, stopped, tmp_path):
    again = ("train", "translation", "--out", stopped, "--resume")
    training, whole = stopped / "training", shutil.copytree(stopped / "training", tmp_path / "whole")
    for name, content in contents(whole).items():
        if name in ("lock", "events.jsonl"):
            continue
        path = training / name
        flipped, cut = bytes([content[0] ^ 1]) + content[1:], content[: len(content) // 2]
        # A journal that was cut is a shorter curve, and no more.
        for damaged in (flipped, cut) if name.startswith("checkpoint") else (flipped,):
            path.write_bytes(damaged)
            code, out, err = run(capsys, *again)
            # It may have said before how much there is to learn from.
            assert (code, out, path.name in err.split("\n")[-2]) == (2, "", True), err
            # What was whole may have been saved anew.
            shutil.rmtree(training)
            shutil.copytree(whole, training)
    assert run(capsys, *again)[0] == 0


def test_nothing_to_resume(capsys, tiny, tmp_path):
    def resume(place):
        return refused(capsys, "train", "translation", "--out", place, "--resume")

    assert "nothing to resume in" in resume(tmp_path / "none")
    RunDirectory.create(tmp_path / "fresh")
    assert "training had not begun; leave --resume out" in resume(tmp_path / "fresh")
    assert "is finished: there is nothing to resume" in resume(tiny.both)
    assert "did you mean" in resume(tiny.both.with_name("bothh"))


def test_two_trainers_in_one_directory(capsys, tiny, stopped, tmp_path):
    with RunDirectory(stopped).lock():
        before = contents(stopped)
        said = refused(capsys, "train", "translation", "--out", stopped, "--resume")
        assert f"is in use: process {os.getpid()} on" in said
        assert contents(stopped) == before
    fresh = RunDirectory.create(tmp_path / "fresh")
    with fresh.lock():
        assert "is in use: process" in refused(capsys, *flags(ask(tiny.texts, fresh.path)))


def goes_on(capsys, tiny, out: Path) -> None:
    """After whatever failed: start, or go on where it had begun."""
    begun = (out / "training" / "begun").is_dir()
    again = ["train", "translation", "--out", str(out), "--resume"]
    code, _, err = run(capsys, *(again if begun else flags(full(tiny, out))))
    assert code == 0, err


def full(tiny, out: Path):
    return ask(tiny.texts, out, steps=2, both_directions=False)


@pytest.mark.parametrize("at", [0, 40, *(pytest.param(at, marks=pytest.mark.slow) for at in (3, 12, 60, 90, 120, 150))])
def test_a_disk_that_is_full_from_some_moment_on(capsys, tiny, tmp_path, monkeypatch, at):
    out = tmp_path / "x"
    with monkeypatch.context() as patched:
        patched.setenv("FAULTS_ROOT", str(tmp_path))
        patched.setattr(disk, "os", Disk(at, "forever"))
        said, code = "", 2
        code, said, err = run(capsys, *flags(full(tiny, out)))
    assert (code, said) == (2, "")
    assert "No space left on device; free some space on this disk" in err.split("\n")[-2]
    goes_on(capsys, tiny, out)


def mounted(folder: Path, options: str) -> bool:
    return os.system(f"mount -t tmpfs -o {options} tmpfs {folder} 2>/dev/null") == 0


@pytest.mark.parametrize(
    "kib", [60, 200, *(pytest.param(size, marks=pytest.mark.slow) for size in (8, 32, 120, 260, 340))]
)
def test_a_disk_that_is_really_full(capsys, tiny, tmp_path, kib):
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted(place, f"size={kib}k"):
        pytest.skip("only root may mount a small disk")
    try:
        code, out, err = run(capsys, *flags(full(tiny, place / "x")))
        assert (code, out) == (2, "")
        assert "No space left on device" in err.split("\n")[-2]
        assert mounted(place, "remount,size=20m")
        goes_on(capsys, tiny, place / "x")
    finally:
        os.system(f"umount {place}")


def test_a_disk_that_cannot_be_written(capsys, tiny, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted(place, "ro,size=200k"):
        pytest.skip("only root may mount a disk")
    try:
        assert "Read-only file system; choose a folder on a disk that is not" in refused(
            capsys, *flags(full(tiny, place / "x"))
        )
        text = ("--source", tiny.texts / "test.zh", "--target", tiny.texts / "test.en", "--to", "en", "--beam", 1)
        assert "Read-only file system" in refused(capsys, "evaluate", tiny.both, *text, "--output", place / "o")
    finally:
        os.system(f"umount {place}")
