"""A run made of another: card, report, scores and receipt agree with each other, and it can be loaded and verified."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.run.directory import RunDirectory
from heedful.run.facts import read_scores
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.receipt import HeldOut, read_receipt
from heedful.tasks.descent import Change, cells, publish, section
from heedful.tasks.parity import held_out, prove
from heedful.tasks.translator import Translator
from heedful.tasks.verification import verify_run

CHANGE = Change("copy", "heedful copy both", "It is a copy of both.", ["Nothing <was> changed."], ["It is no better."])
MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json", "generation_config.json")


@pytest.fixture(scope="module")
def made(tiny):
    """A run that is an exact copy of another, and the proof of it."""
    from tests.tasks.tiny import folder_in_memory

    with folder_in_memory() as folder:
        run, original = RunDirectory(Path(folder) / "copy"), RunDirectory(tiny.both)
        run.path.mkdir()
        for name in MODEL_FILES:
            shutil.copy(original.path / name, run.path)
        write_manifest(run.path)
        candidate = Translator.load(run.path)
        proof = prove(Translator.load(original.path), candidate, held_out(original))
        publish(run, original, candidate, proof, CHANGE)
        yield run, original, proof


def test_it_is_a_whole_run_that_holds(made):
    run, _, _ = made
    assert set(check_manifest(run.path)) == {
        *MODEL_FILES, "README.md", "report.html", "scores.json", "receipt.json",
    }  # fmt: skip
    found = verify_run(run.path)
    assert not found.failures
    assert [check.state for check in found.checks if check.kind == "figure"] == ["holds"] * 8


def test_it_tells_of_both(made):
    run, original, proof = made
    card, report = run.card.read_text(), run.report.read_text()
    for said in ("It is a copy of both.", "## Beside its original", "heedful copy both", "- It is no better."):
        assert said in card
    assert "Nothing \\<was\\> changed." in card
    assert "Nothing &lt;was&gt; changed." in report
    assert report.count("Quality against speed") == 4  # a heading and what is read aloud, for each direction
    for parity in proof.parities.values():
        assert parity.said in card.replace("\\", "")
    before = read_receipt(original.path)
    for limit in before.limits:
        assert f"- {limit}" in card
    assert f'name: "{CHANGE.name}"' in card


def test_scores_name_the_original_and_keep_the_parity(made):
    run, original, proof = made
    assert [item.figures for item in read_scores(run.scores)] == [item.figures for item in read_scores(original.scores)]
    assert [list(item.baselines) for item in read_scores(run.scores)] == [["both, its original"]] * 2
    stored = json.loads(run.scores.read_text())["parity"]
    assert stored == json.loads(json.dumps({**proof.to_json(), "allowed_loss": 0.5}))


def test_the_receipt_keeps_what_it_was_trained_on_and_says_what_made_it(made):
    run, original, proof = made
    before, after = read_receipt(original.path), read_receipt(run.path)
    assert (after.data, after.seed, after.steps, after.seconds) == (
        before.data,
        before.seed,
        before.steps,
        before.seconds,
    )
    assert (after.command, after.held_out) == (CHANGE.command, {"test": HeldOut.of(proof.trial.pairs)})
    assert after.limits == [*CHANGE.limits, *before.limits]


def test_what_it_was_scored_on_goes_along_and_the_corpus_stays(made):
    run, original, proof = made
    assert held_out(run) == proof.trial
    assert (original.begun / "corpus").is_dir()
    assert not (run.begun / "corpus").exists()


def test_a_loss_that_was_accepted_is_told(made):
    _, _, proof = made
    direction, parity = next(iter(proof.parities.items()))
    worse = replace(parity, bleu=replace(parity.bleu, low=-0.7))
    lost = replace(proof, parities={direction: worse})
    assert any("more than the 0.5 BLEU" in line and "--accept-loss" in line for line in section(lost, CHANGE, "a").text)
    assert not any("--accept-loss" in line for line in section(lost, replace(CHANGE, allowed_loss=0.7), "a").text)


def test_figures_in_words(made):
    parity = next(iter(made[2].parities.values()))
    side = replace(parity.candidate, sentences_per_second=12.34, n_bytes=11_519_680, peak_bytes=None)
    assert cells(side)[2:] == ("12.3", "11.5 MB", "not measured")
