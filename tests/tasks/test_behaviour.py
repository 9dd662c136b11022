"""The suite on a run: its held-out pairs in the right direction, the words of its text, and without any of it."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from heedful.data.augment import Augmentation
from heedful.data.text import ParallelText
from heedful.decoding import Beam, Limits
from heedful.errors import OptionError, RunError
from heedful.tasks import behaviour
from heedful.tasks.behaviour import WORDS_NOTE, check_behaviour, held_out, known_words
from heedful.tasks.preparation import Sources, prepare
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS, SIZE

GREEDY = Beam(1)


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.fixture
def quick(monkeypatch, translator):
    """A translator that hands back its input, so that only the way there is tried."""

    def answer(texts, to, search, progress):
        progress(len(texts), len(texts))
        return SimpleNamespace(texts=list(texts))

    monkeypatch.setattr(translator, "answer", answer)
    return translator


def test_a_run_brings_its_own_held_out_pairs(tiny, quick):
    report = check_behaviour(quick, to="en", run=tiny.both, n_probes=5)
    assert (report.source, report.target) == ("zh", "en")
    assert report.n_pairs == COUNTS["dev"] + COUNTS["test"]
    told = []
    check_behaviour(quick, to="en", run=tiny.both, n_probes=5, tell=lambda *news: told.append(news))
    n = report.n_translated
    assert told == [("looking for words in the training text", 0, 0), ("trying its behaviour", n, n)]
    assert report == check_behaviour(quick, to="en", run=tiny.both, n_probes=5)


def test_the_other_direction_turns_them(tiny, quick):
    report = check_behaviour(quick, to="zh", run=tiny.both, n_probes=5)
    assert (report.source, report.target) == ("en", "zh")
    assert report.check("casing_upper") is not None
    begun = tiny.both / "training" / "begun"
    assert held_out(begun, True) == [(english, chinese) for chinese, english in held_out(begun, False)]
    test = list(ParallelText(tiny.texts / "test.zh", tiny.texts / "test.en").pairs())
    assert held_out(begun, False)[: len(test)] == test


def test_the_callers_pairs_go_first(tiny, quick):
    pairs = [("他三点来。", "He comes at three."), ("她五点走。", "She leaves at five.")]
    report = check_behaviour(quick, pairs, run=tiny.both, n_probes=5)
    assert (report.source, report.target, report.n_pairs) == ("zh", "en", 2)


def test_without_what_training_left_only_what_is_built_in_is_tried(tiny, quick, tmp_path):
    run = shutil.copytree(tiny.both, tmp_path / "x", ignore=shutil.ignore_patterns("training"))
    report = check_behaviour(quick, to="en", run=run)
    assert report.n_pairs == 0
    assert report == check_behaviour(quick, to="en")
    assert "no sentences were given" in {item.reason for item in report.left_out}


def test_a_direction_must_be_clear(tiny, quick):
    with pytest.raises(OptionError, match="say which with --to"):
        check_behaviour(quick, run=tiny.both)
    with pytest.raises(OptionError, match="does not translate into 'de'"):
        check_behaviour(quick, to="de", run=tiny.both)


def test_what_training_left_is_checked(tiny, quick, tmp_path):
    run = shutil.copytree(tiny.both, tmp_path / "x")
    (run / "training" / "begun" / "prepared.json").write_text("{}")
    with pytest.raises(RunError, match=r"prepared\.json"):
        check_behaviour(quick, to="en", run=run)


def test_a_real_translator_is_asked_in_its_direction(translator):
    # A model that has learned nothing would write to the end of its window.
    short = Translator(
        translator.model,
        translator.tokenizer,
        translator.directions,
        translator.numerics,
        replace(Limits(), max_ratio=0.0),
    )
    report = check_behaviour(short, to="zh", search=GREEDY, n_probes=2)
    assert report.check("urls").tried == 2
    assert report.check("empty").tried == report.n_translated


ROWS = [
    (f"{one} and {other}.", f"{one.translate(TABLE)} und {other.translate(TABLE)}.")
    for TABLE in [str.maketrans("aeiou", "eioua")]
    for one in ("bado", "kemi", "lupo", "rita", "sonu", "tefa")
    for other in ("gola", "miru", "nefo", "pusa", "wike", "zaro")
] * 4  # fmt: skip


def begun(tmp_path, rows, name="x", augmentation=None):
    text = tmp_path / f"{name}.tsv"
    text.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    place = tmp_path / name
    place.mkdir()
    dev = tmp_path / "dev.tsv"
    dev.write_text("A dog.\tEin Hund.\n", encoding="utf-8")
    prepare(Sources(ParallelText(text), ParallelText(dev), None, ("en", "de"), False, augmentation), place, 1, SIZE)
    return place


def test_words_are_those_of_the_training_text_that_never_stood_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_WORD", 0.2)
    words = known_words(begun(tmp_path, ROWS), False)
    assert {("kemi", "kimo"), ("bado", "bedu")} <= set(words)
    assert ("kimo", "kemi") in known_words(tmp_path / "x", True)
    alone = known_words(begun(tmp_path, [*ROWS, ("Kemi!", "Kimo!")], "y"), False)
    assert "kemi" not in {word for word, _ in alone}
    assert ("bado", "bedu") in alone


def test_a_single_character_is_no_word_where_nothing_separates_words(monkeypatch):
    found = [("guitar", "吉"), ("coffee", "咖啡"), ("I", "我们"), ("a", "ein"), ("典", "dictionary")]
    assert [pair for pair in found if all(map(behaviour._is_whole, pair))] == [
        ("coffee", "咖啡"),
        ("I", "我们"),
        ("a", "ein"),
    ]


def test_what_was_made_from_the_text_is_no_text(tmp_path, monkeypatch):
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_WORD", 0.2)
    made = Augmentation(words=0.06, numbers=0, tokens=0.2, casing=0.2, marks=0, joined=0)
    place = begun(tmp_path, ROWS, augmentation=made)
    words, plain = known_words(place, False), known_words(begun(tmp_path, ROWS, "y"), False)
    # Those that it was given by themselves are known, and are no test.
    assert set(words) < set(plain)
    assert len(words) > 3


def test_words_are_tried_with_a_word_on_where_they_are_from(tiny, quick, monkeypatch):
    monkeypatch.setattr(behaviour, "known_words", lambda begun, turned: [("狗", "dog")])
    check = check_behaviour(quick, to="en", run=tiny.both, n_probes=5).check("words")
    assert check.examples[-1].why == "expected dog"
    assert check.note.startswith(WORDS_NOTE)
