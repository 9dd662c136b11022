"""Numbers and dates: what the source states in digits or words must be stated by the output."""

import re
from collections.abc import Sequence
from functools import partial

from heedful.evaluation.behaviour.numerals import (
    digit_runs,
    keeps,
    knows_words,
    small_words,
    worded,
)
from heedful.evaluation.behaviour.probe import Judgement, Material, Probe, Series
from heedful.evaluation.behaviour.tokens import insert

ALONE = ("7", "42", "360", "1998", "2500", "3.5", "12:30", "90210")
DATES = ("2024-03-17", "17.03.2024", "1969-07-20", "09.11.1989", "2031-12-05")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


def number_series(material: Material) -> list[Series]:
    """Numbers in real sentences, other numbers in their place, numbers by themselves, numbers in words, dates."""
    target = material.target
    unknown = not knows_words(target)
    note = f"number words of {target!r} are not known here: a number said in words counts as lost" if unknown else ""
    no_digits = "no sentence with a number in digits whose translation keeps it"
    passes = "the output states every one of them, in digits or in words"
    return [
        Series("numbers", "numbers of real sentences are kept", passes, _real(material), no_digits, note),
        Series(
            "numbers_changed", "other numbers in real sentences are kept", passes, _changed(material), no_digits, note
        ),
        Series("numbers_alone", "a number by itself is kept", passes, _alone(ALONE, target), "", note),
        Series("number_words", "numbers in words are kept", passes, _words(material), _why_no_words(material)),
        Series("dates", "years and dates are kept", passes, _dates(material), "", note),
    ]


def _judge(expected: Sequence[str], language: str, outputs: Sequence[str]) -> Judgement:
    lost = [number for number in expected if not keeps(outputs[-1], number, language)]
    return Judgement(f"lost {', '.join(lost)}" if lost else "")


def _probe(text: str, expected: Sequence[str], language: str) -> Probe:
    return Probe((text,), partial(_judge, expected, language))


def _alone(texts: Sequence[str], language: str) -> list[Probe]:
    return [_probe(text, [text], language) for text in texts]


def _real(material: Material) -> list[Probe]:
    """Only numbers that the reference keeps: a time of day may rightly become another number."""
    found = []
    for source, reference in material.pairs:
        expected = tuple(run for run in digit_runs(source) if keeps(reference, run, material.target))
        if expected:
            found.append((source, expected))
    return [_probe(source, expected, material.target) for source, expected in material.draw("numbers", found)]


def _words(material: Material) -> list[Probe]:
    if not (knows_words(material.source) and knows_words(material.target)):
        return []
    found = []
    for source, reference in material.pairs:
        values = dict.fromkeys(str(value) for value in worded(source, material.source))
        expected = tuple(value for value in values if keeps(reference, value, material.target))
        if expected:
            found.append((source, expected))
    alone = [_probe(word, [str(value)], material.target) for value, word in small_words(material.source).items()]
    real = [_probe(source, expected, material.target) for source, expected in material.draw("number words", found)]
    return [*alone, *real][: material.n_probes]


def _why_no_words(material: Material) -> str:
    unknown = [code for code in (material.source, material.target) if not knows_words(code)]
    return f"number words of {' and '.join(map(repr, unknown))} are not known here"


def _changed(material: Material) -> list[Probe]:
    """A number in digits on both sides gives way to another of as many digits."""
    found = []
    for source, reference in material.pairs:
        there = digit_runs(reference)
        common = [run for run in digit_runs(source) if run.isdecimal() and run in there and run in source]
        if common:
            found.append((source, common[0]))
    probes = []
    for source, old in material.draw("numbers changed", found):
        new = other_number(material, source, old)
        changed = re.sub(rf"(?<!\d){old}(?!\d)", new, source)
        probes.append(_probe(changed, [new], material.target))
    return probes


def _dates(material: Material) -> list[Probe]:
    """Other years in real sentences; dates behind sentences and by themselves."""
    years = []
    for source, reference in material.pairs:
        common = [year for year in _YEAR.findall(source) if year in _YEAR.findall(reference)]
        if common:
            years.append((source, common[0]))
    probes = _alone(DATES, material.target)
    for source, old in material.draw("years", years)[: material.n_probes // 2]:
        new = other_number(material, source, old)
        probes.append(_probe(source.replace(old, new), [new], material.target))
    for source, _ in material.plain[: material.n_probes // 2]:
        date = material.choose("date", source, DATES)
        probes.append(_probe(insert(source, date, "behind"), [date], material.target))
    return probes[: material.n_probes]


def other_number(material: Material, text: str, old: str) -> str:
    """Another number of as many digits that does not occur in the text; a year stays a year."""
    low, high = (1900, 2030) if _YEAR.fullmatch(old) else (10 ** (len(old) - 1), 10 ** len(old))
    low = max(low, 2)
    for attempt in range(9):
        new = str(low + material.chance(f"number {attempt}", (text, old)) % (high - low))
        if new not in digit_runs(text):
            return new
    return new
