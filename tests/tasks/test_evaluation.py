"""Scoring on files: what comes out, where it is written, and what is refused before the time is spent."""

import json
import shutil

import pytest

from heedful.data.text import ParallelText
from heedful.decoding import Beam
from heedful.errors import OptionError, RunError
from heedful.tasks import evaluation
from heedful.tasks.evaluation import EvaluationOptions, evaluate
from heedful.tasks.evidence import evaluate_pairs
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS, short_pairs

FIGURES = {"bleu", "bleu_lowercase", "chrf", "ter"}


def text(tiny, source="zh", target="en"):
    return ParallelText(tiny.texts / f"test.{source}", tiny.texts / f"test.{target}")


def test_the_figures_are_those_of_the_lines_of_the_file(tiny):
    found = evaluate(EvaluationOptions(tiny.both, text(tiny), "en", Beam(2)))
    pairs = short_pairs("test", COUNTS["test"])
    expected = evaluate_pairs(Translator.load(tiny.both), pairs, ("zh", "en"), Beam(2))
    assert (found.found.scores, found.found.hypotheses) == (expected.scores, expected.hypotheses)
    assert (found.against, found.groups) == (None, None)
    assert set(found.to_json()) == {*FIGURES, "sentences", "seconds", "tokens_per_second"}


def test_how_far_it_is_is_told_of_every_part(tiny):
    told = []
    asked = EvaluationOptions(tiny.both, text(tiny, "en", "zh"), "zh", Beam(1), against=tiny.rnn, behaviour=True)
    evaluate(asked, lambda what, done, whole: told.append(what))
    assert list(dict.fromkeys(told)) == [
        "translating en → zh", "scoring en → zh", "rnn: translating en → zh", "rnn: scoring en → zh",
        "looking for words in the training text", "trying its behaviour",
    ]  # fmt: skip


def test_without_a_search_it_is_that_of_the_run(tiny):
    found, five = (evaluate(EvaluationOptions(tiny.both, text(tiny), "en", search)) for search in (None, Beam(5)))
    assert found.found.hypotheses == five.found.hypotheses


def test_a_tsv_in_the_other_order_has_the_same_figures(tiny, tmp_path):
    path = tmp_path / "test.tsv"
    path.write_text("".join(f"{en}\t{zh}\n" for zh, en in short_pairs("test", COUNTS["test"])), encoding="utf-8")
    one, other = (evaluate(EvaluationOptions(tiny.both, it, "en", Beam(1))) for it in (ParallelText(path), text(tiny)))
    assert one.found.scores == other.found.scores


def test_empty_lines_count_and_stay_empty(tiny, tmp_path):
    path, out = tmp_path / "with.tsv", tmp_path / "out"
    path.write_text("他来了。\tHe came.\n\t\n我来了。\t\n\tNobody.\n", encoding="utf-8")
    found = evaluate(EvaluationOptions(tiny.both, ParallelText(path), "en", Beam(1), out)).found
    assert len(found.hypotheses) == found.to_json()["sentences"] == 4
    assert [found.hypotheses[1], found.hypotheses[3]] == ["", ""]
    assert out.read_text(encoding="utf-8").split("\n") == [*found.hypotheses, ""]


def test_a_run_is_compared_with_its_own_translations_and_parted(tiny, tmp_path):
    out = tmp_path / "out.zh"
    asked = EvaluationOptions(tiny.both, text(tiny, "en", "zh"), "zh", Beam(1), out)
    alone = evaluate(asked)
    found = evaluate(EvaluationOptions(tiny.both, asked.text, "zh", Beam(1), against=out, groups=True))
    assert found.against.alike
    assert found.against.scores == found.found.scores == alone.found.scores
    values = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(values) == {*alone.to_json(), "against", "groups"}
    assert set(values["against"]) == {"name", *FIGURES, "comparisons", "verdict"}
    assert "tok:zh" in values["against"]["bleu"]["signature"]
    assert set(values["groups"]) == {"unit", "length", "rarest_word", "seen", "empty", "left_out"}


def test_everything_is_refused_before_the_time_is_spent(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "evaluate_pairs", None)
    asked = text(tiny, "en", "zh")
    other = tmp_path / "other.zh"
    other.write_text("".join(f"{line}\n" for line in "甲乙丙丁戊"), encoding="utf-8")
    for place, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "out", "does not exist: create it first"),
        (tiny.texts / ".." / "texts" / "test.zh", "nothing is written over"),
        (other, "nothing is written over"),
    ):
        with pytest.raises(OptionError, match=said):
            evaluate(EvaluationOptions(tiny.both, asked, "zh", Beam(1), place, other))
    with pytest.raises(RunError, match="is no run directory"):
        evaluate(EvaluationOptions(tiny.both, asked, "zh", against=tiny.texts))
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny.both, damaged)
    (damaged / "training" / "begun" / "tokenizer.json").write_text("{}")
    with pytest.raises(RunError, match=r"tokenizer\.json is damaged"):
        evaluate(EvaluationOptions(damaged, asked, "zh", Beam(1), behaviour=True))
    assert other.read_text(encoding="utf-8") == "甲\n乙\n丙\n丁\n戊\n"
