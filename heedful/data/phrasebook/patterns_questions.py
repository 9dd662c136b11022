"""Patterns of questions with a question word, which stays in its place in Chinese and comes first in English."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import perhaps, time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import nouns, verbs
from heedful.data.phrasebook.nominals import (
    DEMONSTRATIVE,
    HOW_MANY,
    THIS_THAT,
    A,
    Nominal,
    described,
    determined,
    marked,
    owned,
    possessed,
    possessor,
    subject,
)
from heedful.data.phrasebook.patterns_places import landmark
from heedful.data.phrasebook.predicates import ALL, INTENDED, PLACED, Predicate, act, action, activity

_HOW_MANY = Template("{s} {t} {v} {o} ？", "{o} did {s} {v} {t} ?")
_WHO = Template("谁/1 {t} {v} ？", "who/1 {v} {t} ?")
_WHAT = Template("{s} {t} {v} 什么/1 ？", "what/1 did {s} {v} {t} ?")
_WHAT_NEXT = Template("{s} {t} 想/1 {v} 什么/2 ？", "what/2 {do} {s} want/1 to {v} {t} ?")
_WHERE = Template("{s} {t} 在 哪儿/1 {v} ？", "where/1 {do} {s} {v} {t} ?")
_WHERE_NEXT = Template("{s} {t} 会/2 在 哪儿/1 {v} ？", "where/1 will/2 {s} {v} {t} ?")
_WHY = Template("{s} {t} 为什么/1 {v} ？", "why/1 did {s} {v} {t} ?")
_WHY_NOT = Template("{s} {t} 为什么/1 没/2 {v} ？", "why/1 did {s} not/2 {v} {t} ?")
_HOW = Template("{s} {t} 怎么/1 去/2 {p} ？", "how/1 will {s} go/2 to {p} {t} ?")
_WHICH = Template("{s} 最/1 喜欢/2 哪/3 {n} ？", "which/3 {n} {do} {s} like/2 best/1 ?")
_WHOSE = Template("{this} 是/1 谁的/2 {n} ？", "whose/2 {n} is/1 {this} ?")
_THIS_IS = Template("{this} {be} {n} 。", "{this} {be} {n} .")
_MINE = Template("{o} 是/1 {who} 。", "{o} {be}/1 {who} .")
_WHO_IS = Template("{o} 是/1 谁/2 ？", "who/2 {be}/1 {o} ?")
_MINE_WORDS = (
    ("我的", "mine"),
    ("你的", "yours"),
    ("他的", "his"),
    ("她的", "hers"),
    ("我们的", "ours"),
    ("他们的", "theirs"),
)
_KINDS = "fruit,vegetable,dish,baked,drink,top,shoe,readable,show,subject,bloom"


def who(d: Derivation) -> Phrase:
    """谁昨天买了这本书？"""
    v = act(d, action(d, Nominal(Phrase((), ()), None), "definite", ALL), "past", "了")
    return _WHO.fill(d.units, {"v": v, "t": perhaps(d, "past")})


def _verb_alone(d: Derivation, s: Nominal, aspect: str, tables: str) -> Phrase:
    """A verb whose object is asked for."""
    verb = d.draw(verbs(tables))
    d.compose(s.lemma, verb)
    unit = d.units.reserve()
    mark = ((aspect, 0),) if aspect else ()
    return Phrase(((verb.zh, unit), *mark), marked(verb.forms["base"], unit))


def what(d: Derivation) -> Phrase:
    """安娜昨天买了什么？"""
    s = subject(d, asked=True)
    v = _verb_alone(d, s, "了", "daily,once,long,happen")
    return _WHAT.fill(d.units, {"s": s.phrase, "v": v, "t": perhaps(d, "past")})


def what_next(d: Derivation) -> Phrase:
    """安娜明天想买什么？"""
    s = subject(d, asked=True)
    slots: Slots = {"s": s.phrase, "v": _verb_alone(d, s, "", "daily,once,long"), "t": perhaps(d, "future")}
    return _WHAT_NEXT.fill(d.units, {**slots, "do": english.do(s.phrase.agreement)})


def where(d: Derivation) -> Phrase:
    """安娜每天在哪儿跑步？ 安娜昨天在哪儿跑步？ 安娜明天会在哪儿跑步？"""
    s = subject(d, asked=True)
    v = act(d, activity(d, s, PLACED), "base")
    when = d.draw(("habit", "past", "future"))
    do = "did" if when == "past" else english.do(s.phrase.agreement)
    template = _WHERE_NEXT if when == "future" else _WHERE
    return template.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, when), "do": do})


def why(d: Derivation) -> Phrase:
    """安娜昨天为什么买了这本书？"""
    s = subject(d, asked=True)
    negative = d.chance(0.5)
    v = act(d, action(d, s, "definite", INTENDED), "base", "" if negative else "了")
    template = _WHY_NOT if negative else _WHY
    return template.fill(d.units, {"s": s.phrase, "v": v, "t": perhaps(d, "past")})


def how(d: Derivation) -> Phrase:
    """安娜明天怎么去公园？"""
    s = subject(d, asked=True)
    place = d.draw(nouns("place"))
    d.compose(s.lemma, place)
    return _HOW.fill(d.units, {"s": s.phrase, "p": landmark(d, place), "t": time(d, "future")})


def how_many_did(d: Derivation) -> Phrase:
    """安娜昨天买了几本书？"""
    s = subject(d, asked=True)
    verb = d.draw(verbs("daily,once,long,happen"))
    noun = d.draw(nouns(verb.classes))
    while noun.kind == "name":  # nobody counts history
        verb = d.draw(verbs("daily,once,long,happen"))
        noun = d.draw(nouns(verb.classes))
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    slots: Slots = {"s": s.phrase, "v": act(d, Predicate(verb, EMPTY), "base", "了"), "t": perhaps(d, "past")}
    return _HOW_MANY.fill(d.units, {**slots, "o": determined(d, noun, HOW_MANY)})


def which(d: Derivation) -> Phrase:
    """安娜最喜欢哪本书？"""
    s = subject(d, asked=True)
    noun = d.draw(nouns("wearable,furniture,printed,vehicle,instrument,toy,watchable,pet,art,scenery,audible,story"))
    d.compose(s.lemma, noun)
    whole = determined(d, noun, A)
    n = Phrase(whole.zh[1:], whole.en[1:])
    return _WHICH.fill(d.units, {"s": s.phrase, "n": n, "do": english.do(s.phrase.agreement)})


def _this(d: Derivation) -> Phrase:
    unit = d.units.reserve()
    zh, en = d.draw((("这", "this"), ("那", "that")))
    return Phrase(((zh, unit),), ((en, unit),))


_OWN = "wearable,furniture,printed,vehicle,instrument,toy,pet,device,container,document,stationery,tool"


def whose(d: Derivation) -> Phrase:
    """这是谁的书？"""
    noun = d.draw(nouns(_OWN))
    while noun.kind != "count":
        noun = d.draw(nouns(_OWN))
    modifier = described(d, noun, 0.5, "bare")
    unit = d.units.reserve()
    zh, en = ((noun.zh, unit),), marked(noun.singular, unit)
    n = Phrase(modifier.zh + zh, modifier.en + en) if modifier else Phrase(zh, en)
    return _WHOSE.fill(d.units, {"this": _this(d), "n": n})


def this_is(d: Derivation) -> Phrase:
    """这是安娜的新书; 那是一座高山。"""
    noun = d.draw(nouns("object,wearable,animal,plant,fruit,vegetable,scenery,dish,document,text,show"))
    d_is = d.units.reserve()
    if noun.kind == "count" and owned(noun) and d.chance(0.5):
        n = possessed(d, possessor(d), noun, described(d, noun, 0.5, "bare"))
    else:
        n = determined(d, noun, A, described(d, noun, 0.5))
    return _THIS_IS.fill(d.units, {"this": _this(d), "n": n, "be": Phrase((("是", d_is),), (("is", d_is),))})


def mine(d: Derivation) -> Phrase:
    """这本书是我的。"""
    noun = d.draw(nouns(_OWN))
    o = determined(d, noun, d.draw(THIS_THAT), described(d, noun))
    if d.chance(0.5):
        zh, en = d.draw(_MINE_WORDS)
        unit = d.units.reserve()
        who = Phrase(((zh, unit),), ((en, unit),))
    else:
        who = possessor(d, only_name=True)
    return _MINE.fill(d.units, {"o": o, "who": who, "be": english.be(o.agreement)})


def who_is(d: Derivation) -> Phrase:
    """那个高个子男人是谁？"""
    noun = d.draw(nouns("person"))
    o = determined(d, noun, d.draw(DEMONSTRATIVE), described(d, noun, 0.7))
    return _WHO_IS.fill(d.units, {"o": o, "be": english.be(o.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    who: 4,
    what: 8,
    what_next: 4,
    where: 10,
    why: 4,
    how: 4,
    how_many_did: 4,
    which: 8,
    whose: 1,
    this_is: 1,
    mine: 1,
    who_is: 4,
}
