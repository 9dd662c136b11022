"""Scripts against the names that Unicode gives its letters; languages of real sentences and of file names."""

import sys
import unicodedata
from itertools import islice
from pathlib import Path

import pytest

from heedful.data.languages import (
    CODES,
    count_units,
    english_name,
    language_of_text,
    languages_of_name,
    main_script,
    same_language,
    script_of,
    script_of_language,
    seems_other,
    spoken_among,
)
from heedful.data.text import read_lines

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NAMES = {
    "CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "HALFWIDTH": None, "FULLWIDTH": None, "IDEOGRAPHIC": "Han",
    "MODIFIER": None, "MICRO": None, "FEMININE": None, "MASCULINE": None, "GEORGIAN": "Georgian", "COPTIC": None,
}  # fmt: skip


def test_blocks_agree_with_unicode_names() -> None:
    known = {
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "HEBREW",
        "ARABIC",
        "DEVANAGARI",
        "THAI",
        "HANGUL",
        "ARMENIAN",
        "BENGALI",
        "TAMIL",
    }
    checked = 0
    for code in range(0, 0x30000, 7):
        letter = chr(code)
        first = unicodedata.name(letter, "").split(" ")[0]
        if letter.isalpha() and (first in known or NAMES.get(first)):
            expected = NAMES.get(first) or first.capitalize()
            # Some Greek and Cyrillic letters stand among the phonetic ones, and vice versa.
            if not 0x1D00 <= code < 0x1DC0 and script_of(letter) is not None:
                assert script_of(letter) == expected, hex(code)
                checked += 1
    assert checked > 5000


@pytest.mark.parametrize("letter", list("1 ,.。（）٣\u0301😀€₂\U0001f600") + [chr(sys.maxunicode)])
def test_marks_have_no_script(letter: str) -> None:
    assert script_of(letter) is None


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, world", "Latin"), ("123 !?", None), ("", None), ("你好", "Han"), ("我用Java。", "Han"),
        ("学校に行く", "Kana"),
        ("Привет, Tom", "Cyrillic"), ("안녕 Tom", "Hangul"), ("é", "Latin"), ("نعم", "Arabic"), ("हिन्दी", "Devanagari"),
        ("The word 好 is Chinese", "Latin"),
    ],
)  # fmt: skip
def test_main_script(text: str, script: str | None) -> None:
    assert main_script(text) == script


@pytest.mark.parametrize(
    ("lines", "code", "other", "seems"),
    [
        (["我喜欢喝茶。", "他在家。"], "en", "zh", "the Han script"),
        (["I like tea.", "He is at home."], "zh", None, "the Latin script"),
        (["我用 PyTorch DistributedDataParallel 训练。"], "zh", "en", None),
        (["東京大学"], "ja", "en", None),
        (["Ich bin nicht zu Hause.", "Das ist der Hund von dem Mann."], "en", "de", "'de'"),
        (["He is at home.", "That is the dog."], "en", "de", None),
        (["42", ""], "en", "zh", None),
        (["Saluton, mondo!"], "eo", "sq", None),
    ],
)
def test_a_text_may_speak_against_its_language(
    lines: list[str], code: str, other: str | None, seems: str | None
) -> None:
    assert seems_other(lines, code, other) == seems


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("two words", 2),
        ("", 0),
        ("我们去北京。", 6),
        ("用 Python 编程", 4),
        ("été à la mer", 4),
        ("ภาษา", 4),
        ("  a \t b ", 2),
    ],
)
def test_count_units(text: str, units: int) -> None:
    assert count_units(text) == units


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("train.de", ("de",)), ("train.de.gz", ("de",)), ("train.en-zh.tsv.gz", ("en", "zh")), ("notes.txt", ()),
        ("news.zh-CN.txt", ("zh",)), ("DE.txt", ("de",)), ("a.b.c", ()), ("train", ()),
        ("test_2016_flickr.fr.gz", ("fr",)),
    ],
)  # fmt: skip
def test_languages_of_name(name: str, codes: tuple[str, ...]) -> None:
    assert languages_of_name(Path("folder.en") / name) == codes


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The man is in the house and it is not his.", "en"),
        ("Der Mann ist nicht in dem Haus, und sie ist auch nicht da.", "de"),
        ("Le chat est dans la maison et il ne veut pas sortir pour les voir.", "fr"),
        ("El hombre no está en la casa y por eso no lo veo.", "es"),
        ("Я не знаю, что он делает, но это не так.", "ru"),
        ("Я не знаю, що він робить, але це не так, та й ми є.", "uk"),
        ("我们今天去北京。", "zh"),
        ("私は学校に行きます。", "ja"),
        ("나는 학교에 간다.", "ko"),
        ("यह किताब है और वह नहीं है।", "hi"),
        ("Καλημέρα κόσμε", "el"),
        ("qwrt zxcv", None),
        ("12", None),
        ("", None),
    ],
)
def test_language_of_text(text: str, language: str | None) -> None:
    assert language_of_text([text]) == language


def test_same_language() -> None:
    assert same_language("zh-CN", "zh")
    assert same_language("no", "nb")
    assert not same_language("da", "nb")
    assert {"de", "en", "zh", "nb", "no"} <= CODES
    assert all(len(code) == 2 for code in CODES)


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_real_text(language: str) -> None:
    path = DATA / "multi30k" / f"val.{language}.gz"
    if not path.exists():
        pytest.skip("needs ../shared/data")
    assert language_of_text(islice(read_lines(path), 100)) == language


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("zh", "Han"),
        ("zh-TW", "Han"),
        ("ja", "Kana"),
        ("DE", "Latin"),
        ("no", "Latin"),
        ("uk", "Cyrillic"),
        ("xx", None),
    ],
)
def test_script_of_language(code: str, script: str | None) -> None:
    assert script_of_language(code) == script


def test_english_names() -> None:
    assert [english_name(code) for code in ("de", "zh", "eo")] == ["German", "Chinese", "eo"]


@pytest.mark.parametrize(
    ("text", "codes", "language"),
    [
        ("Where is it?", ["en", "zh"], "en"),
        ("在哪里？", ["en", "zh"], "zh"),
        ("Ich habe das.", ["en", "de"], "de"),
        ("I see it.", ["de", "en-GB"], "en-GB"),
        ("Xyzzy", ["en", "de"], None),
        ("在哪里？", ["en", "de"], None),
        ("", ["en", "zh"], None),
        ("Det er en hest", ["no", "en"], "no"),
    ],
)
def test_spoken_among(text: str, codes: list[str], language: str | None) -> None:
    assert spoken_among([text], codes) == language
