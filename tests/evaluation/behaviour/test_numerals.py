"""Numbers in digits, in English and Chinese words of any size, in small words of some other languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation.behaviour.numerals import base, digit_runs, keeps, knows_words, small_words, worded

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
ONES += "seventeen eighteen nineteen".split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_english(value: int) -> str:
    """Another way to the same words."""
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            joint = " and " if rest and size == 100 else " "
            return f"{in_english(value // size)} {name}" + (joint + in_english(rest) if rest else "")
    if value >= 20:
        return TENS[value // 10] + (f"-{ONES[value % 10]}" if value % 10 else "")
    return ONES[value]


def in_chinese(value: int) -> str:
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if value >= size:
            rest = value % size
            gap = "零" if 0 < rest < size // 10 else ""
            return f"{in_chinese(value // size)}{name}{gap}{in_chinese(rest) if rest else ''}"
    return "零一二三四五六七八九"[value]


@given(st.integers(2, 999_999_999))
def test_english_words_of_any_size(value):
    assert worded(f"He has {in_english(value)} of them.", "en") == [value]
    assert worded(f"{in_english(value).capitalize()}.", "en-GB") == [value]


@given(st.integers(2, 999_999_999))
def test_chinese_numerals_of_any_size(value):
    text = in_chinese(value)
    assert worded(f"他有{text}个。", "zh") == [value]
    if text.startswith("一十"):
        assert worded(f"他有{text[1:]}个。", "zh-CN") == [value]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Two men and three dogs", "en", [2, 3]),
        ("one man", "en", []),
        ("one two three", "en", [6]),
        ("Twenty-one, two", "en", [21, 2]),
        ("一九九八年", "zh", [1998]),
        ("两个人", "zh", [2]),
        ("一个人", "zh", []),
        ("十个", "zh", [10]),
        ("Zwei Männer und drei Hunde", "de", [2, 3]),
        ("deux chiens", "fr", [2]),
        ("dos perros", "es", [2]),
        ("två hundar", "sv", []),
        ("hundred", "en", []),
        ("the seventh", "en", []),
        ("someone", "en", []),
    ],
)
def test_words_in_sentences(text, language, expected):
    # Counting aloud is taken for one number; the reference decides what is asked for, so nothing is lost by it.
    assert worded(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At 7:30 on 2024-03-17.", ["7:30", "2024-03-17"]),
        ("2,500.50 euros.", ["2,500.50"]),
        ("Room 12, floor 3.", ["12", "3"]),
        ("１９９８年", ["1998"]),
        ("٣ كتب", ["3"]),
        ("m²", []),
        ("none", []),
        ("5-year-old", ["5"]),
    ],
)
def test_digit_runs(text, expected):
    assert digit_runs(text) == expected


@pytest.mark.parametrize(
    ("number", "text", "language"),
    [
        ("2,500", "2.500 Euro", "de"),
        ("2,500", "2 500 euros", "fr"),
        ("2500", "two thousand five hundred", "en"),
        ("3.5", "3,5 Liter", "de"),
        ("7:30", "um 7.30 Uhr", "de"),
        ("7:30", "7h30", "fr"),
        ("07", "am 7.", "de"),
        ("2024-03-17", "am 17.3.2024", "de"),
        ("2024-03-17", "2024年3月17日", "zh"),
        ("3", "三只狗", "zh"),
        ("3", "drei Hunde", "de"),
        ("12", "十二点", "zh"),
        ("2", "两个", "zh"),
        ("1998", "一九九八年", "zh"),
        ("300", "三百人", "zh"),
        ("1998", "１９９８", "ja"),
        ("3000000", "3 million people", "en"),
        ("3000000", "300万人", "zh"),
        ("25000", "2.5万", "zh"),
        ("42", "forty-two", "en"),
        ("1000", "1千", "zh"),
    ],
)
def test_kept_however_it_is_written(number, text, language):
    assert keeps(text, number, language)


@pytest.mark.parametrize(
    ("number", "text", "language"),
    [
        ("42", "420", "de"),
        ("42", "24", "de"),
        ("3", "13", "de"),
        ("3", "vier Hunde", "de"),
        ("3", "Hunde", "de"),
        ("2024-03-17", "2024-03", "de"),
        ("3", "三", "en"),
        ("3", "drei", "sv"),
        ("7:30", "7 Uhr", "de"),
        ("12", "十三", "zh"),
    ],
)
def test_lost(number, text, language):
    assert not keeps(text, number, language)


def test_languages_that_are_known():
    assert knows_words("zh-TW")
    assert knows_words("cmn")
    assert not knows_words("sv")
    assert base("pt_BR") == "pt"
    assert small_words("sv") == {}
    for code in ("de", "fr", "es", "it", "pt", "nl", "en", "zh"):
        words = small_words(code)
        assert list(words) == list(range(2, 13))
        assert [worded(word, code) for word in words.values()] == [[value] for value in words]
