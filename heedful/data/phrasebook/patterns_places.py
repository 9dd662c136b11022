"""Patterns of places, travel and directions."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import located, time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Noun, Word, nouns, words
from heedful.data.phrasebook.nominals import (
    Nominal,
    definite,
    indefinite,
    marked,
    subject,
)

_THERE_IS = Template("{p} {side} 有/1 {o} 。", "there/1 {be}/1 {o} {side} {p} .")
_WHERE_IS_IT = Template("{o} 在/1 {p} {side} 。", "{o} {be}/1 {side} {p} .")
_NEXT_TO = Template("{o} 在/1 {p} {r} 。", "{o} is/1 {r} {p} .")
_EXCUSE_ME = Template("请问/1 ， {p} 在/2 哪儿/3 ？", "excuse/1 me/1 , where/3 is/2 {p} ?")
_HOW_TO_GET = Template("请问/1 ， 去/2 {p} 怎么/3 走/2 ？", "excuse/1 me/1 , how/3 do I get/2 to {p} ?")
_TURN = Template("请/1 在 {p} 向/2 {way} 拐/2 。", "please/1 turn/2 {way} at {p} .")
_GO = Template("{s} {t} 去/1 {p} 了 。", "{s} went/1 to {p} {t} .")
_WILL_GO = Template("{s} {t} 会/1 坐/2 {v} 去/3 {p} 。", "{s} will/1 go/3 to {p} by/2 {v} {t} .")
_BEEN = Template("{s} 去过/1 {p} 。", "{s} {have}/1 been/1 to {p} .")
_NEVER_BEEN = Template("{s} 从来/1 没/1 去过/2 {p} 。", "{s} {have} never/1 been/2 to {p} .")
_COME_FROM = Template("{s} 来自/1 {p} 。", "{s} {come}/1 from/1 {p} .")
_WHERE_LIVES = Template("{s} 住/1 在/2 哪儿/2 ？", "where/2 {do} {s} live/1 ?")
_LIVES = Template("{s} 住/1 在/2 {p} 。", "{s} {live}/1 in/2 {p} .")
_FAR = Template("{p} 离/1 {q} {g} {far} 。", "{p} is {g} {far} {from}/1 {q} .")
_FROM_TO = Template("{s} {t} 从/1 {p} 飞/2 到/3 {q} 。", "{s} {fly}/2 from/1 {p} to/3 {q} {t} .")
_MEET_AT = Template("我们 {t} 在 {p} 见面/1 吧/2 。", "let/2 us meet/1 {preposition} {p} {t} .")
_PUT = Template("{s} 把/1 {o} 放/1 在 {p} {side} 了 。", "{s} put/1 {o} {side} {p} .")
_ON = Template("上/1", "on/1")
_IN = Template("里/1", "in/1")
_UNDER = Template("下面/1", "under/1")
_LANDMARKS = "org,shop,station,sight,eatery"
_SMALL = "small,kitchenware,printed,stationery,toy,fruit,document,accessory,mineral,medical"


def landmark(d: Derivation, noun: Noun) -> Phrase:
    """A place as a fixed point: 银行, "the bank"."""
    unit = d.units.reserve()
    return Phrase(((noun.zh, unit),), (("the", 0), *marked(noun.singular, unit)))


def _support(d: Derivation) -> tuple[Noun, Phrase, Phrase]:
    """Something that things lie on, in or under."""
    noun = d.draw(nouns("surface,inside,roofed"))
    sides = [side for side, kind in ((_ON, "surface"), (_IN, "inside"), (_UNDER, "roofed")) if kind in noun.classes]
    side = sides[d.number(0, len(sides) - 1)]
    return noun, landmark(d, noun), side.fill(d.units, {})


def there_is(d: Derivation) -> Phrase:
    """桌子上有一本书。"""
    place, p, side = _support(d)
    noun = d.draw(nouns(_SMALL))
    d.compose(place, noun)
    o = indefinite(d, noun)
    return _THERE_IS.fill(d.units, {"p": p, "side": side, "o": o, "be": english.be(o.agreement)})


def where_it_is(d: Derivation) -> Phrase:
    """这本书在桌子上。"""
    place, p, side = _support(d)
    noun = d.draw(nouns(_SMALL))
    d.compose(place, noun)
    o = definite(d, noun)
    return _WHERE_IS_IT.fill(d.units, {"p": p, "side": side, "o": o, "be": english.be(o.agreement)})


def put(d: Derivation) -> Phrase:
    """安娜把这本书放在桌子上了。"""
    s = subject(d)
    place, p, side = _support(d)
    noun = d.draw(nouns(_SMALL))
    d.compose(place, noun)
    slots: Slots = {"s": s.phrase, "o": definite(d, noun), "p": p, "side": side}
    return _PUT.fill(d.units, slots)


def next_to(d: Derivation) -> Phrase:
    """银行在学校旁边。"""
    first, second = _two(d, nouns(_LANDMARKS))
    slots: Slots = {"o": landmark(d, first), "p": landmark(d, second), "r": d.word(d.draw(words("relation")))}
    return _NEXT_TO.fill(d.units, slots)


def _two(d: Derivation, pool: tuple[Noun, ...]) -> tuple[Noun, Noun]:
    first, second = d.draw(pool), d.draw(pool)
    while second is first:
        second = d.draw(pool)
    d.compose(first, second)
    return first, second


def _two_cities(d: Derivation) -> tuple[Word, Word]:
    first, second = d.draw(words("city")), d.draw(words("city"))
    while second is first:
        second = d.draw(words("city"))
    d.compose(first, second)
    return first, second


def _attributed(d: Derivation, noun: Noun) -> Phrase:
    """A place, perhaps the nearest, the new or the big one."""
    unit = d.units.reserve()
    plain = landmark(d, noun)
    roll = d.draw(((), ("最近", "的", "nearest"), ("新", "", "new"), ("旧", "", "old"), ("大", "", "big")))
    if not roll:
        return plain
    zh, mark, en = roll
    particle = ((mark, 0),) if mark else ()
    return Phrase(((zh, unit), *particle, *plain.zh), (("the", 0), (en, unit), *plain.en[1:]))


def excuse_me(d: Derivation) -> Phrase:
    """请问，最近的银行在哪儿？"""
    return _EXCUSE_ME.fill(d.units, {"p": _attributed(d, d.draw(nouns("place")))})


def how_to_get(d: Derivation) -> Phrase:
    """请问，去银行怎么走？"""
    return _HOW_TO_GET.fill(d.units, {"p": _attributed(d, d.draw(nouns("place")))})


def turn(d: Derivation) -> Phrase:
    """请在银行向左拐。"""
    unit = d.units.reserve()
    zh, en = d.draw((("左", "left"), ("右", "right")))
    way = Phrase(((zh, unit),), ((en, unit),))
    return _TURN.fill(d.units, {"p": _attributed(d, d.draw(nouns(_LANDMARKS))), "way": way})


def _destination(d: Derivation, s: Nominal) -> Phrase:
    """The park."""
    noun = d.draw(nouns("place"))
    d.compose(s.lemma, noun)
    return landmark(d, noun)


def went(d: Derivation) -> Phrase:
    """安娜昨天去公园了。"""
    s = subject(d)
    if d.chance(0.5):
        city = d.draw(words("city,country"))
        d.compose(s.lemma, city)
        return _GO.fill(d.units, {"s": s.phrase, "p": d.word(city), "t": time(d, "past,long_past")})
    return _GO.fill(d.units, {"s": s.phrase, "p": _destination(d, s), "t": time(d, "past")})


def will_go_by(d: Derivation) -> Phrase:
    """安娜明天会坐火车去北京。"""
    s = subject(d)
    vehicle = d.draw(nouns("transit"))
    place = d.draw(words("city"))
    d.compose(vehicle, place)
    unit = d.units.reserve()
    v = Phrase(((vehicle.zh, unit),), marked(vehicle.singular, unit))
    return _WILL_GO.fill(d.units, {"s": s.phrase, "v": v, "p": d.word(place), "t": time(d, "future,long_future")})


def _been(d: Derivation, template: Template, asked: bool = False) -> Phrase:
    s = subject(d, asked)
    place = d.draw(words("city,country"))
    d.compose(s.lemma, place)
    slots: Slots = {"s": s.phrase, "p": d.word(place), "have": english.have(s.phrase.agreement)}
    agreement = s.phrase.agreement
    slots |= {"come": english.agree("come", agreement), "live": english.agree("live", agreement)}
    return template.fill(d.units, slots)


def been(d: Derivation) -> Phrase:
    """安娜去过北京。"""
    return _been(d, _BEEN)


def never_been(d: Derivation) -> Phrase:
    """安娜从来没去过北京。"""
    return _been(d, _NEVER_BEEN)


def come_from(d: Derivation) -> Phrase:
    """安娜来自中国。"""
    return _been(d, _COME_FROM)


def lives(d: Derivation) -> Phrase:
    """安娜住在北京。"""
    return _been(d, _LIVES)


def where_lives(d: Derivation) -> Phrase:
    """安娜住在哪儿？"""
    s = subject(d, asked=True)
    return _WHERE_LIVES.fill(d.units, {"s": s.phrase, "do": english.do(s.phrase.agreement)})


def distance(d: Derivation) -> Phrase:
    """北京离上海很远。"""
    if d.chance(0.5):
        first, second = _two_cities(d)
        p, q = d.word(first), d.word(second)
    else:
        one, other = _two(d, nouns(_LANDMARKS))
        p, q = landmark(d, one), landmark(d, other)
    unit = d.units.reserve()
    near = p.en[0][0] == "the" and d.chance(0.5)  # cities are far apart
    far, en, preposition = ("近", "close", "to") if near else ("远", "far", "from")
    slots: Slots = {"p": p, "q": q, "g": d.word(d.draw(words("degree"))), "far": Phrase(((far, unit),), ((en, unit),))}
    return _FAR.fill(d.units, {**slots, "from": preposition})


def from_to(d: Derivation) -> Phrase:
    """安娜每周一从北京飞到上海。"""
    s = subject(d)
    first, second = _two_cities(d)
    slots: Slots = {"s": s.phrase, "p": d.word(first), "q": d.word(second), "t": time(d, "habit")}
    return _FROM_TO.fill(d.units, {**slots, "fly": english.agree("fly", s.phrase.agreement)})


def meet_at(d: Derivation) -> Phrase:
    """我们明天在公园见面吧。"""
    place = located(d, d.draw(nouns("place")))
    p = Phrase(place.zh[1:], place.en[1:])
    slots: Slots = {"p": p, "preposition": place.en[0][0], "t": time(d, "future")}
    return _MEET_AT.fill(d.units, slots)


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    there_is: 4,
    where_it_is: 2,
    put: 2,
    next_to: 9,
    excuse_me: 8,
    how_to_get: 4,
    turn: 1,
    went: 4,
    will_go_by: 2,
    been: 1,
    never_been: 1,
    come_from: 1,
    lives: 1,
    where_lives: 1,
    distance: 4,
    from_to: 5,
    meet_at: 8,
}
