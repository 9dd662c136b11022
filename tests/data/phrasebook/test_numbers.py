from hypothesis import given
from hypothesis import strategies as st

from heedful.data.phrasebook import numbers

VALUES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}


def read_chinese(text: str) -> int:
    """The slow, obvious reader."""
    total = section = digit = 0
    for character in text:
        if character == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        elif character in UNITS:
            section += (digit or 1) * UNITS[character]
            digit = 0
        else:
            digit = VALUES[character]
    return total + section + digit


SMALL = {numbers.english(n)[0]: n for n in range(100)}


def read_english(words: tuple[str, ...]) -> int:
    """The slow, obvious reader."""
    total = section = 0
    for word in words:
        if word == "thousand":
            total, section = total + section * 1000, 0
        elif word == "hundred":
            section *= 100
        elif word != "and":
            section += SMALL[word]
    return total + section


@given(st.integers(0, 999_999))
def test_numbers_read_back(n: int):
    assert read_chinese(numbers.chinese(n)) == n
    assert read_english(numbers.english(n)) == n


def test_how_numbers_are_said():
    assert numbers.chinese(1205) == "一千二百零五"
    assert numbers.chinese(10_500) == "一万零五百"
    assert numbers.chinese(15) == "十五"
    assert numbers.chinese(2000) == "两千"
    assert numbers.counting(2) == "两"
    assert numbers.english(1205) == ("one", "thousand", "two", "hundred", "and", "five")
    assert [numbers.ordinal(n) for n in (1, 12, 20, 21, 33)] == [
        "first", "twelfth", "twentieth", "twenty-first", "thirty-third",
    ]  # fmt: skip
