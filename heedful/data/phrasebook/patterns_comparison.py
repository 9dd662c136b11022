"""Patterns of likes, and of one thing measured against another."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Adjective, Noun, Verb, adjectives, nouns, verbs, words
from heedful.data.phrasebook.nominals import (
    THAT,
    THIS,
    Nominal,
    bare,
    determined,
    marked,
    name,
    owned,
    possessed,
    possessor,
    subject,
)

_THAN = Template("{s} 比/1 {o} {a} 。", "{s} {be} {more} than/1 {o} .")
_MUCH = Template("{s} 比/1 {o} {a} 得多/2 。", "{s} {be} much/2 {more} than/1 {o} .")
_LITTLE = Template("{s} 比/1 {o} {a} 一点/2 。", "{s} {be} a/2 little/2 {more} than/1 {o} .")
_NOT_AS = Template("{s} 没有/1 {o} 那么/2 {a} 。", "{s} {be} not/1 as/2 {a} as {o} .")
_AS = Template("{s} 跟/1 {o} 一样/2 {a} 。", "{s} {be} as/2 {a} as/1 {o} .")
_THAN_ASKED = Template("{s} 比/1 {o} {a} 吗/2 ？", "{be}/2 {s} {more} than/1 {o} ?")
_MOST = Template("{s} 是/1 {p} 里/2 最 {a} 的 {n} 。", "{s} {be}/1 the {n} in/2 {p} .")
_LIKE = Template("{s} {v} {o} 。", "{s} {v} {o} .")
_DO_NOT_LIKE = Template("{s} 不/1 {v} {o} 。", "{s} {do} not/1 {v} {o} .")
_LIKE_ASKED = Template("{s} {v} {o} 吗/1 ？", "{do}/1 {s} {v} {o} ?")
_PREFER = Template("比起/1 {x} ， {s} 更/2 喜欢/2 {y} 。", "{s} {prefer}/2 {y} to/1 {x} .")
_AFRAID = Template("{s} 怕/1 {o} 。", "{s} {be}/1 afraid/1 of/1 {o} .")
_INTERESTED = Template("{s} 对/1 {o} {g} 感兴趣/2 。", "{s} {be} {g} interested/2 in/1 {o} .")
_COMPARABLE = (
    "fruit,vegetable,dish,drink,wearable,furniture,appliance,tool,printed,show,event,vehicle,pet,farm,wild,"
    "instrument,container,toy,textile,place,scenery,art"
)
_LIKED = "fruit,vegetable,dish,sweet,drink,animal,printed,watchable,bloom,interest,toy,wearable"
_SAMENESS = ("fruit", "vegetable", "dish", "sweet", "drink", "animal", "bloom", "interest", "printed", "watchable")


def _two(d: Derivation) -> tuple[Phrase, Phrase, Adjective]:
    """Two of a kind and a quality of which each has some degree."""
    if d.chance(0.4):
        return _two_people(d)
    first = d.draw(nouns(_COMPARABLE))
    adjective = d.draw(adjectives(first.classes, "graded"))
    shared = ",".join(sorted(adjective.classes & first.classes))
    second = d.draw(nouns(shared))
    d.compose(adjective, first)
    d.compose(adjective, second)
    if d.chance(0.5) or not (owned(first) and owned(second)):
        return determined(d, first, THIS), determined(d, second, THAT), adjective
    return possessed(d, possessor(d), first), possessed(d, possessor(d), second), adjective


def _two_people(d: Derivation) -> tuple[Phrase, Phrase, Adjective]:
    x = name(d)
    noun = d.draw(nouns("kin"))
    y = possessed(d, possessor(d, "kin"), noun)
    adjective = d.draw(adjectives(frozenset(("person",)), "graded"))
    d.compose(x.lemma, adjective)
    d.compose(noun, adjective)
    other = someone_named(d, x)
    return (x.phrase, y, adjective) if d.chance(0.5) else (x.phrase, other.phrase, adjective)


def someone_named(d: Derivation, first: Nominal) -> Nominal:
    """A name other than the first."""
    second = name(d)
    return second if second.lemma is not first.lemma else someone_named(d, first)


def _compared(d: Derivation, template: Template) -> Phrase:
    s, o, a = _two(d)
    unit = d.units.reserve()
    slots: Slots = {"s": s, "o": o, "be": english.be(s.agreement)}
    if template in (_NOT_AS, _AS):
        return template.fill(d.units, {**slots, "a": d.word(a)})
    quality = Phrase(((a.zh, unit),), marked(a.more, unit))
    return template.fill(d.units, {**slots, "a": quality, "more": Phrase((), quality.en)})


def than(d: Derivation) -> Phrase:
    """安娜比汤姆高。"""
    return _compared(d, _THAN)


def city_than(d: Derivation) -> Phrase:
    """巴黎比罗马繁华。"""
    first, second = d.draw(words("city")), d.draw(words("city"))
    while second is first:
        second = d.draw(words("city"))
    adjective = d.draw(adjectives(_TOWN))
    d.compose(first, adjective)
    d.compose(second, adjective)
    unit = d.units.reserve()
    a = Phrase(((adjective.zh, unit),), marked(adjective.more, unit))
    slots: Slots = {"s": d.word(first), "o": d.word(second), "a": a, "more": Phrase((), a.en), "be": "is"}
    return _THAN.fill(d.units, slots)


_TOWN = frozenset(("town",))


def much_more_than(d: Derivation) -> Phrase:
    """安娜比汤姆高得多。"""
    return _compared(d, _MUCH)


def a_little_more_than(d: Derivation) -> Phrase:
    """安娜比汤姆高一点。"""
    return _compared(d, _LITTLE)


def than_question(d: Derivation) -> Phrase:
    """安娜比汤姆高吗？"""
    return _compared(d, _THAN_ASKED)


def not_as(d: Derivation) -> Phrase:
    """安娜没有汤姆那么高。"""
    return _compared(d, _NOT_AS)


def as_much(d: Derivation) -> Phrase:
    """安娜跟汤姆一样高。"""
    return _compared(d, _AS)


def superlative(d: Derivation) -> Phrase:
    """安娜是学校里最高的学生。"""
    someone = name(d)
    noun = d.draw(nouns("job,role,young"))
    adjective = d.draw(adjectives(noun.classes, "graded"))
    d.compose(someone.lemma, noun)
    d.compose(adjective, noun)
    unit = d.units.reserve(3)
    place = d.draw(nouns("org,area"))
    most = marked(adjective.most, unit + 1)
    slots: Slots = {
        "s": someone.phrase,
        "be": "is",
        "p": Phrase(((place.zh, unit),), (("the", 0), *marked(place.singular, unit))),
        "a": Phrase(((adjective.zh, unit + 1),), ()),
        "n": Phrase(((noun.zh, unit + 2),), most + marked(noun.singular, unit + 2)),
    }
    return _MOST.fill(d.units, slots)


def _general(d: Derivation, classes: str) -> tuple[Noun, Phrase]:
    noun = d.draw(nouns(classes))
    return noun, bare(d, noun)


def like(d: Derivation) -> Phrase:
    """安娜喜欢苹果。"""
    return _like(d, _LIKE)


def like_negative(d: Derivation) -> Phrase:
    """安娜不喜欢苹果。"""
    return _like(d, _DO_NOT_LIKE)


def like_question(d: Derivation) -> Phrase:
    """安娜喜欢苹果吗？"""
    return _like(d, _LIKE_ASKED)


def _like(d: Derivation, template: Template) -> Phrase:
    s = subject(d, asked=template is _LIKE_ASKED)
    verb: Verb = d.draw(verbs("mind"))
    noun, o = _general(d, _LIKED)
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    unit = d.units.reserve()
    form = "third" if s.phrase.agreement == "he" and template is _LIKE else "base"
    v = Phrase(((verb.zh, unit),), marked(verb.forms[form], unit))
    return template.fill(d.units, {"s": s.phrase, "v": v, "o": o, "do": english.do(s.phrase.agreement)})


def prefer(d: Derivation) -> Phrase:
    """比起茶，安娜更喜欢咖啡。"""
    s = subject(d)
    first, x = _general(d, _LIKED)
    kind = next((c for c in _SAMENESS if c in first.classes), "wearable")
    second, y = _general(d, kind)
    while second is first:
        second, y = _general(d, kind)
    d.compose(first, second)
    prefer = english.agree("prefer", s.phrase.agreement)
    return _PREFER.fill(d.units, {"s": s.phrase, "x": x, "y": y, "prefer": prefer})


def afraid(d: Derivation) -> Phrase:
    """安娜怕蛇。"""
    s = subject(d)
    noun, o = _general(d, "animal,formal")
    d.compose(s.lemma, noun)
    return _AFRAID.fill(d.units, {"s": s.phrase, "o": o, "be": english.be(s.phrase.agreement)})


def interested(d: Derivation) -> Phrase:
    """安娜对音乐很感兴趣。"""
    s = subject(d)
    noun, o = _general(d, "subject,show,animal")
    d.compose(s.lemma, noun)
    g = d.word(d.draw(words("degree")))
    return _INTERESTED.fill(d.units, {"s": s.phrase, "o": o, "g": g, "be": english.be(s.phrase.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    city_than: 2,
    than: 2,
    much_more_than: 4,
    a_little_more_than: 4,
    than_question: 2,
    not_as: 2,
    as_much: 2,
    superlative: 12,
    like: 1,
    like_negative: 1,
    like_question: 3,
    prefer: 10,
    afraid: 1,
    interested: 1,
}
