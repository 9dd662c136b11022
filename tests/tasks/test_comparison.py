"""One system against another: the figures are those of each alone, the sentence says what they mean."""

import shutil

import numpy as np
import pytest

from heedful.data.text import ParallelText
from heedful.decoding import Beam
from heedful.errors import DataError, OptionError, RunError
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Tally, compare, score
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.manifest import write_manifest
from heedful.tasks.comparison import Against, Rival
from heedful.tasks.evidence import evaluate_pairs
from heedful.tasks.questions import read_questions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS

EQUAL = Comparison(0.0, 0.0, 0.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.fixture(scope="module")
def asked(tiny, translator):
    return read_questions(translator, ParallelText(tiny.texts / "test.en", tiny.texts / "test.zh"), "zh")


@pytest.fixture(scope="module")
def found(translator, asked):
    return evaluate_pairs(translator, asked.pairs, asked.direction, Beam(1))


def test_another_run_is_asked_the_same(tiny, asked, found):
    rival = Rival.open(tiny.rnn, tiny.both, asked)
    against = rival.compare(found, asked, Beam(1))
    lines = Translator.load(tiny.rnn).translate(asked.sources, search=Beam(1))
    assert (against.ours, against.theirs) == ("both", "rnn")
    assert against.scores == score(lines, asked.references, "zh")
    assert "tok:zh" in against.scores.bleu.signature
    assert against.comparisons == compare(found.hypotheses, lines, asked.references, "zh")
    assert set(against.speed) == {"seconds", "tokens_per_second"}
    assert not against.alike


def test_how_far_it_is_is_told_with_the_name_of_the_rival(tiny, asked, found):
    told = []
    rival = Rival.open(tiny.rnn, tiny.both, asked)
    rival.compare(found, asked, Beam(1), lambda *news: told.append(news))
    n = len(asked.pairs)
    assert told[-2:] == [("rnn: translating en → zh", n, n), ("rnn: scoring en → zh", 0, 0)]


def test_translations_from_a_file_are_scored_as_they_stand(tiny, asked, found, tmp_path):
    path = tmp_path / "theirs.zh"
    lines = [reference.replace("我", "你") for reference in asked.references[:-1]] + [""]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    rival = Rival.open(path, tiny.both, asked)
    against = rival.compare(found, asked, Beam(1))
    assert against.theirs == "theirs.zh"
    assert against.scores == score(lines, asked.references, "zh")
    assert against.comparisons == compare(found.hypotheses, lines, asked.references, "zh")
    assert against.speed == {}
    assert list(against.to_json()) == ["name", "bleu", "bleu_lowercase", "chrf", "ter", "comparisons", "verdict"]
    assert against.to_json()["comparisons"]["chrf"]["difference"] == against.comparisons["chrf"].difference < 0


def test_the_same_translations_are_called_so(tiny, asked, found, tmp_path):
    path = tmp_path / "same"
    path.write_text("".join(f"{line}\n" for line in found.hypotheses), encoding="utf-8")
    against = Rival.open(path, tiny.both, asked).compare(found, asked, Beam(1))
    assert against.verdict == f"both and same give the same translations of all {COUNTS['test']} sentences"
    assert all(comparison == EQUAL for comparison in against.comparisons.values())


def test_a_copy_elsewhere_is_told_apart_by_its_path(tiny, asked, tmp_path):
    copy = tmp_path / "both"
    shutil.copytree(tiny.both, copy, ignore=shutil.ignore_patterns("training"))
    assert Rival.open(copy, tiny.both, asked).names == (str(tiny.both), str(copy))


def test_codes_of_one_language_are_one_direction(tiny, asked, found, tmp_path):
    copy = tmp_path / "cn"
    shutil.copytree(tiny.rnn, copy, ignore=shutil.ignore_patterns("training"))
    config = RunDirectory(copy).config
    write_json(config, {**read_json(config), "directions": [["en", "zh-CN"]]})
    write_manifest(copy)
    rival = Rival.open(copy, tiny.both, asked)
    assert rival.direction == ("en", "zh-CN")
    assert rival.compare(found, asked, Beam(1)).scores.bleu.signature == found.scores.bleu.signature


def test_what_is_no_other_system_is_refused(tiny, translator, asked, tmp_path):
    short, binary = tmp_path / "short", tmp_path / "binary"
    short.write_text("一\n二\n", encoding="utf-8")
    binary.write_bytes(b"\xff\0" * 9)
    (tmp_path / "empty").touch()
    link = tmp_path / "again"
    link.symlink_to(tiny.both)
    for path, kind, said in (
        (tiny.both, OptionError, "both is the run that is scored: give another one"),
        (link, OptionError, "again is the run that is scored"),
        (tiny.texts / "test.zh", OptionError, "is the reference itself"),
        (tiny.texts, RunError, "is no run directory"),
        (tmp_path / "absent", RunError, "does not exist"),
        (short, DataError, r"must hold one translation for each line of .*test\.en: got 2 lines for 5; translate"),
        (tmp_path / "empty", DataError, "got 0 lines for 5"),
        (binary, DataError, "is not UTF-8"),
    ):
        with pytest.raises(kind, match=said):
            Rival.open(path, tiny.both, asked)
    other = read_questions(translator, ParallelText(tiny.texts / "test.zh", tiny.texts / "test.en"), "en")
    with pytest.raises(OptionError, match="rnn translates en → zh, and zh → en is scored: give a run of that"):
        Rival.open(tiny.rnn, tiny.both, other)


def verdict(bleu, chrf=EQUAL, ter=EQUAL):
    tally = Tally({"bleu": np.zeros((1000, 10))}, "en")
    comparisons = {"bleu": bleu, "bleu_lowercase": bleu, "chrf": chrf, "ter": ter}
    return Against("A", "B", score(["a"], ["a"], "en"), comparisons, tally).verdict


UP, DOWN = Comparison(1.2, 0.4, 2.0, 0.003, 1.0), Comparison(-1.2, -2.0, -0.4, 0.003, 0.0)
MAYBE = Comparison(-0.04, -0.9, 0.84, 0.31, 0.4)


def test_a_clear_difference_in_a_sentence():
    said = "is better than {} on this text: its BLEU is higher by 1.20, 95% interval 0.40 to 2.00, p = 0.003"
    assert verdict(UP) == "A " + said.format("B")
    assert verdict(DOWN) == "B " + said.format("A")
    assert verdict(UP, UP, DOWN) == "A " + said.format("B")
    assert verdict(UP, DOWN, UP) == "A " + said.format("B") + "; by chrF2 and TER it is the other way round"


def test_no_clear_difference_in_a_sentence():
    said = "no difference between A and B that 1,000 sentences can show: A minus B is -0.04 BLEU, "
    said += "95% interval -0.90 to 0.84, p = 0.310"
    sure = "by 1.20, 95% interval 0.40 to 2.00, p = 0.003"
    assert verdict(MAYBE) == said
    assert verdict(MAYBE, DOWN) == f"{said}; by chrF2 B is better: its chrF2 is higher {sure}"
    for ter, name in ((UP, "B"), (DOWN, "A")):
        assert (
            verdict(MAYBE, MAYBE, ter) == f"{said}; by TER {name} is better: its TER is lower, which is better, {sure}"
        )


@pytest.mark.parametrize(
    ("numbers", "interval"),
    [
        ((1.2, 0.004, 2.0), "0.004 to 2.000"),
        ((0.3, -0.0004, 0.6), "-0.0004 to 0.6000"),
        ((0, -0.0, 0.0), "0.00 to 0.00"),
    ],
)
def test_an_end_looks_like_0_only_where_it_is(numbers, interval):
    assert f"95% interval {interval}, p = " in verdict(Comparison(*numbers, 0.2, 0.5))


def test_the_source_and_the_reference_as_translations_are_told(tiny, asked, found, tmp_path):
    for name, lines in (("source", asked.sources), ("reference", asked.references)):
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (said,) = Rival.open(path, tiny.both, asked).compare(found, asked, Beam(1)).misgivings
        assert said.startswith(f"the translations of {name} are the {name} text itself: ")
