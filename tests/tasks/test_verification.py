"""A whole run holds; whatever is damaged, edited, missing or of another machine is named, and only that."""

import json
import shlex
import shutil
from dataclasses import replace

import pytest

from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError, RunError
from heedful.run.directory import RunDirectory, checkpoint_folders
from heedful.run.manifest import write_manifest
from heedful.run.receipt import HeldOut, read_receipt
from heedful.tasks import verification
from heedful.tasks.distillation import DistillOptions, Plan, lesson_of
from heedful.tasks.evidence import evaluate_pairs
from heedful.tasks.teacher import Teacher
from heedful.tasks.verification import SLACK, verify_run
from tests.tasks.tiny import COUNTS, ask

N_FIGURES = 8  # four each way


@pytest.fixture(scope="module")
def translated():
    return {}


@pytest.fixture(autouse=True)
def remember(translated, monkeypatch):
    """What was translated and scored once is not again: the weights of a copy are the same, or are not asked."""

    def once(translator, pairs, direction, search, tell):
        tell("translating", 0, len(pairs))
        key = (tuple(pairs), direction, search, sum(weight.sum().item() for weight in translator.model.parameters()))
        if key not in translated:
            translated[key] = evaluate_pairs(translator, pairs, direction, search)
        return translated[key]

    monkeypatch.setattr(verification, "evaluate_pairs", once)


