"""Patterns of giving, of acting towards others, of being acted on, of health, and of change."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import nouns, verbs
from heedful.data.phrasebook.nominals import (
    DOSES,
    THIS_THAT,
    Nominal,
    definite,
    determined,
    indefinite,
    kin,
    marked,
    name,
    person,
    possessor,
    pronoun,
    subject,
)
from heedful.data.phrasebook.patterns_description import described_subject

_GAVE = Template("{s} {t} {v} 了 {x} {o} 。", "{s} {v} {x} {o} {t} .")
_WILL_GIVE = Template("{s} {t} 会/1 {v} {x} {o} 。", "{s} will/1 {v} {x} {o} {t} .")
_FOR = Template("{s} {t} 给/1 {x} {v} 了 {o} 。", "{s} {v} {o} for/1 {x} {t} .")
_BACK = Template("{s} 把/1 {o} {v} {x} 了 。", "{s} {v} {o} to/1 {x} .")
_PASSIVE = Template("{o} {t} 被/1 {s} {v} 了 。", "{o} {was} {v} by/1 {s} {t} .")
_PASSIVE_ALONE = Template("{o} {t} 被/1 {v} 了 。", "{o} {was}/1 {v} {t} .")
_TOWARDS = Template("{s} {t} {p} {x} {v} 了 。", "{s} {v} {x} {t} .")
_DO_TOWARDS = Template("不要/1 {p} {x} {v} 。", "do/1 not/1 {v} {x} .")
_ILL = Template("{s} {t} {v} 了 。", "{s} {v} {t} .")
_ILL_ASKED = Template("{s} {t} {v} 了 吗/1 ？", "did/1 {s} {v} {t} ?")
_HURTS = Template("{who} {b} {g} 疼/1 。", "{who} {b} {hurt}/1 {g} .")
_DOSE = Template("请/1 {h} 吃/2 {m} 。", "please/1 take/2 {m} {h} .")
_MADE_OF = Template("{o} 是 {m} 做/1 的 。", "{o} {be} made/1 of {m} .")
_MORE_AND_MORE = Template("{s} 越来越/1 {a} 。", "{s} {be} getting/1 {a} .")


def receiver(d: Derivation, s: Nominal, subjective: bool = False) -> Nominal:
    """Somebody other than the subject, who is given something."""
    roll = d.number(1, 4)
    if roll == 1 and s.lemma is not None:
        return pronoun(d, objective=not subjective)
    someone = name(d) if roll <= 2 else kin(d) if roll == 3 else person(d)
    return someone if someone.lemma is not s.lemma else receiver(d, s, subjective)


_GIFTS = "readable,stationery,toy,bloom,ornament,accessory,fruit,sweet,small,picture,printed,tool"


def gave(d: Derivation) -> Phrase:
    """安娜昨天给了汤姆一本书。"""
    s = subject(d)
    verb = d.draw(verbs("give"))
    noun = d.draw(nouns(_GIFTS))
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    unit = d.units.reserve()
    past = d.chance(0.6)
    v = Phrase(((verb.zh, unit),), marked(verb.forms["past" if past else "base"], unit))
    slots: Slots = {"s": s.phrase, "v": v, "x": receiver(d, s).phrase, "o": indefinite(d, noun)}
    template, when = (_GAVE, "past") if past else (_WILL_GIVE, "future")
    return template.fill(d.units, {**slots, "t": time(d, when)})


def did_for(d: Derivation) -> Phrase:
    """安娜昨天给汤姆买了一本书。"""
    s = subject(d)
    verb = d.draw(verbs("favor"))
    noun = d.draw(nouns(verb.classes))
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    unit = d.units.reserve()
    v = Phrase(((verb.zh, unit),), marked(verb.forms["past"], unit))
    slots: Slots = {"s": s.phrase, "v": v, "x": receiver(d, s).phrase, "o": indefinite(d, noun), "t": time(d, "past")}
    return _FOR.fill(d.units, slots)


def handed_over(d: Derivation) -> Phrase:
    """安娜把这本书交给汤姆了。"""
    s = subject(d)
    verb = d.draw(verbs("transfer"))
    noun = d.draw(nouns(_GIFTS))
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    unit = d.units.reserve()
    v = Phrase(((verb.zh, unit),), marked(verb.forms["past"], unit))
    return _BACK.fill(d.units, {"s": s.phrase, "v": v, "x": receiver(d, s).phrase, "o": definite(d, noun)})


def passive(d: Derivation) -> Phrase:
    """我的自行车昨天被小偷偷走了; 我的自行车昨天被偷走了。"""
    verb = d.draw(verbs("affect"))
    noun = d.draw(nouns(verb.classes))
    d.compose(verb, noun)
    o = definite(d, noun)
    unit = d.units.reserve()
    v = Phrase(((verb.zh, unit),), marked(verb.forms["participle"], unit))
    slots: Slots = {"o": o, "v": v, "t": time(d, "past"), "was": english.was(o.agreement)}
    if d.chance(0.4):
        return _PASSIVE_ALONE.fill(d.units, slots)
    s = receiver(d, Nominal(o, noun))
    d.compose(s.lemma, verb)
    return _PASSIVE.fill(d.units, {**slots, "s": s.phrase})


def _towards(d: Derivation, template: Template) -> Phrase:
    s = subject(d) if template is _TOWARDS else Nominal(EMPTY, None)
    verb = d.draw(verbs("towards"))
    x = receiver(d, s)
    if template is _TOWARDS:
        d.compose(s.lemma, verb)
    d.compose(verb, x.lemma)
    unit = d.units.reserve()
    en = marked(verb.forms["past" if template is _TOWARDS else "base"], unit)
    slots: Slots = {"s": s.phrase, "p": Phrase(((verb.zh, unit),), ()), "x": x.phrase, "t": time(d, "past")}
    return template.fill(d.units, {**slots, "v": Phrase(((verb.rest, unit),), en)})


def towards(d: Derivation) -> Phrase:
    """安娜昨天给汤姆打电话了。"""
    return _towards(d, _TOWARDS)


def do_not_towards(d: Derivation) -> Phrase:
    """不要给汤姆打电话。"""
    return _towards(d, _DO_TOWARDS)


def fell_ill(d: Derivation) -> Phrase:
    """安娜昨天感冒了; 安娜昨天感冒了吗？"""
    asked = d.chance(0.3)
    s = subject(d, asked)
    verb = d.draw(verbs("health"))
    d.compose(s.lemma, verb)
    unit = d.units.reserve()
    v = Phrase(((verb.zh + verb.rest, unit),), marked(verb.forms["base" if asked else "past"], unit))
    template = _ILL_ASKED if asked else _ILL
    return template.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "past")})


_PAIN = (("很", ("very", "much")), ("有点儿", ("a", "little")), ("非常", ("terribly",)))


def hurts(d: Derivation) -> Phrase:
    """安娜的左腿很疼。"""
    who = possessor(d, "one", plain=True)
    noun = d.draw(nouns("pain,limb"))
    unit = d.units.reserve(3)
    b = Phrase(((noun.zh, unit),), marked(noun.singular, unit))
    if "limb" in noun.classes and d.chance(0.7):
        zh, en = d.draw((("左", "left"), ("右", "right")))
        b = Phrase(((zh, unit + 1), *b.zh), ((en, unit + 1), *b.en))
    zh, words_en = d.draw(_PAIN)
    slots: Slots = {"who": who, "b": b, "g": Phrase(((zh, unit + 2),), marked(words_en, unit + 2))}
    return _HURTS.fill(d.units, {**slots, "hurt": "hurts"})


def dose(d: Derivation) -> Phrase:
    """请每天早上吃两片药。"""
    m = determined(d, d.draw(nouns("medicine")), d.draw(DOSES))
    return _DOSE.fill(d.units, {"m": m, "h": time(d, "habit")})


_MATERIALS = (
    ("solid", "hard"),
    ("top,textile", "cloth"),
    ("jewel", "metal"),
)


def made_of(d: Derivation) -> Phrase:
    """这张桌子是木头做的。"""
    made, of = d.draw(_MATERIALS)
    noun = d.draw(nouns(made))
    material = d.draw(nouns(of))
    d.compose(noun, material)
    o = determined(d, noun, d.draw(THIS_THAT))
    unit = d.units.reserve()
    m = Phrase(((material.zh, unit),), marked(material.singular, unit))
    return _MADE_OF.fill(d.units, {"o": o, "m": m, "be": english.be(o.agreement)})


def more_and_more(d: Derivation) -> Phrase:
    """天气越来越冷; 安娜越来越漂亮。"""
    s, a = described_subject(d)
    unit = d.units.reserve()
    doubled = a.more if a.more[0] != "more" else ("more",)
    en = (*a.more, "and", *a.more) if doubled is a.more else ("more", "and", "more", *a.en)
    quality = Phrase(((a.zh, unit),), marked(en, unit))
    return _MORE_AND_MORE.fill(d.units, {"s": s.phrase, "a": quality, "be": english.be(s.phrase.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    gave: 1,
    did_for: 4,
    handed_over: 4,
    passive: 4,
    towards: 2,
    do_not_towards: 4,
    fell_ill: 3,
    hurts: 5,
    dose: 1,
    made_of: 4,
    more_and_more: 1,
}
