"""A duel whole: runs like any other, gone on with where it was stopped, nothing left by a refusal."""

import json
import os
import shutil
import signal
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from unittest.mock import patch

import pytest

from heedful.errors import DataError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import write_json
from heedful.run.manifest import check_manifest
from heedful.tasks import duel_point, recall
from heedful.tasks.duel import FIGURES, duel
from heedful.tasks.duel_plan import PLAN, DuelOptions
from heedful.tasks.texts import Texts
from heedful.training.interruption import Interrupted
from heedful.training.progress import Silent
from tests.tasks.tiny import ask, contents, folder_in_memory, small, small_demo

NAMES = ["rnn", "conv", "transformer"]
TIMED = ("seconds", "path", "looks", "growth", "decoding_seconds", "tokens_per_second", "sentences_per_second")


@contextmanager
def quick():
    with (
        small(),
        patch.multiple(duel_point, LENGTHS=(8, 16), TOKENS_AT_ONCE=64, REPEATS=1, CHAINED=(4, 8, 16)),
        patch.multiple(recall, ROWS=4, ASKED=4),
        patch.object(recall.measure_recall, "__defaults__", (1,)),
    ):
        yield


def asks(tiny, out, **changes):
    asked = ask(tiny.texts, out)
    texts = {item.name: getattr(asked, item.name) for item in fields(Texts)}
    return DuelOptions(**{**texts, "out": out, "models": ",".join(NAMES), "budget": "flops=2e8", **changes})


@pytest.fixture(scope="module")
def made(tiny):
    with folder_in_memory() as folder, quick():
        before = contents(tiny.texts)
        yield duel(asks(tiny, Path(folder) / "runs" / "x"))
        assert contents(tiny.texts) == before


def plain(found):
    """All that does not depend on the clock or the place."""
    return [{key: value for key, value in each.to_json().items() if key not in TIMED} for each in found.contestants]


def test_each_family_is_a_run_like_any_other(made):
    assert sorted(each.name for each in made.contestants) == sorted(NAMES)
    for each in made.contestants:
        check_manifest(made.path / each.name)
        assert json.loads((each.path / "config.json").read_text())["model"] == each.name
        assert each.sentences == 5 and each.steps >= 1
    assert sorted(path.name for path in made.path.iterdir()) == sorted([*NAMES, PLAN, FIGURES, "duel.html"])


def test_arithmetic_is_the_same_for_all_but_for_what_an_update_is(made):
    updates = {each.name: each.steps for each in made.contestants}
    assert updates["transformer"] != updates["conv"]
    # Whole updates of batches that are not all full.
    flops = [each.flops for each in made.contestants]
    assert max(flops) < 2.5 * min(flops)


def test_all_but_the_champion_are_compared_with_it(made):
    by_name = {each.name: each for each in made.contestants}
    champion = by_name.pop("transformer")
    assert champion.comparison is None
    for each in by_name.values():
        difference = each.scores.bleu.score - champion.scores.bleu.score
        assert each.comparison.difference == pytest.approx(difference)
    scores = [each.scores.bleu.score for each in made.contestants]
    assert scores == sorted(scores, reverse=True)


def test_what_is_returned_is_written(made):
    assert json.loads((made.path / FIGURES).read_text(encoding="utf-8")) == json.loads(json.dumps(made.to_json()))
    page = made.page.read_text(encoding="utf-8")
    for said in (
        "zh → en",
        "2e+08 floating-point operations of training each",
        "RNN",
        "CNN",
        "Transformer",
        *made.words[:1],
    ):
        assert said in page
    assert "<script" not in page


