"""Test sets in the direction that is meant, whichever way the file has them."""

import pytest

from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError
from heedful.tasks.questions import read_questions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import short_pairs


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.mark.parametrize("to", ["en", None])
def test_two_files_are_read_line_by_line(tiny, translator, to):
    text = ParallelText(tiny.texts / "test.zh", tiny.texts / "test.en")
    asked = read_questions(translator, text, to)
    assert list(asked.pairs) == short_pairs("test", 5)
    assert asked.pairs == list(zip(asked.sources, asked.references, strict=True))
    assert (asked.text, asked.direction) == (text, ("zh", "en"))


@pytest.mark.parametrize(("order", "to"), [("zh-en", "en"), ("en-zh", "en"), ("zh-en", None)])
def test_a_tsv_serves_both_directions_in_either_order(translator, tmp_path, order, to):
    pairs = short_pairs("test", 5)
    rows = [pair if order == "zh-en" else pair[::-1] for pair in pairs]
    path = tmp_path / f"test.{order}.tsv"
    path.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    asked = read_questions(translator, ParallelText(path), to)
    assert list(asked.pairs) == pairs
    assert asked.direction == ("zh", "en")


def test_without_a_word_the_first_column_is_translated(tiny, translator):
    asked = read_questions(translator, ParallelText(tiny.texts / "all.en-zh.tsv"), None)
    assert asked.direction == ("en", "zh")
    assert list(zip(asked.references, asked.sources, strict=True)) == short_pairs("train", 120)


def test_empty_lines_are_questions_too(translator, tmp_path):
    path = tmp_path / "with.tsv"
    path.write_text("他来了。\tHe came.\n\t\n我来了。\t\n\tNobody.\n", encoding="utf-8")
    asked = read_questions(translator, ParallelText(path), "en")
    assert asked.sources == ["他来了。", "", "我来了。", ""]
    assert asked.references == ["He came.", "", "", "Nobody."]


def test_what_cannot_be_asked_is_refused(tiny, translator, tmp_path):
    path = tmp_path / "empty.tsv"
    path.write_text("\ta\n \tb\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"empty\.tsv holds no text: there is nothing to translate"):
        read_questions(translator, ParallelText(path), "en")
    unanswered = tmp_path / "unanswered.tsv"
    unanswered.write_text("他来了。\t\n我来了。\t \n", encoding="utf-8")
    with pytest.raises(DataError, match=r"second column of .*holds no text: there is nothing to compare"):
        read_questions(translator, ParallelText(unanswered), "en")
    exchanged = ParallelText(tiny.texts / "test.en", tiny.texts / "test.zh")
    with pytest.raises(DataError, match=r"seems to be in the Latin script and .* in the Han script, and zh → en is"):
        read_questions(translator, exchanged, "en")
    with pytest.raises(OptionError, match="does not translate into 'fr'"):
        read_questions(translator, exchanged, "fr")
