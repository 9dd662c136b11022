"""Rows are trained, scored and compared as `heedful` does it, each once; a row that diverges is a result."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from bench import ablation
from bench.ablation import EMBEDDED, Experiment, Line, Outcome, set_up, show
from bench.command import run
from bench.ledger import Ledger
from bench.variants import BASE, variants
from heedful.errors import OptionError
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Tally, corpus_bleu
from heedful.model.transformer import Transformer
from heedful.tasks import demo
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.texts import Texts
from tests.tasks.tiny import SIZE, small, write_texts

RIGHT = Outcome(9, 4, 1.0, False, 0.5, [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Texts of a few sentences."""
    return write_texts(tmp_path_factory.mktemp("ablation") / "texts")


def named(folder):
    """The flags that name them."""
    sides = [("source", "zh"), ("target", "en")]
    parts = [("", "train"), ("dev-", "dev"), ("test-", "test")]
    return {f"--{flag}{side}": str(folder / f"{part}.{code}") for flag, part in parts for side, code in sides}


@pytest.fixture(scope="module")
def experiment(folder, tmp_path_factory) -> Experiment:
    """These texts, laid out."""
    texts = Texts(*[folder / f"train.{code}" for code in ("zh", "en")], None, folder / "dev.zh", folder / "dev.en")
    with small():
        return set_up(tmp_path_factory.mktemp("laid"), texts, 4)


def test_the_embedded_corpus_is_what_there_is_without_files(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "PARTS", (("train", 40), ("dev", 5), ("test", 6)))
    monkeypatch.setattr(demo, "SIZE", SIZE)
    found = set_up(tmp_path, EMBEDDED, 9)
    assert found.sources.directions == [("zh", "en")]
    assert (found.steps, len(found.test), found.prepared.n_pairs["train"]) == (9, 6, 40)
    assert found.base.size == SIZE and found.base.shape.d_model == SIZE.d_model


def test_where_no_test_is_named_dev_is_scored(experiment):
    assert experiment.test == experiment.prepared.dev


def test_a_row_is_trained_and_scored_as_it_is(experiment, monkeypatch):
    """The dev loss and the translations are those of the model that training left."""
    left = []
    translator = Rehearsal.translator
    monkeypatch.setattr(Rehearsal, "translator", lambda *given: left.append(translator(*given)) or left[-1])
    row = variants(experiment.base)["no-residuals"]
    found = experiment.measure("", row, 2)
    names = [name for name, _ in left[0].model.named_parameters()]
    rehearsal = Rehearsal(experiment.prepared, [("zh", "en")], experiment.machine)
    assert found.dev_nll == pytest.approx(rehearsal.nll(left[0]), rel=1e-2)
    assert found.hypotheses == left[0].translate([source for source, _ in experiment.test])
    assert (found.steps, found.diverged, len(found.hypotheses)) == (4, False, 4)
    assert not any("residual.norm.mean" in name for name in names)
    assert experiment.measure("", row, 2).hypotheses == found.hypotheses


def test_settings_tell_rows_seeds_and_texts_apart(experiment):
    rows = variants(experiment.base)
    asked = [experiment.settings(name, row, seed) for name, row in rows.items() for seed in (1, 2)]
    asked.append(replace(experiment, steps=5).settings(BASE, rows[BASE], 1))
    texts = [json.dumps(each, allow_nan=False) for each in asked]
    assert len(set(texts)) == 2 * len(rows) + 1
    assert asked[0]["files"][0]["sha256"]


def test_seeds_are_pooled_by_sentence(experiment):
    references = [reference for _, reference in experiment.test]
    worse = [reference.split(" ", 1)[1] for reference in references]
    base = {1: replace(RIGHT, hypotheses=references), 2: replace(RIGHT, hypotheses=worse, dev_nll=1.5, seconds=3.0)}
    row = {1: base[2], 2: base[2]}
    own, other = experiment.line(BASE, base, base), experiment.line("heads-1", row, base)
    # A score of all seeds is that of all their answers in one text.
    assert own.bleu.score == pytest.approx(corpus_bleu(references + worse, references * 2, "en"))
    assert own.by_seed == pytest.approx([100.0, corpus_bleu(worse, references, "en")])
    assert (own.against, own.dev_nll, own.seconds) == (None, 1.0, 2.0)
    assert other.against.difference == pytest.approx(other.bleu.score - own.bleu.score)
    tallies = [Tally.of(texts, references, "en").statistics["bleu"] for texts in (references, worse)]
    expected = Tally({"bleu": tallies[1] * 2}, "en").compare(Tally({"bleu": np.add(*tallies)}, "en"), "bleu")
    assert other.against == expected


