"""Numbers in words: Chinese counts by ten thousands, English by thousands."""

_DIGITS = "零一二三四五六七八九"
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def chinese(n: int) -> str:
    """1,205 is 一千二百零五; 0 <= n < 100,000,000."""
    if n >= 10_000:
        high, low = divmod(n, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return counting(high) + "万" + gap + (_below_ten_thousand(low) if low else "")
    if 10 <= n < 20:
        return _below_ten_thousand(n)[1:]
    return _below_ten_thousand(n) if n else "零"


def _below_ten_thousand(n: int) -> str:
    text, gap = "", False
    for value, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, value)
        if digit:
            text += ("零" if gap and text else "") + ("两" if digit == 2 and value == 1000 else _DIGITS[digit]) + name
        gap = digit == 0
    return text


def counting(n: int) -> str:
    """The Chinese number before a measure word: two is 两."""
    return "两" if n == 2 else chinese(n)


def english(n: int) -> tuple[str, ...]:
    """1,205 is one thousand two hundred and five, as a tuple of words."""
    if n >= 1000:
        high, low = divmod(n, 1000)
        gap = ("and",) if 0 < low < 100 else ()
        return (*english(high), "thousand", *gap, *(english(low) if low else ()))
    if n >= 100:
        high, low = divmod(n, 100)
        return (_ONES[high], "hundred", *(("and", *english(low)) if low else ()))
    if n >= 20:
        ten, one = divmod(n, 10)
        return (_TENS[ten] + ("-" + _ONES[one] if one else ""),)
    return (_ONES[n],)


def ordinal(n: int) -> str:
    """The English ordinal, n < 100: twenty-first."""
    (word,) = english(n)
    head, dash, last = word.rpartition("-")
    if last in _ORDINALS:
        return head + dash + _ORDINALS[last]
    return head + dash + (last[:-1] + "ieth" if last.endswith("y") else last + "th")
