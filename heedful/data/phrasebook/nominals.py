"""Noun phrases: pronouns, names, and nouns with a determiner, a number, a possessor or an adjective."""

from typing import NamedTuple

from heedful.data.phrasebook import english, numbers
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Token
from heedful.data.phrasebook.lexicon import Adjective, Lemma, Noun, adjectives, nouns, words


class Nominal(NamedTuple):
    """A noun phrase and the content lemma that heads it; None for a pronoun."""

    phrase: Phrase
    lemma: Lemma | None


class Determiner(NamedTuple):
    """What stands before a noun. `measured`: a Chinese measure word follows."""

    zh: str
    en: tuple[str, ...]
    plural: bool
    measured: bool


A = Determiner("一", ("a",), False, True)
THIS = Determiner("这", ("this",), False, True)
THAT = Determiner("那", ("that",), False, True)
THESE = Determiner("这些", ("these",), True, False)
THOSE = Determiner("那些", ("those",), True, False)
SOME = Determiner("一些", ("some",), True, False)
SEVERAL = Determiner("几", ("several",), True, True)
MANY = Determiner("很多", ("many",), True, False)
NUMBERS = tuple(Determiner(numbers.counting(n), numbers.english(n), True, True) for n in range(2, 11))
HOW_MANY = Determiner("几", ("how", "many"), True, True)
BARE = "bare"
INDEFINITE = (A, A, A, A, SOME, SEVERAL)
THIS_THAT = (THIS, THAT)
THESE_THOSE = (THESE, THOSE)
FEW = NUMBERS[:5]
DOSES = (A, *NUMBERS[:3])
DEMONSTRATIVE = (THIS, THAT, THIS, THAT, THESE, THOSE)
PRONOUNS = (  # Chinese, subject, object, possessive, agreement
    ("我", "I", "me", "my", "I"),
    ("你", "you", "you", "your", "they"),
    ("他", "he", "him", "his", "he"),
    ("她", "she", "her", "her", "he"),
    ("我们", "we", "us", "our", "they"),
    ("他们", "they", "them", "their", "they"),
)


_ASKED = tuple(pronoun for pronoun in PRONOUNS if pronoun[0] not in ("我", "我们"))
_SINGULAR = PRONOUNS[:4]
_KIN = frozenset(("kin", "hiskin", "herkin"))
_OWNERS = {
    "one": PRONOUNS[:4],
    "hiskin": (PRONOUNS[0], PRONOUNS[1], PRONOUNS[2]),
    "herkin": (PRONOUNS[0], PRONOUNS[1], PRONOUNS[3]),
}
_NAMES = {"hiskin": "man", "herkin": "woman"}
_OWNED = frozenset(
    "object wearable food drink pet farm readable text clean document idea body mail puzzle medicine bloom".split()
)
_SINGLE = frozenset(("vehicle", "mount", "clean", "scenery", "event"))


def marked(words: tuple[str, ...], unit: int) -> tuple[Token, ...]:
    """The words as tokens of one unit."""
    if len(words) == 1:
        return ((words[0], unit),)
    return tuple([(word, unit) for word in words])


def attribute(d: Derivation, adjective: Adjective) -> Phrase:
    """An adjective before its noun: with 的, unless it is of one character."""
    unit = d.units.reserve()
    zh: tuple[Token, ...] = ((adjective.zh, unit),) if adjective.bare else ((adjective.zh, unit), ("的", 0))
    return Phrase(zh, marked(adjective.en, unit))


def bare(d: Derivation, noun: Noun, modifier: Phrase | None = None, article: str = "") -> Phrase:
    """A noun alone: of things in general (apples, water), or definite with the article "the"."""
    unit = d.units.reserve()
    generic = not article
    zh: tuple[Token, ...] = ((noun.zh, unit),)
    en = marked(noun.plural if generic else noun.singular, unit)
    if modifier:
        zh, en = modifier.zh + zh, modifier.en + en
    if article:
        en = ((article, 0), *en)
    plural = noun.kind == "pair" or (noun.kind == "count" and generic)
    return Phrase(zh, en, "they" if plural else "he")


def determined(d: Derivation, noun: Noun, determiner: Determiner, modifier: Phrase | None = None) -> Phrase:
    """A noun after a determiner, with its measure word: 两本新书, "two new books"; 三杯茶, "three cups of tea"."""
    unit = d.units.reserve(3)
    zh: list[Token] = [(determiner.zh, unit)]
    en = list(marked(determiner.en, unit))
    plural = determiner.plural
    if noun.units:
        if not determiner.measured:  # some water, these trousers
            plural = noun.kind == "pair"
        else:
            measure, name = d.draw(noun.units)
            zh.append((measure, unit + 1))
            en += [(container(name) if plural else name, unit + 1), ("of", 0)]
    elif determiner.measured:
        zh.append((noun.measure, 0))
    if modifier:
        zh += modifier.zh
        en += modifier.en
    zh.append((noun.zh, unit + 2))
    en += marked(noun.plural if plural else noun.singular, unit + 2)
    return Phrase(tuple(zh), tuple(en), "they" if plural else "he")


