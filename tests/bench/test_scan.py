"""A made-up SCAN of a few commands goes all the way to the table; intervals are those of other books."""

import gzip
import json
import math
from dataclasses import replace

import pytest

from bench import course, scan
from bench.command import run
from bench.scan import Cell, Outcome, Split, Task, tokenizer_of, wilson
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, OptionError
from heedful.model.transformer import Transformer
from heedful.tasks.defaults import Size
from heedful.training.calibrate import Calibration

TURNS = {"left": "I_TURN_LEFT", "right": "I_TURN_RIGHT"}
TIMES = {"": 1, " twice": 2, " thrice": 3}
LINES = [
    f"IN: {verb} {way}{times} OUT: {' '.join([turn, f'I_{verb.upper()}'] * n)}"
    for verb in ("walk", "look")
    for way, turn in TURNS.items()
    for times, n in TIMES.items()
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A clone of SCAN with two splits, one of them packed, and models that take no time."""
    monkeypatch.setattr(scan, "SIZE", Size(float("inf"), 600, 16, 1, 1, 0.0, 1e-2, 400, 1, smoothing=0.0))
    text = "".join(f"{line}\n" for line in LINES).encode()
    (tmp_path / "scan/simple_split").mkdir(parents=True)
    for part in scan.PARTS:
        (tmp_path / f"scan/simple_split/tasks_{part}_simple.txt").write_bytes(text)
        (tmp_path / f"scan/tasks_{part}_length.txt.gz").write_bytes(gzip.compress(text))
    return tmp_path / "scan"


def test_commands_and_actions_are_read_and_every_word_is_one_token(folder):
    split = Split.read(folder, "length")
    assert split.pairs["train"][1] == ("walk left twice", "ITURNLEFT IWALK ITURNLEFT IWALK")
    assert split.pairs == Split.read(folder, "simple").pairs
    assert [file.name for file in split.files] == ["tasks_train_length.txt.gz", "tasks_test_length.txt.gz"]
    tokenizer = tokenizer_of(split)
    for pair in split.pairs["test"]:
        for side in pair:
            ids = tokenizer.encode(side)
            assert [piece.strip("▁") for piece in tokenizer.pieces(ids)] == side.split()
            assert tokenizer.decode(ids) == side


def test_a_word_that_is_cut_is_refused(folder):
    split = Split.read(folder, "simple")
    rare = Split({**split.pairs, "test": [("jump left", "IJUMP")]}, split.files)
    with pytest.raises(DataError, match="one token: IJUMP, jump is cut"):
        tokenizer_of(rare)


def test_an_underscore_would_cut_an_action():
    words = Tokenizer.train(["I_TURN_LEFT ITURNLEFT"] * 9, 600)
    assert [len(words.encode(word)) for word in ("I_TURN_LEFT", "ITURNLEFT")] == [5, 1]


def test_an_answer_may_have_48_actions_that_repeat_themselves():
    source = len("jump around left thrice after jump around left twice".split())
    assert scan.LIMITS.max_len(source) > 48 + 1
    assert scan.LIMITS.loop_runs(source) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [("jump OUT: I_JUMP", "jump OUT"), ("IN: jump", "IN: jump"), ("IN: jump OUT: ", "OUT: '"), ("x IN: a OUT: B", "x")],
)
def test_another_text_is_refused_with_its_line(folder, line, what):
    path = folder / "simple_split/tasks_test_simple.txt"
    path.write_text(f"{LINES[0]}\n{line}\n")
    with pytest.raises(DataError, match=rf"test_simple.txt:2 must read 'IN: command OUT: actions': got .*{what}"):
        Split.read(folder, "simple")


def test_without_the_data_it_is_said_what_to_put_where(tmp_path, capsys):
    assert run(scan.app, ["--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"there is no tasks_train_simple.txt (or tasks_train_simple.txt.gz) in {tmp_path}" in said
    assert "tasks_test_SPLIT.txt" in said and "brendenlake/SCAN" in said and "--data" in said


def test_an_interval_is_the_one_of_the_books():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(right / n, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(1.0, 20)[1] == 1.0


def test_seeds_are_added_up_and_one_that_diverged_has_nothing_right():
    found = {1: Outcome(9, 100, 1.0, False, 30, 40), 2: Outcome(9, 7, 1.0, True, 0, 40)}
    cell = Cell.of(found)
    assert (cell.score, cell.by_seed, cell.diverged) == (37.5, [75.0, 0.0], {2: 7})
    assert (cell.low, cell.high) == pytest.approx([100 * end for end in wilson(0.375, 40)])
    assert str(cell).splitlines() == [
        "37.5", f"{cell.low:.1f} to {cell.high:.1f}", "seeds 0.0 to 75.0", "seed 2 diverged at step 7"
    ]  # fmt: skip


def test_what_is_learned_by_heart_is_right(folder, monkeypatch):
    """Also through the vocabulary, the limits and the comparison of words."""
    split = Split.read(folder, "simple")
    tokenizer = tokenizer_of(split)
    answers = {command: tokenizer.encode(actions) for command, actions in split.pairs["test"]}
    answers["walk left"] = tokenizer.encode("ITURNLEFT")
    monkeypatch.setattr(scan, "run_course", lambda *_: course.Course(3, 0.5))

    class Parrot:
        def __init__(self, model, its_tokenizer, directions, machine, limits):
            assert limits is scan.LIMITS

        def translate(self, commands, search):
            return [tokenizer.decode(answers[command]) for command in commands]

    monkeypatch.setattr(scan, "Translator", Parrot)
    corpus = scan.build_shards(split.pairs["train"], tokenizer, folder / "shards")
    task = Task(split, tokenizer, corpus, scan.numerics.choose("cpu"), scan.Budget(steps=3))
    found = task.measure("rnn", "rnn", 1)
    assert (found.right, found.asked, found.steps) == (len(LINES) - 1, len(LINES), 3)


def test_families_go_all_the_way_and_nothing_is_done_twice(folder, tmp_path, capsys, monkeypatch):
    kept = tmp_path / "scan.json"
    words = ["--data", str(folder), "--splits", "length", "--steps", "2", "--json", str(kept)]
    assert run(scan.app, [*words, "--families", "rnn"]) == 0
    capsys.readouterr()
    trained, measure = [], Task.measure
    monkeypatch.setattr(Task, "measure", lambda *given: trained.append(given[1]) or measure(*given))
    assert run(scan.app, [*words, "--families", "conv, rnn"]) == 0
    assert trained == ["conv, length, seed 1"]
    printed = capsys.readouterr().out
    assert "2 updates each, 1 seed\n" in printed and "20.8" in printed and "arXiv:1711.00350" in printed
    assert all(f"\n{family} " in printed for family in ("rnn", "conv", "published"))
    table = json.loads(kept.read_text())["table"]
    assert list(table) == ["rnn", "conv"] and all(list(row) == ["length"] for row in table.values())


def test_a_training_that_diverges_is_a_result(folder, capsys, monkeypatch):
    logits = Transformer.logits
    monkeypatch.setattr(Transformer, "logits", lambda *given: logits(*given) * math.nan)
    words = ["--data", str(folder), "--splits", "simple", "--families", "transformer", "--steps", "40"]
    assert run(scan.app, words) == 0
    assert "seed 1 diverged at step 10" in capsys.readouterr().out


def test_minutes_become_steps(folder, monkeypatch):
    split = Split.read(folder, "simple")
    tokenizer = tokenizer_of(split)
    corpus = scan.build_shards(split.pairs["train"], tokenizer, folder / "shards")
    task = Task(split, tokenizer, corpus, scan.numerics.choose("cpu"), scan.Budget(minutes=1))
    monkeypatch.setattr(scan, "calibrate", lambda *given, compute: Calibration(1.9, 0.0, 6))
    monkeypatch.setattr(scan, "run_course", lambda *given: course.Course(given[4], 1.0, diverged=True))
    # 57 of 60 seconds at 1.9 seconds each.
    assert replace(task.measure("", "conv", 1), parameters=0) == Outcome(0, 30, 1.0, True, 0, len(LINES))
    assert task.settings("conv", 1)["budget"] == {"minutes": 1}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"splits": "jump"}, "no split 'jump'"),
        ({"families": "rnn,cnn"}, "no family 'cnn'"),
        ({"seeds": 0}, "--seeds of 1 or more"),
        ({"steps": 1, "minutes": 1}, "keep one"),
    ],
)
def test_what_cannot_be_is_refused(folder, options, what):
    with pytest.raises(OptionError, match=what):
        scan.main(data=folder, **options)