def test_a_seed_that_diverged_is_left_out_of_both_sides(experiment):
    references = [reference for _, reference in experiment.test]
    good = replace(RIGHT, hypotheses=references)
    bad = replace(RIGHT, hypotheses=[reference[:9] for reference in references])
    lost = Outcome(9, 13, 1.0, True, None, [])
    found = experiment.line("no-scale", {1: good, 2: lost}, {1: good, 2: bad})
    assert (found.bleu.score, found.diverged) == (pytest.approx(100), {2: 13})
    assert (found.against.difference, found.against.p_value) == (0, 1)
    nothing = experiment.line("no-scale", {1: lost, 2: good}, {1: good, 2: lost})
    assert nothing.bleu is not None and nothing.against is None
    gone = experiment.line("no-scale", {1: lost}, {1: good})
    assert (gone.bleu, gone.by_seed, gone.against, gone.dev_nll, gone.diverged) == (None, [], None, None, {1: 13})


def test_all_rows_with_one_seed_come_before_the_next_and_none_twice(experiment, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(Experiment, "measure", lambda self, name, row, seed: trained.append(name) or RIGHT)
    rows = {name: row for name, row in variants(experiment.base).items() if name in (BASE, "batch-norm")}
    path = tmp_path / "x.json"
    ablation.outcomes(experiment, {BASE: rows[BASE]}, 1, Ledger(path))
    found = ablation.outcomes(experiment, rows, 2, Ledger(path))
    assert trained == ["base, seed 1", "batch-norm, seed 1", "base, seed 2", "batch-norm, seed 2"]
    assert found == {name: {1: RIGHT, 2: RIGHT} for name in rows}


def test_from_files_to_a_table(folder, tmp_path, capsys):
    kept = tmp_path / "x.json"
    words = [word for pair in named(folder).items() for word in pair]
    words += ["--steps", "3", "--rows", "heads-1,batch-norm", "--json", str(kept)]
    with small():
        assert run(ablation.app, words) == 0
    printed = capsys.readouterr().out
    assert "zh→en, 5 sentences of test, beam 5; 3 updates each, 1 seed\n" in printed
    assert [line.split()[0] for line in printed.splitlines()[-3:]] == ["base", "heads-1", "batch-norm"]
    values = json.loads(kept.read_text())
    assert [run["settings"]["row"] for run in values["runs"]] == ["base", "heads-1", "batch-norm"]
    assert [line["name"] for line in values["table"]] == ["base", "heads-1", "batch-norm"]


def test_a_row_that_diverges_is_named_with_its_step(experiment, capsys, monkeypatch):
    logits = Transformer.logits
    monkeypatch.setattr(Transformer, "logits", lambda *given: logits(*given) * math.nan)
    base = variants(experiment.base)[BASE]
    lost = replace(experiment, steps=40).measure("", base, 1)
    assert (lost.diverged, lost.steps, lost.hypotheses) == (True, 10, [])
    show([experiment.line("heads-1", {1: lost}, {1: lost})], "title")
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "heads-1: diverged at step 10 (seed 1)"
    assert "title" in printed


def test_a_table_shows_seeds_only_where_there_are_several(capsys):
    bleu, against = Figure(95.44, 94.0, 96.0, ""), Comparison(-1.23, -2.0, -0.04, 0.0312, 0.1)
    line = Line("heads-1", bleu, [95.4], against, 0.1234, 1_234_567, 61.2, {})
    show([line], "")
    single = capsys.readouterr().out
    assert "seeds" not in single
    for said in ("95.4 (94.0 to 96.0)", "-1.23 (-2.00 to -0.04)", "0.031", "0.123", "1,234,567", "61"):
        assert said in single
    show([replace(line, by_seed=[95.0, 96.1])], "", width=80)
    several = capsys.readouterr().out
    assert "95.0 to" in several and "seeds" in several and "…" not in several


@pytest.mark.parametrize("options", [{"steps": 0}, {"seeds": 0}])
def test_nothing_to_train_is_refused(options):
    with pytest.raises(OptionError, match="expected --steps and --seeds of 1 or more"):
        ablation.main(**options)