def container(unit: str) -> str:
    """The plural of a unit of measure."""
    return "loaves" if unit == "loaf" else english.plural(unit)


def possessed(d: Derivation, owner: Phrase, noun: Noun, modifier: Phrase | None = None) -> Phrase:
    """A noun, singular, after its possessor."""
    unit = d.units.reserve()
    zh: tuple[Token, ...] = ((noun.zh, unit),)
    en = marked(noun.singular, unit)
    if modifier:
        zh, en = modifier.zh + zh, modifier.en + en
    return Phrase(owner.zh + zh, owner.en + en, "they" if noun.kind == "pair" else "he")


def possessor(d: Derivation, kin: str = "", only_name: bool = False, plain: bool = False) -> Phrase:
    """Whose: 我的 / my, 安娜的 / Anna's. Before kin a pronoun goes without 的, and suits a husband or a wife."""
    unit = d.units.reserve(2)
    if not only_name and d.chance(0.8):
        zh, _, _, possessive, _ = d.draw(_OWNERS.get(kin, PRONOUNS))
        return Phrase(((zh, unit),) if kin and not plain else ((zh, unit), ("的", unit)), ((possessive, unit),))
    name = d.draw(words(_NAMES.get(kin, "man,woman")))
    return Phrase(((name.zh, unit), ("的", unit + 1)), (*marked(name.en, unit), ("'s", unit + 1)))


def pronoun(d: Derivation, objective: bool = False, asked: bool = False) -> Nominal:
    """A personal pronoun; nobody asks about himself."""
    zh, subject, object_, _, agreement = d.draw(_ASKED if asked else PRONOUNS)
    unit = d.units.reserve()
    return Nominal(Phrase(((zh, unit),), ((object_ if objective else subject, unit),), agreement), None)


def name(d: Derivation) -> Nominal:
    """The name of a person."""
    word = d.draw(words("man,woman"))
    unit = d.units.reserve()
    return Nominal(Phrase(((word.zh, unit),), marked(word.en, unit)), word)


def someone_else(d: Derivation, first: Nominal) -> Nominal:
    """One more person: another name, or me, you, him or her."""
    if d.chance(0.5):
        zh, subject_form, _, _, agreement = d.draw(_SINGULAR)
        unit = d.units.reserve()
        return Nominal(Phrase(((zh, unit),), ((subject_form, unit),), agreement), None)
    second = name(d)
    return second if second.lemma is not first.lemma else someone_else(d, first)


def kin(d: Derivation, classes: str = "kin,hiskin,herkin") -> Nominal:
    """我妈妈, "my mother"; 安娜的叔叔, "Anna's uncle"."""
    noun = d.draw(nouns(classes))
    (kind,) = noun.classes & _KIN
    return Nominal(possessed(d, possessor(d, kind), noun), noun)


def described(d: Derivation, noun: Noun, probability: float = 0.4, kind: str = "") -> Phrase | None:
    """Perhaps an adjective that suits the noun; only one without 的 for the kind "bare"."""
    if not d.chance(probability):
        return None
    pool = adjectives(noun.classes, kind)
    if not pool:
        return None
    adjective = d.draw(pool)
    d.compose(adjective, noun)
    return attribute(d, adjective)


def person(d: Derivation, classes: str = "person") -> Nominal:
    """A definite person: 医生, "the doctor"; 这个高学生, "this tall student"."""
    noun = d.draw(nouns(classes))
    if d.chance(0.2):
        return Nominal(bare(d, noun, article="the"), noun)
    return Nominal(determined(d, noun, d.draw(DEMONSTRATIVE), described(d, noun)), noun)


def subject(d: Derivation, asked: bool = False) -> Nominal:
    """Who does something."""
    roll = d.number(1, 10)
    if roll <= 5:
        return pronoun(d, asked=asked)
    if roll == 6:
        return name(d)
    return kin(d) if roll == 7 else person(d)


def indefinite(d: Derivation, noun: Noun) -> Phrase:
    """一本书, 两杯茶, 一些新鲜的苹果: something new to the hearer."""
    if noun.kind == "name":
        return bare(d, noun)
    if noun.classes & _SINGLE:
        determiner = A
    else:
        determiner = d.draw(INDEFINITE) if d.chance(0.7) else d.draw(NUMBERS)
    if noun.units and determiner is SEVERAL or noun.kind == "pair" and determiner is SOME:
        determiner = A
    return determined(d, noun, determiner, described(d, noun))


def owned(noun: Noun) -> bool:
    """Whether people own such a thing."""
    return bool(noun.classes & _OWNED)


def definite(d: Derivation, noun: Noun, plain: bool = False) -> Phrase:
    """这本书, 那些书, 我的书, 安娜的书: something that the hearer can identify."""
    if noun.kind == "name":
        return bare(d, noun)
    if owned(noun) and d.chance(0.35):
        return possessed(d, possessor(d), noun, None if plain else described(d, noun, 0.4, BARE))
    determiner = d.draw(DEMONSTRATIVE)
    if noun.units and not determiner.measured:
        determiner = THIS if determiner is THESE else THAT
    return determined(d, noun, determiner, None if plain else described(d, noun))
