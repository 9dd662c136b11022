"""What a translator was not made for is told, once and with the first line; what it was made for is not."""

import pytest

from heedful.tasks.misgivings import Misgivings
from heedful.tasks.translator import LEFT_OUT, UNSAID, Answer, Translations, Translator

ZH_EN, EN_ZH = ("zh", "en"), ("en", "zh")
LONG = "我们 " * 600


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.fixture
def misgivings(translator):
    return Misgivings(translator)


def test_a_text_that_needs_no_translation_is_told_with_the_way_out(tiny, misgivings):
    (said,) = misgivings.of_text(["他来了。", "她走了。"], EN_ZH)
    assert said == (
        "the text seems to be in 'zh' already, the language that it is to be translated into; --to en translates it"
    )
    assert list(misgivings.of_text(["他来了。"], EN_ZH)) == []
    (said,) = Misgivings(Translator.load(tiny.rnn)).of_text(["他来了。"], EN_ZH)
    assert said.endswith("; this model reads 'en' alone: expect nonsense")


def test_a_text_in_a_third_language_is_told(misgivings):
    (said,) = misgivings.of_text(["Привет, как дела?"], EN_ZH)
    assert said == "the text seems to be in the Cyrillic script, and this model reads 'en': expect nonsense"


def test_what_it_reads_is_not_doubted(misgivings):
    texts = {
        EN_ZH: ["He came.", "", "42", "The word 好 is Chinese."],
        ZH_EN: ["他来了。", "OK", "我用Java。", "USB 3.0"],
    }
    for direction, lines in texts.items():
        assert list(misgivings.of_text(lines, direction)) == []
        misgivings.look(lines, 1, direction)
    assert list(misgivings.of_lines()) == []
    assert misgivings.left_out == ""


def test_lines_in_another_script_are_counted(misgivings):
    misgivings.look(["He came.", "他来了。"], 1, EN_ZH)
    misgivings.look(["She left.", "Привет"], 3, EN_ZH)
    said = "2 lines, the first of them line 2: not in the script of 'en', which is read here; expect nonsense there"
    assert list(misgivings.of_lines()) == [said]
    assert list(misgivings.of_lines()) == []


def test_whole_sentences_in_latin_letters_are_no_chinese(misgivings):
    misgivings.look(["OK", "This is not what it reads."], 1, ZH_EN)
    (said,) = misgivings.of_lines()
    assert said.startswith("line 2: not in the script of 'zh'")


def test_letters_that_no_piece_has_are_another_script_whatever_the_language(tiny):
    translator = Translator.load(tiny.rnn)
    translator.directions = (("xx", "zh"),)
    misgivings = Misgivings(translator)
    misgivings.look(["He came.", "Привет"], 1, ("xx", "zh"))
    (said,) = misgivings.of_lines()
    assert said.startswith("line 2: not in the script of 'xx'")


def test_where_nobody_knows_the_language_only_letters_are_told_of(tiny):
    translator = Translator.load(tiny.rnn)
    misgivings = Misgivings(translator)
    misgivings.look(["Привет"], 1, UNSAID)
    assert list(misgivings.of_lines()) == ["line 1: not in letters that are read here; expect nonsense there"]


def test_a_text_that_was_told_of_as_a_whole_is_not_told_of_line_by_line(misgivings):
    assert len(list(misgivings.of_text(["他来了。"], EN_ZH))) == 1
    misgivings.look(["他来了。"], 1, EN_ZH)
    assert list(misgivings.of_lines()) == []


def test_several_sentences_are_told_of_a_model_that_learned_single_ones(translator, misgivings):
    lines = ["He came. She left.", "He came.", "Is it 3.5? No!"]
    misgivings.look(lines, 5, EN_ZH)
    (said,) = misgivings.of_lines()
    assert said.startswith("2 lines, the first of them line 5: more than one sentence, and this model learned from one")
    reader = Translator(
        translator.model, translator.tokenizer, translator.directions, translator.numerics, several={"en": 0.02}
    )
    other = Misgivings(reader)
    other.look(lines, 5, EN_ZH)
    assert list(other.of_lines()) == []
    other.look(["他来了。她走了。"], 1, ZH_EN)
    assert len(list(other.of_lines())) == 1


def test_lines_beyond_the_window_are_counted(misgivings):
    def miss(lines, first):
        answers = [[Answer("", 0.0, LEFT_OUT if line == LONG else "eos")] for line in lines]
        misgivings.miss(lines, first, Translations(answers, {}, 0, 0.0))

    miss(["他来了。", LONG, ""], 4)
    first = misgivings.left_out
    assert first.startswith("line 5: 1,")
    assert "tokens and the model's window 1,022; split it into sentences" in first
    miss([LONG], 9)
    assert misgivings.left_out == first.replace("line 5", "2 lines, the first of them line 5")
