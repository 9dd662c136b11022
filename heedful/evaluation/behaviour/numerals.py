"""The numbers that a text states: in digits of any script, in Chinese numerals, in words where we know them.

A number is kept when its digits stand in the other text, whatever separates them ("2,500", "2.500", "2 500"), or when
the other text says it in words.
"""

import re
import unicodedata
from collections.abc import Iterator

_RUN = re.compile(r"\d+(?:[.,:'’/-]\d+)*")
_ENGLISH = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}  # fmt: skip
_ENGLISH_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_HAN_DIGITS = {letter: value for value, letter in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_HAN_RUN = re.compile(f"[{''.join(_HAN_DIGITS | _HAN_TENS | _HAN_SCALES)}]+")
_HAN_SCALED = re.compile(r"(\d+(?:\.\d+)?)\s?([万萬亿億千百])")
# Two to twelve; "one" is an article in most languages, and larger ones are built in each language's own way.
_SMALL = {
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "en": "two three four five six seven eight nine ten eleven twelve",
    "zh": "二 三 四 五 六 七 八 九 十 十一 十二",
}


def base(language: str) -> str:
    """ "zh" of "zh-CN"; other codes of Chinese are "zh" too."""
    code = re.split("[-_]", language.lower())[0]
    return "zh" if code in ("zho", "chi", "cmn", "yue", "wuu", "lzh") else code


def knows_words(language: str) -> bool:
    """Whether numbers in words are understood in a language, be it only the small ones."""
    return base(language) in _SMALL


def small_words(language: str) -> dict[int, str]:
    """Two to twelve in words; empty where we do not know them."""
    return dict(enumerate(_SMALL.get(base(language), "").split(), 2))


def digit_runs(text: str) -> list[str]:
    """The numbers in digits as they stand, with the marks inside them, in ASCII digits."""
    return _RUN.findall(_ascii_digits(text))


def worded(text: str, language: str) -> list[int]:
    """The numbers in words or numerals, from two on, where the language is known."""
    code = base(language)
    if code == "zh":
        values = _han_values(text)
    elif code == "en":
        values = _english_values(text)
    else:
        known = {word: value for value, word in small_words(language).items()}
        values = (known[word] for word in re.findall(r"[^\W\d_]+", text.lower()) if word in known)
    return [value for value in values if value > 1]


def keeps(text: str, number: str, language: str) -> bool:
    """Whether a text states a number.

    Args:
        text: in `language`.
        number: as `digit_runs` gives it, or a value in digits.
        language: code.
    """
    runs = digit_runs(text)
    values = {str(value) for value in [*worded(text, language), *_scaled(text, language)]}
    whole = {_joined(run) for run in runs} | values
    parts = {part for run in runs for part in _parts(run)} | values
    return _joined(number) in whole or all(part in parts for part in _parts(number))


def _joined(run: str) -> str:
    return re.sub(r"\D", "", run).lstrip("0") or "0"


def _parts(run: str) -> list[str]:
    return [part.lstrip("0") or "0" for part in re.split(r"\D", run)]


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _scaled(text: str, language: str) -> Iterator[int]:
    """What digits with a word behind them make: "3 million", "300万"."""
    plain = _ascii_digits(text).lower()
    if base(language) == "en":
        for digits, word in re.findall(rf"(\d[\d,.]*) ({'|'.join(_ENGLISH_SCALES)})", plain):
            yield round(float(digits.replace(",", "").rstrip(".") or 0) * _ENGLISH_SCALES[word])
    for digits, word in _HAN_SCALED.findall(plain):
        yield round(float(digits) * (_HAN_SCALES | _HAN_TENS)[word])


def _english_values(text: str) -> Iterator[int]:
    """Runs of number words: "two hundred and five" is 205."""
    total, current, seen = 0, 0, False
    for word in [*re.findall(r"[a-z]+|[^a-z\s-]", text.lower()), "."]:
        if word in _ENGLISH:
            current += _ENGLISH[word]
            seen = True
        elif word == "hundred" and seen:
            current *= 100
        elif word in _ENGLISH_SCALES and seen:
            total, current = total + current * _ENGLISH_SCALES[word], 0
        elif not (word == "and" and seen):
            if seen:
                yield total + current
            total, current, seen = 0, 0, False


def _han_values(text: str) -> Iterator[int]:
    for run in _HAN_RUN.findall(text):
        digits = [_HAN_DIGITS[letter] for letter in run if letter in _HAN_DIGITS]
        # 一九九八 is spelt digit by digit.
        yield int("".join(map(str, digits))) if len(digits) == len(run) else _han_value(run)


def _han_value(run: str) -> int:
    for names, size in (("亿億", 10**8), ("万萬", 10**4)):
        place = max(run.rfind(name) for name in names)
        if place >= 0:
            return (_han_value(run[:place]) or 1) * size + _han_value(run[place + 1 :])
    total = digit = 0
    for letter in run:
        if letter in _HAN_DIGITS:
            digit = _HAN_DIGITS[letter]
        else:
            total += (digit or 1) * _HAN_TENS[letter]
            digit = 0
    return total + digit
