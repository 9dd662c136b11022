"""The lexicon: one table per domain, read once, with the English forms worked out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from heedful.data.phrasebook import english

FOLDER = Path(__file__).parent / "lexicon"
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun, of `kind` "count"; counted in `units`: "mass" (water) or "pair" (trousers); or "name" (history)."""

    zh: str
    singular: Words
    plural: Words
    measure: str
    units: tuple[tuple[str, str], ...]
    classes: frozenset[str]
    kind: str


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb. `classes` are those of its objects, or the kinds of an activity.

    `rest` is the part of a Chinese verb that follows its aspect mark: 游 | 泳.
    """

    zh: str
    rest: str
    forms: dict[str, Words]
    classes: str


@dataclass(frozen=True, slots=True)
class Adjective:
    """An adjective; a `bare` one stands before its noun without 的; the forms are empty when it has no degrees."""

    zh: str
    en: Words
    more: Words
    most: Words
    classes: frozenset[str]
    bare: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A name, time, adverb or other word that is not inflected."""

    zh: str
    en: Words
    kind: str


Lemma = Noun | Verb | Adjective | Word


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    header, *lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    columns = header.split("\t")
    rows = []
    for number, line in enumerate(lines, 2):
        cells = line.split("\t")
        assert 2 <= len(cells) <= len(columns), f"{name}.tsv:{number}: {line!r}"
        rows.append(dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True)))
    return tuple(rows)


def _tables(kind: str) -> list[str]:
    return sorted(path.stem for path in FOLDER.glob(f"{kind}_*.tsv"))


def _noun(row: dict[str, str]) -> Noun:
    words = tuple(row["en"].split())
    classes = frozenset(row["class"].split(","))
    if row["plural"] in ("-", "="):
        if row["measure"] == ":":
            return Noun(row["zh"], words, words, "", (), classes, "name")
        units = tuple((zh, en) for zh, en in (unit.split(":") for unit in row["measure"].split()))
        return Noun(row["zh"], words, words, "", units, classes, "mass" if row["plural"] == "-" else "pair")
    many = tuple(row["plural"].split()) or (*words[:-1], english.plural(words[-1]))
    return Noun(row["zh"], words, many, row["measure"], (), classes, "count")


def _verb(row: dict[str, str]) -> Verb:
    first, *others = row["en"].split()
    past = row["past"] or english.past(first)
    forms = {
        "base": first,
        "third": english.third_person(first),
        "past": past,
        "participle": row["participle"] or past,
        "gerund": english.gerund(first),
    }
    zh, _, rest = row["zh"].partition("|")
    return Verb(zh, rest, {name: (form, *others) for name, form in forms.items()}, row["class"])


def _adjective(row: dict[str, str]) -> Adjective:
    more: Words = ()
    most: Words = ()
    if row["degrees"] != "-":
        irregular = row["degrees"].split()
        more = (irregular[0],) if irregular else english.compare(row["en"], "er")
        most = (irregular[1],) if irregular else english.compare(row["en"], "est")
    classes = frozenset(row["class"].split(","))
    return Adjective(row["zh"], tuple(row["en"].split()), more, most, classes, row["link"] == "bare")


@cache
def all_nouns() -> tuple[Noun, ...]:
    """Every noun of every domain."""
    return tuple(_noun(row) for table in _tables("nouns") for row in _rows(table))


@cache
def all_verbs() -> tuple[Verb, ...]:
    """Verbs with an object, and activities without one."""
    return tuple(_verb(row) for table in _tables("verbs") for row in _rows(table))


@cache
def all_adjectives() -> tuple[Adjective, ...]:
    """Every adjective."""
    return tuple(_adjective(row) for table in _tables("adjectives") for row in _rows(table))


@cache
def all_words() -> tuple[Word, ...]:
    """Names, times, adverbs: what is not inflected."""
    return tuple(
        Word(row["zh"], tuple(row["en"].split()), row["kind"]) for table in _tables("words") for row in _rows(table)
    )


@cache
def common() -> frozenset[str]:
    """The Chinese of lemmas that people say every day; all of them are in the tables."""
    return frozenset((FOLDER / "common.txt").read_text(encoding="utf-8").split())


def _matching(classes: str) -> frozenset[str]:
    return frozenset(classes.split(","))


@cache
def nouns(classes: str) -> tuple[Noun, ...]:
    """The nouns of any of the classes, e.g. "fruit,vegetable"."""
    return tuple(noun for noun in all_nouns() if noun.classes & _matching(classes))


@cache
def verbs(tables: str) -> tuple[Verb, ...]:
    """The verbs of some tables: "daily" and "once" take things, "people" takes people, "activity" no object."""
    return tuple(_verb(row) for table in tables.split(",") for row in _rows(f"verbs_{table}"))


@cache
def activities(kinds: str) -> tuple[Verb, ...]:
    """The activities of any of the kinds."""
    return tuple(verb for verb in verbs("activity") if not _matching(kinds).isdisjoint(verb.classes.split(",")))


@cache
def adjectives(noun_classes: frozenset[str], kind: str = "") -> tuple[Adjective, ...]:
    """The adjectives that suit a noun of these classes: all, or those that are "bare", "graded" or "absolute"."""
    fit = (adjective for adjective in all_adjectives() if adjective.classes & noun_classes)
    return tuple(a for a in fit if not kind or (a.bare if kind == "bare" else bool(a.more) == (kind == "graded")))


@cache
def words(kinds: str) -> tuple[Word, ...]:
    """The uninflected words of any of the kinds."""
    return tuple(word for word in all_words() if word.kind in _matching(kinds))


@cache
def all_lemmas() -> tuple[Lemma, ...]:
    """Every entry of every table."""
    return (*all_nouns(), *all_verbs(), *all_adjectives(), *all_words())


def lexicon_size() -> dict[str, int]:
    """The number of distinct content lemmas of each language."""
    lemmas = all_lemmas()
    return {
        "zh": len({lemma.zh + (lemma.rest if isinstance(lemma, Verb) else "") for lemma in lemmas}),
        "en": len({citation(lemma) for lemma in lemmas}),
    }


def citation(lemma: Lemma) -> str:
    """The English dictionary form."""
    if isinstance(lemma, Noun):
        return " ".join(lemma.singular)
    return " ".join(lemma.forms["base"] if isinstance(lemma, Verb) else lemma.en)