class Stopper(Silent):
    """Asks the training of a family to stop after its first step."""

    def step(self, progress):
        if progress.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_duel_that_was_stopped_goes_on_and_trains_nothing_twice(tiny, made, tmp_path):
    out, titles = tmp_path / "x", []

    def watch(outlook):
        titles.append(outlook.title)
        return Stopper() if len(titles) == 2 else Silent()

    with quick():
        with pytest.raises(Interrupted):
            duel(asks(tiny, out), watch=watch)
        assert not (out / "transformer").exists()
        with pytest.raises(RunError, match="x holds a duel: nothing is written over; go on with --resume or choose"):
            duel(asks(tiny, out))
        with pytest.raises(OptionError, match="this duel was begun with another --budget and --seed: leave them out"):
            duel(DuelOptions(out=out, resume=True, seed=4, budget="minutes=1"))
        before = contents(out / "rnn")
        resumed = duel(DuelOptions(out=out, resume=True), watch=watch)
        assert [title.split()[0] for title in titles] == ["rnn", "conv", "conv", "transformer"]
        assert contents(out / "rnn") == before
        assert plain(resumed) == plain(made)
        with pytest.raises(RunError, match=r"is finished: there is nothing to resume; see .*duel\.html"):
            duel(DuelOptions(out=out, resume=True))


def test_a_start_beside_one_that_is_just_beginning_takes_nothing_from_it(tiny, tmp_path):
    out = tmp_path / "x"
    out.mkdir()
    write_json(out / PLAN, asks(tiny, out).to_json())
    first = RunDirectory.create(out / "rnn")
    before = contents(out)
    with first.lock(), pytest.raises(RunError, match="rnn is in use"):
        duel(DuelOptions(out=out, resume=True))
    assert contents(out).keys() == {*before, "rnn/training/lock"}


@pytest.fixture
def stopped(made, tmp_path):
    """A copy of the finished duel, the last family and the comparison taken away."""
    out = tmp_path / "x"
    shutil.copytree(made.path, out)
    shutil.rmtree(out / "transformer")
    (out / FIGURES).unlink()
    return out


def test_a_duel_is_on_one_text(tiny, stopped, tmp_path):
    texts = tmp_path / "texts"
    shutil.copytree(tiny.texts, texts)
    plan = (stopped / PLAN).read_text().replace(str(tiny.texts), str(texts))
    (stopped / PLAN).write_text(plan)
    (texts / "train.en").write_text((texts / "train.en").read_text().upper())
    with (
        quick(),
        pytest.raises(DataError, match=r"transformer and rnn would not learn from one text, train\.en changed"),
    ):
        duel(DuelOptions(out=stopped, resume=True))
    assert not (stopped / "transformer").exists()


def test_runs_are_what_the_plan_says(stopped):
    plan = json.loads((stopped / PLAN).read_text())
    write_json(stopped / PLAN, {**plan, "budget": "flops=3e8", "seed": 2})
    with pytest.raises(RunError, match=r"rnn was begun with another --flops and --seed than plan\.json"):
        duel(DuelOptions(out=stopped, resume=True))
    write_json(stopped / PLAN, plan)
    shutil.rmtree(stopped / "conv" / "training")
    with quick(), pytest.raises(RunError, match="begun is missing, which the comparison reads"):
        duel(DuelOptions(out=stopped, resume=True))


def test_what_has_learned_is_compared_without_the_files_of_its_text(tiny, made, tmp_path):
    out = tmp_path / "x"
    shutil.copytree(made.path, out)
    (out / FIGURES).unlink()
    gone = tmp_path / "gone"
    for path in (out / PLAN, *out.glob("*/training/begun/request.json")):
        path.write_text(path.read_text().replace(str(tiny.texts), str(gone)))
    with quick():
        assert plain(duel(DuelOptions(out=out, resume=True))) == plain(made)


def test_seeds_are_scored_together_and_told_one_by_one(tiny, made, tmp_path):
    asked = asks(tiny, tmp_path / "x", models="conv,transformer", seeds=2)
    with quick():
        found = duel(asked)
    assert {path.name for path in found.path.iterdir() if path.is_dir()} == {
        *("conv", "conv-2", "transformer", "transformer-2")
    }
    once = {each.name: each for each in made.contestants}
    for each in found.contestants:
        runs = [each.path, each.path.with_name(f"{each.name}-2")]
        alone = [
            json.loads((run / "scores.json").read_text())["scores"][-1]["figures"]["bleu"]["score"] for run in runs
        ]
        assert each.by_seed == tuple(alone) and alone[0] == once[each.name].scores.bleu.score
        assert [RunDirectory(run).begun.joinpath("request.json").read_text().count('"seed": 2') for run in runs] == [
            0,
            1,
        ]
    assert any("Each was trained with 2 seeds, whose translations are scored together" in said for said in found.words)
    assert "the same seeds and the same budget" in found.page.read_text(encoding="utf-8")