@pytest.fixture
def copied(tiny, tmp_path, monkeypatch):
    """A run that may be damaged, seen from a folder that holds nothing else."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(tiny.both, tmp_path / "run")


@pytest.fixture
def shipped(copied):
    """The same without `training/`, as it is handed on."""
    shutil.rmtree(copied / "training")
    return copied


def of_kind(found, kind):
    return [check for check in found.checks if check.kind == kind]


def states(found, kind):
    return {check.name: check.state for check in of_kind(found, kind)}


def flip(path, place=None):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 4
    path.write_bytes(content)


def edit_score(run, change):
    """Another figure on record, and a manifest that lists it."""
    values = json.loads((run / "scores.json").read_text())
    figure = values["scores"][0]["figures"]["chrf"]
    figure["score"] += change(figure)
    (run / "scores.json").write_text(json.dumps(values))
    write_manifest(run)
    return figure["score"]


def test_a_whole_run_holds_in_every_part(tiny):
    found = verify_run(tiny.both)
    assert not found.failures
    assert {check.state for check in found.checks} == {"holds"}
    assert len(of_kind(found, "file")) == 8
    figures = of_kind(found, "figure")
    assert [check.recorded for check in figures] == [check.found for check in figures]
    assert len(figures) == N_FIGURES
    assert {check.said for check in figures} == {"the same to the last digit"}
    assert list(states(found, "data")) == [
        f"{part}.{language}" for part in ("train", "dev", "test") for language in ("zh", "en")
    ]
    assert "begun" in states(found, "training")
    assert {path.name for _, _, path in checkpoint_folders(tiny.both / "training")} <= set(states(found, "training"))
    assert found.changes == []
    assert found.outlook == "can be made again from the same files, all at hand"
    assert shlex.split(found.command) == [
        str(tiny.texts / word) if (tiny.texts / word).is_file() else word
        for word in shlex.split(read_receipt(tiny.both).command)
    ]
    assert json.loads(json.dumps(found.to_json()))["holds"] is True


def test_the_command_can_be_pasted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    at_hand = [("train", tmp_path / "a b" / "all.tsv"), ("dev source", tmp_path / "sets" / "v1" / "dev.de")]
    train = "heedful train translation --out x"
    assert verification._to_paste(f"{train} --tsv all.tsv --dev-source dev.de", at_hand) == (
        f"{train} --tsv '{tmp_path}/a b/all.tsv' --dev-source {tmp_path}/sets/v1/dev.de"
    )
    (tmp_path / "x").mkdir()
    recipe = "heedful recipe multi30k-en-de --data sets --out x"
    assert verification._to_paste(recipe, at_hand) == (
        f"heedful recipe multi30k-en-de --data {tmp_path}/sets --out x-again"
    )
    smaller = "heedful compress y --out x --dtype int8 --tsv all.tsv"
    assert verification._to_paste(smaller, at_hand) == smaller.replace("--out x", "--out x-again")
    for command in (recipe.replace(" --out x", ""), "an 'odd one"):
        assert verification._to_paste(command, []) == command
    several = [("train data", tmp_path / name) for name in ("one.json", "two.json")]
    assert verification._to_paste("heedful train answering --data one.json two.json --out y", several) == (
        f"heedful train answering --data {tmp_path}/one.json {tmp_path}/two.json --out y"
    )


def test_how_far_it_is_is_told(tiny):
    told = []
    verify_run(tiny.both, tell=lambda *news: told.append(news))
    assert told == [("reading every file", 0, 0), *[("translating", 0, COUNTS["test"])] * 2]


def test_a_run_with_its_own_split_holds(tiny):
    found = verify_run(tiny.rnn)
    assert {check.state for check in found.checks} == {"holds"}
    assert list(states(found, "data")) == ["all.en-zh.tsv"]


def test_what_is_not_at_hand_is_said_and_is_no_failure(shipped):
    found = verify_run(shipped)
    assert not found.failures
    assert [check.name for check in of_kind(found, "figure")] == ["zh → en", "en → zh"]
    assert set(states(found, "figure").values()) | set(states(found, "data").values()) == {"unchecked"}
    (gone,) = of_kind(found, "training")
    assert (gone.name, gone.state) == ("training", "unchecked")
    assert "is not there, nor its checkpoints" in gone.said
    assert found.outlook.startswith("can be made again where its files are (train.zh, train.en, dev.zh")
    assert all("name the files with --data FOLDER" in check.said for check in of_kind(found, "figure"))


def test_sentences_held_out_of_the_text_itself_are_in_no_file_to_be_named(tiny, tmp_path):
    shutil.copytree(tiny.rnn, tmp_path / "rnn", ignore=shutil.ignore_patterns("training"))
    (check,) = of_kind(verify_run(tmp_path / "rnn"), "figure")
    assert (check.state, check.name) == ("unchecked", "en → zh")
    assert check.said.endswith("those held out of the text itself were kept in training/, gone or damaged")


def test_a_folder_of_data_is_searched_by_name(tiny, shipped, tmp_path):
    shutil.copytree(tiny.texts, tmp_path / "data" / "deep")
    found = verify_run(shipped, data=tmp_path / "data")
    assert [check.name for check in found.checks if check.state != "holds"] == ["training"]
    assert len(of_kind(found, "figure")) == N_FIGURES


def test_the_sentences_may_be_named(tiny, shipped):
    found = verify_run(shipped, ParallelText(tiny.texts / "test.zh", tiny.texts / "test.en"))
    assert set(states(found, "figure").values()) == {"holds"}
    for source, target in (("dev.zh", "dev.en"), ("test.en", "test.zh")):
        with pytest.raises(DataError, match=f"does not hold the sentences .*expected {COUNTS['test']} pairs"):
            verify_run(shipped, ParallelText(tiny.texts / source, tiny.texts / target))


def test_a_dev_set_is_read_without_its_empty_lines(tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text("a\tb\n\tc\n \t \n")
    whole, full = verification._readings(ParallelText(path))
    assert (whole, full) == ([("a", "b"), ("", "c"), (" ", " ")], [("a", "b")])


@pytest.mark.parametrize("name", ["model.safetensors", "README.md", "receipt.json", "config.json"])
def test_a_damaged_and_a_missing_file_are_named_and_nothing_else(copied, name):
    flip(copied / name, -2)  # in the middle of the receipt stand hashes, which are looked at by themselves
    found = verify_run(copied)
    # The bit may be one of a hash that the receipt has of a text.
    failed = [check for check in found.failures if name != "receipt.json" or check.kind != "data"]
    assert [check.name for check in failed] == [name]
    (figures,) = of_kind(found, "figure")
    assert figures.state == "unchecked"
    assert figures.said.startswith("not made anew: ")
    assert name in figures.said or "the receipt" in figures.said
    assert "damaged model" not in figures.said
    (copied / name).unlink()
    found = verify_run(copied)
    assert [(check.name, check.said.split()[-1]) for check in found.failures] == [(name, "missing")]


def test_many_damaged_files_are_all_named_and_new_ones_noticed(shipped):
    for name in ("config.json", "README.md", "report.html", "tokenizer.json"):
        flip(shipped / name)
    (shipped / "notes.txt").write_text("mine")
    found = verify_run(shipped)
    assert {check.name for check in found.failures} == {"config.json", "README.md", "report.html", "tokenizer.json"}
    assert states(found, "file")["notes.txt"] == "unchecked"
    flip(shipped / "manifest.json")
    assert [check.name for check in verify_run(shipped).failures] == ["manifest.json"]


def test_a_figure_that_was_edited_is_found_out(copied):
    edited = edit_score(copied, lambda figure: 0.25)
    (failure,) = verify_run(copied).failures
    assert (failure.kind, failure.name, failure.recorded) == ("figure", "zh → en chrF2 characters", edited)
    assert failure.found == pytest.approx(edited - 0.25)
    assert failure.said == "-0.25"


@pytest.mark.parametrize(("share", "state"), [(0.5, "holds"), (2.0, "fails")])
def test_on_another_machine_a_figure_may_move_a_little(copied, monkeypatch, share, state):
    now = verification.versions()
    monkeypatch.setattr(verification, "versions", lambda: {**now, "torch": "9.9"})
    edit_score(copied, lambda figure: share * SLACK * (figure["high"] - figure["low"]))
    found = verify_run(copied)
    assert found.changes == [f"torch: {now['torch']} then, 9.9 now"]
    assert states(found, "figure")["zh → en chrF2 characters"] == state


def test_threads_are_no_change_of_the_machine(tiny):
    receipt = read_receipt(tiny.both)
    numerics = verification._as_then(receipt, None)
    assert verification._changes(receipt, replace(numerics, threads=numerics.threads + 7)) == []
    other = replace(receipt, machine={**receipt.machine, "processor": "abacus"})
    (change,) = verification._changes(other, numerics)
    assert change.startswith("processor: abacus then, ")


def test_data_that_changed_fails_where_it_was_and_where_it_was_said_to_be(tiny, copied, tmp_path):
    data = shutil.copytree(tiny.texts, tmp_path / "data")
    (data / "train.zh").write_text("别的文字。\n")
    found = verify_run(copied, data=data)
    assert [(check.kind, check.name) for check in found.failures] == [("data", "train.zh")]
    said, n_bytes = found.failures[0].said, (tiny.texts / "train.zh").stat().st_size
    assert "train.zh is not what the run was made of (train source): it has 16 bytes, expected" in said
    (data / "train.zh").write_text("")
    (failure,) = verify_run(copied, data=data).failures
    assert failure.said.endswith(f"it is empty, expected {n_bytes:,} bytes; restore it from a copy")
    (data / "train.zh").write_bytes(b"x" * n_bytes)
    (failure,) = verify_run(copied, data=data).failures
    assert failure.said.endswith("bytes are other ones; restore it from a copy")
    (data / "train.zh").write_text("别的文字。\n")
    # One of that name that merely lies here is no fault of the run's.
    shutil.rmtree(copied / "training")
    shutil.copy(data / "train.zh", tmp_path / "train.zh")
    shutil.copy(data / "train.en", tmp_path / "train.en")
    found = verify_run(copied)
    assert not found.failures
    assert (states(found, "data")["train.zh"], states(found, "data")["train.en"]) == ("unchecked", "holds")


def test_damage_in_what_training_left_is_named(copied):
    newest = checkpoint_folders(copied / "training")[0][2]
    flip(newest / "tensors.safetensors")
    flip(copied / "training" / "begun" / "prepared.json")
    found = verify_run(copied)
    assert {check.name for check in found.failures} == {newest.name, "begun"}
    assert "tensors.safetensors is damaged" in states_said(found, newest.name)
    # The sentences are not taken from a damaged file.
    assert set(states(found, "figure").values()) == {"unchecked"}


def states_said(found, name):
    return next(check.said for check in found.checks if check.name == name)


def test_a_run_that_is_not_finished_says_from_where_it_goes_on(copied):
    (copied / "manifest.json").unlink()
    newest = checkpoint_folders(copied / "training")[0][2]
    found = verify_run(copied)
    assert [check.name for check in found.failures] == ["manifest.json"]
    assert "nothing proves scores.json and receipt.json" in found.failures[0].said
    for name in ("scores.json", "receipt.json"):
        (copied / name).unlink()
    assert "no figures and no receipt yet" in verify_run(copied).failures[0].said
    assert found.outlook == f"can be gone on with, from {newest.name}"
    assert found.command == f"heedful train translation --out {copied} --resume"
    plan = copied / "training" / "plan.json"
    whole = plan.read_bytes()
    plan.write_bytes(whole[:-9])
    found = verify_run(copied)
    assert states(found, "training")["plan.json"] == "fails"
    assert (found.outlook, found.command) == ("cannot be gone on with: begin again with another --out", "")
    plan.write_bytes(whole)
    for path in (copied / "training").glob("checkpoint-*"):
        flip(path / "tensors.safetensors")
    assert verify_run(copied).outlook == "cannot be gone on with: begin again with another --out"
    for path in (copied / "training").glob("checkpoint-*"):
        shutil.rmtree(path)
    assert verify_run(copied).outlook == "can be gone on with, from its first step"
    shutil.rmtree(copied / "training" / "begun")
    assert verify_run(copied).command == ""


def test_a_student_that_is_not_finished_goes_on_with_its_teacher(copied):
    run = RunDirectory(copied)
    run.manifest.unlink()
    lesson_of(run).mkdir()
    Plan(Teacher("/runs/teacher", "0"), DistillOptions(out=copied), []).store(run)
    assert verify_run(copied).command == f"heedful distill /runs/teacher --out {copied} --resume"


def test_what_is_no_run_is_refused(tiny, copied, tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        verify_run(tmp_path / "none")
    with pytest.raises(RunError, match="is no run directory"):
        verify_run(tiny.texts)
    with pytest.raises(OptionError, match="is not a folder: give the one that holds"):
        verify_run(copied, data=copied / "config.json")
    with RunDirectory(copied).lock(), pytest.raises(RunError, match="is being trained in"):
        verify_run(copied)


def test_a_run_from_before_receipts_is_checked_as_far_as_it_goes(shipped):
    (shipped / "receipt.json").unlink()
    write_manifest(shipped)
    found = verify_run(shipped)
    assert [check.name for check in found.failures] == ["receipt.json"]
    assert "an older heedful made this run" in found.failures[0].said
    assert found.command == ""
    assert states(found, "figure") == {"all": "unchecked"}


@pytest.mark.parametrize("name", ["begun", "metrics.jsonl"])
def test_what_training_left_and_is_gone_is_said(copied, name):
    gone = copied / "training" / name
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    found = verify_run(copied)
    assert not found.failures
    assert states(found, "training")[name] == "unchecked"


def test_the_receipt_is_that_of_the_request(tiny):
    receipt, options = read_receipt(tiny.both), ask(tiny.texts, tiny.both)
    assert receipt.steps == options.steps
    assert receipt.seed == options.seed
    pairs = list(ParallelText(options.test_source, options.test_target).pairs())
    assert receipt.held_out == {"test": HeldOut.of(pairs)}
    assert {file.name for file in receipt.data} == {path.name for path in tiny.texts.iterdir() if path.suffix != ".tsv"}


def test_figures_that_nobody_knows_how_to_make_are_left_unchecked(tiny, monkeypatch):
    monkeypatch.setattr(verification, "load", lambda path, device: object())
    found = verify_run(tiny.rnn)
    (check,) = of_kind(found, "figure")
    assert (check.name, check.state) == ("all", "unchecked")
    assert "does not know how for a run of the task 'translation'" in check.said
