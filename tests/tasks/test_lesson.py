"""What a student learns from: the teacher's words in the place of the text's, and of what tests it nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.text import ParallelText
from heedful.errors import DataError, LengthError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.tasks import lesson
from heedful.tasks.distillation import DistillOptions
from heedful.tasks.lesson import (
    Material,
    check_unchanged,
    describe_lesson,
    gather,
    read_lesson,
    with_text,
    write_lesson,
)
from heedful.tasks.preparation import fingerprints
from heedful.tasks.translator import Answer, Translations, Translator
from tests.tasks.tiny import short_pairs

OUT = Path("student")


class Speaker:
    """Stands in for a translator: says what it is asked backwards, and comes to no end where it is asked so."""

    def __init__(self, *directions: tuple[str, str]) -> None:
        self.directions = directions or (("zh", "en"),)
        self.asked: list[tuple[str, list[str]]] = []

    def answer(self, texts, *, to, progress, leave_out) -> Translations:
        assert leave_out
        self.asked.append((to, list(texts)))
        progress(len(texts), len(texts))
        ends = {"endless": "length", "long": "window"}
        answers = [[Answer(text[::-1], 0.0, ends.get(text, "eos"))] for text in texts]
        return Translations(answers, {}, 0, 1.0)


def material(folder: Path, rows: list[tuple[str, str]], **held: list[tuple[str, str]]) -> Material:
    path = folder / "given.tsv"
    path.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    options = DistillOptions(tsv=path, out=OUT, source_language="zh", target_language="en")
    return Material(options.sources(), held)


def learned(place: Path) -> list[tuple[str, str]]:
    return list(ParallelText(place / "text" / "train.tsv").pairs())


def test_the_teacher_writes_the_targets_and_where_it_fails_the_original_stands(tmp_path):
    rows = [("ab", "x"), ("endless", "y"), ("", "z"), ("long", "v"), ("cd", "w")]
    write_lesson(tmp_path, material(tmp_path, rows), Speaker(), originals=False)
    assert learned(tmp_path) == [("ab", "ba"), ("endless", "y"), ("long", "v"), ("cd", "dc")]
    assert describe_lesson(tmp_path).startswith("Of the teacher's 4 translations 2 came to no end")
    assert not (tmp_path / "translated").exists()


def test_a_teacher_of_both_directions_writes_both_sides_and_originals_come_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "PIECE", 2)
    rows = [("ab", "xy"), ("cd", "zu"), ("ef", "vw")]
    teacher = Speaker(("zh", "en"), ("en", "zh"))
    write_lesson(tmp_path, material(tmp_path, rows), teacher, originals=True)
    expected = [("ab", "ba"), ("cd", "dc"), ("yx", "xy"), ("uz", "zu"), ("ef", "fe"), ("wv", "vw"), *rows]
    assert learned(tmp_path) == expected
    assert teacher.asked == [("en", ["ab", "cd"]), ("zh", ["xy", "zu"]), ("en", ["ef"]), ("zh", ["vw"])]


def test_without_a_teacher_who_writes_the_text_is_as_it_was_but_for_what_is_held_out(tmp_path):
    rows = [("a", "x"), ("b", "y"), ("c", "Z"), ("d", "w")]
    found = material(tmp_path, rows, dev=[("b", "other")], test=[("other", "z")])
    write_lesson(tmp_path, found, None, originals=False)
    assert learned(tmp_path) == [("a", "x"), ("d", "w")]
    assert describe_lesson(tmp_path) == ""
    texts = read_lesson(tmp_path, found.sources, _tokens())
    assert [list(text.pairs()) for text in (texts.dev, texts.test)] == [[("b", "other")], [("other", "z")]]
    assert (texts.made_of, texts.tokenizer, texts.parts_to_hold_out) == (found.sources, "its own", [])


def test_what_was_translated_before_a_kill_is_not_translated_again(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "PIECE", 2)
    rows = [(f"{i}ab", "x") for i in range(5)]
    dying = Speaker()
    whole = dying.answer

    def die(*texts, **more):
        if len(dying.asked) == 2:
            raise KeyboardInterrupt
        return whole(*texts, **more)

    dying.answer = die
    with pytest.raises(KeyboardInterrupt):
        write_lesson(tmp_path, material(tmp_path, rows), dying, originals=False)
    assert not (tmp_path / "text").exists()
    heard: list[tuple[str, int, int]] = []
    second = Speaker()
    write_lesson(tmp_path, material(tmp_path, rows), second, False, lambda *place: heard.append(place))
    assert second.asked == [("en", ["4ab"])]
    assert learned(tmp_path) == [(source, source[::-1]) for source, _ in rows]
    assert heard[-1] == ("the teacher translates zh → en", 5, 5)
    third = Speaker()
    write_lesson(tmp_path, material(tmp_path, rows), third, originals=False)
    assert not third.asked


def test_a_text_that_has_changed_is_not_gone_on_with(tmp_path):
    found = material(tmp_path, [("a", "b")])
    before = fingerprints(found.sources)
    check_unchanged(tmp_path, found.sources, before)
    material(tmp_path, [("a", "c")])
    with pytest.raises(RunError, match=r"the text has changed since this distillation began \(given\.tsv\)"):
        check_unchanged(tmp_path, found.sources, before)
    (tmp_path / "text").mkdir()
    check_unchanged(tmp_path, found.sources, before)


def test_what_is_left_out_is_the_teachers(tiny):
    found = with_text(DistillOptions(out=OUT), RunDirectory(tiny.both), ("zh", "en"))
    assert (found.source, found.target) == (tiny.texts / "train.zh", tiny.texts / "train.en")
    assert (found.dev_source, found.test_target) == (tiny.texts / "dev.zh", tiny.texts / "test.en")
    assert (found.source_language, found.target_language) == ("zh", "en")
    mine = with_text(DistillOptions(out=OUT, test_tsv=Path("x")), RunDirectory(tiny.both), ("zh", "en"))
    assert (mine.test_tsv, mine.test_source, mine.dev_source) == (Path("x"), None, tiny.texts / "dev.zh")
    given = with_text(DistillOptions(tsv=Path("x"), out=OUT), RunDirectory(tiny.both), ("zh", "en"))
    assert (given.tsv, given.source, given.dev_source) == (Path("x"), None, None)


def test_a_teacher_whose_text_is_gone_or_unknown(tiny, tmp_path):
    copy = shutil.copytree(tiny.both, tmp_path / "t")
    request = copy / "training" / "begun" / "request.json"
    texts = shutil.copytree(tiny.texts, tmp_path / "texts")
    request.write_text(request.read_text().replace(str(tiny.texts), str(texts)))
    (texts / "train.en").write_text("Another.\n")
    with pytest.raises(OptionError, match=r"give the text to learn from: .*train\.en, which .* learned from"):
        with_text(DistillOptions(out=OUT), RunDirectory(copy), ("zh", "en"))
    shutil.rmtree(copy / "training")
    with pytest.raises(OptionError, match=r"does not keep where its own text is"):
        with_text(DistillOptions(out=OUT), RunDirectory(copy), ("zh", "en"))


def test_another_language_pair(tiny, tmp_path):
    known, teacher = RunDirectory(tiny.both), Translator.load(tiny.both)
    named = DistillOptions(out=OUT, source_language="de")
    with pytest.raises(OptionError, match="--source-language is 'de', and the teacher translates zh → en"):
        with_text(named, known, ("zh", "en"))
    path = tmp_path / "turned.tsv"
    rows = [(english, chinese) for chinese, english in short_pairs("train", 60)]
    path.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    turned = with_text(DistillOptions(tsv=path, out=OUT), known, ("zh", "en"))
    with pytest.raises(DataError, match=r"turned\.tsv \(source\) seems to be in .*Latin.*teacher translates zh → en"):
        gather(turned, teacher, known)


def test_what_tests_the_teacher_tests_the_student(tiny):
    known, teacher = RunDirectory(tiny.rnn), Translator.load(tiny.rnn)
    options = with_text(DistillOptions(out=OUT), known, ("en", "zh"))
    found = gather(options, teacher, known)
    assert sorted(found.held) == ["dev", "test"]
    everything = list(found.sources.train.pairs())
    held = [pair for part in found.held.values() for pair in part]
    assert len(held) > 10
    assert sorted([*found.pairs(), *held]) == sorted(everything)
    # Where the teacher's are not on record, some are chosen, and none of them is learned from.
    elsewhere = gather(options, teacher, RunDirectory(tiny.texts))
    assert elsewhere.held["test"]
    assert not set(elsewhere.pairs()) & set(elsewhere.held["dev"] + elsewhere.held["test"])


def test_a_sentence_for_testing_that_is_too_long_is_refused_first(tiny, tmp_path):
    for language, text in (("zh", "长" * 2000), ("en", "long")):
        (tmp_path / f"dev.{language}").write_text(text + "\n", encoding="utf-8")
    known, teacher = RunDirectory(tiny.both), Translator.load(tiny.both)
    options = with_text(DistillOptions(out=OUT), known, ("zh", "en"))
    options = replace(options, dev_source=tmp_path / "dev.zh", dev_target=tmp_path / "dev.en")
    with pytest.raises(LengthError, match=r"dev\.zh:1 has"):
        gather(options, teacher, known)


def _tokens():
    class Known:
        tokenizer = "its own"

    return Known()