def test_a_refusal_leaves_nothing(tiny, tmp_path):
    out = tmp_path / "x"
    empty = tmp_path / "empty"
    empty.write_text("")
    refused = [
        (asks(tiny, out, models="rnn"), OptionError, "two models or more"),
        (asks(tiny, out, budget="hours=1"), OptionError, "a budget is minutes=N"),
        (asks(tiny, out, device="tpu"), OptionError, "device is"),
        (asks(tiny, out, seeds=0), OptionError, "a duel takes from 1 to 100 seeds: got --seeds 0"),
        (asks(tiny, out, seeds=101), OptionError, "a duel takes from 1 to 100 seeds: got --seeds 101"),
        (
            asks(tiny, out, seeds=2, dev_source=None, dev_target=None, test_source=None, test_target=None),
            OptionError,
            "with --seeds give --dev-source",
        ),
        (asks(tiny, out, seed=-1), OptionError, "seed is a whole number"),
        (asks(tiny, out, source=empty), DataError, "empty"),
        (asks(tiny, out, dev_source=None), OptionError, "belong together"),
        (asks(tiny, out, test_target=tiny.texts / "train.en"), OptionError, "every file has one part to play"),
        (replace(asks(tiny, out), resume=True), RunError, "nothing to resume in"),
        (asks(tiny, tiny.both), RunError, "nothing is written over"),
        # Languages of no text are not those of the embedded corpus.
        (DuelOptions(out=out, source_language="de"), OptionError, "give the text to learn from"),
    ]
    for options, error, said in refused:
        with pytest.raises(error, match=said):
            duel(options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]
    # What only training can see: not one update.
    with quick(), pytest.raises(OptionError, match="do not suffice for one update"):
        duel(asks(tiny, out, budget="flops=10"))
    with quick(), pytest.raises(OptionError, match="parameters=10 cannot be met"):
        duel(asks(tiny, out, budget="parameters=10"))
    with quick(), pytest.raises(OptionError, match="do not suffice for one update"):
        duel(asks(tiny, tmp_path / "runs" / "y", budget="flops=10"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]
    # A folder of the caller's stays.
    out.mkdir()
    with quick(), pytest.raises(OptionError, match="do not suffice for one update"):
        duel(asks(tiny, out, budget="flops=10"))
    assert out.is_dir() and not list(out.iterdir())


def test_a_duel_that_cannot_go_on_now_can_do_so_later(tiny, tmp_path):
    texts, out = tmp_path / "texts", tmp_path / "x"
    shutil.copytree(tiny.texts, texts)
    out.mkdir()
    plan = json.loads(json.dumps(asks(tiny, out).to_json()).replace(str(tiny.texts), str(texts)))
    write_json(out / PLAN, plan)
    (texts / "train.en").rename(texts / "away")
    with pytest.raises(DataError, match=r"train\.en"):
        duel(DuelOptions(out=out, resume=True))
    assert json.loads((out / PLAN).read_text()) == plan


def test_of_two_that_begin_at_once_the_later_one_leaves_the_plan_of_the_first(tiny, tmp_path):
    out = tmp_path / "x"

    def slow(sources):
        out.mkdir()
        write_json(out / PLAN, {"of": "the first"})

    with patch("heedful.tasks.duel.examine", slow), pytest.raises(RunError, match="x holds a duel"):
        duel(asks(tiny, out))
    assert json.loads((out / PLAN).read_text()) == {"of": "the first"}


def test_without_a_text_the_embedded_corpus_is_learned(tmp_path):
    with quick(), small_demo():
        found = duel(DuelOptions(out=tmp_path / "x", models="rnn,transformer"))
    assert str(found.budget) == "minutes=1"
    assert found.direction == ("zh", "en")
    assert (tmp_path / "x" / "text" / "train.zh-en.tsv").is_file()
