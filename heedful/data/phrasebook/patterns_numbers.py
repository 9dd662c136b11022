"""Patterns of numbers: prices, ages, amounts, sums, distances and sizes."""

from heedful.data.phrasebook import english, numbers
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Noun, nouns, words
from heedful.data.phrasebook.nominals import (
    FEW,
    HOW_MANY,
    NUMBERS,
    THESE_THOSE,
    THIS_THAT,
    Nominal,
    determined,
    kin,
    marked,
    name,
    pronoun,
    subject,
)

_COSTS = Template("{o} {n} 块/1 钱 。", "{o} {cost} {n} yuan/1 .")
_HOW_MUCH = Template("{o} 多少/1 钱/2 ？", "how/1 much/1 {do} {o} cost/2 ?")
_SPENT = Template("{s} 花/1 {n} 块/2 钱 买/3 了 {o} 。", "{s} spent/1 {n} yuan/2 on/3 {o} .")
_OLD = Template("{s} {n} 岁/1 了 。", "{s} {be} {n} years/1 old/1 .")
_HOW_OLD = Template("{s} 多/1 大/2 了 ？", "how/1 old/2 {be} {s} ?")
_OLDER = Template("{s} 比/1 {o} {old} {n} 岁/2 。", "{s} {be} {n} years/2 {old} than/1 {o} .")
_HAS = Template("{s} 有/1 {o} 。", "{s} {have}/1 {o} .")
_HAS_NO = Template("{s} 没有/1 {o} 。", "{s} {do} not/1 have/1 any {o} .")
_HOW_MANY = Template("{s} 有/1 {o} ？", "{o} {do} {s} have/1 ?")
_THERE_ARE = Template("{p} 里/1 有/2 {o} 。", "there/2 {be}/2 {o} in/1 {p} .")
_SUM = Template("{a} {op} {b} 等于/1 {c} 。", "{a} {op} {b} is/1 {c} .")
_METERS = Template("{o} 有/1 {n} {unit} {a} 。", "{o} is/1 {n} {unit} {a} .")
_FLOOR = Template("{s} 住/1 在 {floor} 。", "{s} {live}/1 on the {floor} floor .")
_ORDINAL = Template("这/1 是/2 {s} 第 {n} 次/3 {v} 。", "this/1 is/2 the {n} time/3 {s} {have} {v} .")


def number(d: Derivation, n: int, counted: bool = False) -> Phrase:
    """A number in words; a counted two is 两."""
    unit = d.units.reserve()
    zh = numbers.counting(n) if counted else numbers.chinese(n)
    return Phrase(((zh, unit),), marked(numbers.english(n), unit))


def _price(d: Derivation, noun: Noun) -> Phrase:
    """Mostly round, and more for a car than for a cup."""
    scale = d.draw(_SCALES[next((i for i, kinds in enumerate(_DEAR) if noun.classes & kinds), 2)])
    return number(d, d.number(2, 99 if scale == 1 else 19) * scale, counted=True)


_DEAR = (frozenset(("vehicle",)), frozenset(("appliance", "furniture", "instrument", "art", "device")))
_SCALES = ((1000, 10000, 10000), (50, 100, 100, 500), (1, 5, 5, 10))


_SOLD = (
    "wearable,furniture,device,appliance,tool,printed,vehicle,instrument,container,toy,textile,kitchenware,art,"
    "sport,medical"
)


def costs(d: Derivation) -> Phrase:
    """这本书四十五块钱。"""
    noun = d.draw(nouns(_SOLD))
    o = determined(d, noun, d.draw(THIS_THAT))
    return _COSTS.fill(d.units, {"o": o, "cost": "costs", "n": _price(d, noun)})


def costs_per(d: Derivation) -> Phrase:
    """三公斤牛肉六十块钱。"""
    noun = d.draw(nouns("fruit,vegetable,dish,sweet,meat,drink,bloom,stationery,seasoning,toiletry,medicine"))
    o = determined(d, noun, d.draw(NUMBERS))
    return _COSTS.fill(d.units, {"o": o, "cost": "cost", "n": _price(d, noun)})


def how_much(d: Derivation) -> Phrase:
    """这本书多少钱？"""
    noun = d.draw(nouns(_SOLD + ",fruit,vegetable,dish,sweet,meat,drink,bloom"))
    determiner = d.draw(THIS_THAT) if noun.units or d.chance(0.7) else d.draw(THESE_THOSE)
    o = determined(d, noun, determiner)
    return _HOW_MUCH.fill(d.units, {"o": o, "do": english.do(o.agreement)})


def spent(d: Derivation) -> Phrase:
    """安娜花四十五块钱买了一本书。"""
    s = subject(d)
    noun = d.draw(nouns(_SOLD))
    d.compose(s.lemma, noun)
    o = determined(d, noun, NUMBERS[0]._replace(zh="一", en=("a",), plural=False))
    return _SPENT.fill(d.units, {"s": s.phrase, "n": _price(d, noun), "o": o})


def age(d: Derivation) -> Phrase:
    """安娜三十岁了。"""
    s = _somebody(d)
    n = number(d, d.number(3, 90))
    return _OLD.fill(d.units, {"s": s.phrase, "n": n, "be": english.be(s.phrase.agreement)})


def _somebody(d: Derivation, asked: bool = False) -> Nominal:
    """One person or several, of whom one can ask the age."""
    roll = d.number(1, 4)
    return pronoun(d, asked=asked) if roll == 1 else name(d) if roll == 2 else kin(d)


def how_old(d: Derivation) -> Phrase:
    """安娜多大了？"""
    s = _somebody(d, asked=True)
    return _HOW_OLD.fill(d.units, {"s": s.phrase, "be": english.be(s.phrase.agreement)})


def older_by(d: Derivation) -> Phrase:
    """安娜比汤姆大三岁。"""
    s = name(d)
    o = name(d)
    while o.lemma is s.lemma:
        o = name(d)
    d.compose(s.lemma, o.lemma)
    unit = d.units.reserve()
    zh, en = d.draw((("大", "older"), ("小", "younger")))
    slots: Slots = {"s": s.phrase, "o": o.phrase, "n": number(d, d.number(2, 19), counted=True), "be": "is"}
    return _OLDER.fill(d.units, {**slots, "old": Phrase(((zh, unit),), ((en, unit),))})


def _possession(d: Derivation, s: Nominal) -> Noun:
    noun = d.draw(nouns(_HAD))
    d.compose(s.lemma, noun)
    return noun


_HAD = (
    "wearable,furniture,device,tool,printed,ridden,driven,instrument,container,toy,textile,pet,stationery,document,"
    "idea,sport,medical,toiletry"
)


def has(d: Derivation) -> Phrase:
    """安娜有三本书。"""
    s = subject(d)
    noun = _possession(d, s)
    o = determined(d, noun, d.draw(FEW) if d.chance(0.6) else _ONE)
    return _HAS.fill(d.units, {"s": s.phrase, "o": o, "have": english.have(s.phrase.agreement)})


_ONE = NUMBERS[0]._replace(zh="一", en=("a",), plural=False)


def has_no(d: Derivation) -> Phrase:
    """安娜没有书。"""
    s = subject(d)
    noun = _possession(d, s)
    unit = d.units.reserve()
    o = Phrase(((noun.zh, unit),), marked(noun.plural, unit))
    return _HAS_NO.fill(d.units, {"s": s.phrase, "o": o, "do": english.do(s.phrase.agreement)})


def how_many(d: Derivation) -> Phrase:
    """安娜有几本书？"""
    s = subject(d, asked=True)
    o = determined(d, _possession(d, s), HOW_MANY)
    return _HOW_MANY.fill(d.units, {"s": s.phrase, "o": o, "do": english.do(s.phrase.agreement)})


def there_are(d: Derivation) -> Phrase:
    """公园里有三十棵树。"""
    place = d.draw(nouns("org,sight,clean,indoor,outdoor"))
    noun = d.draw(nouns("person"))
    d.compose(place, noun)
    unit = d.units.reserve(2)
    n = d.number(2, 20) * d.draw((1, 10, 100))
    zh = ((numbers.counting(n), unit), (noun.measure, 0), (noun.zh, unit + 1))
    o = Phrase(zh, marked(numbers.english(n), unit) + marked(noun.plural, unit + 1))
    unit = d.units.reserve()
    p = Phrase(((place.zh, unit),), (("the", 0), *marked(place.singular, unit)))
    return _THERE_ARE.fill(d.units, {"p": p, "o": o, "be": "are"})


def arithmetic(d: Derivation) -> Phrase:
    """三加五等于八。"""
    a, b = d.number(2, 60), d.number(2, 40)
    zh, en, c = d.draw((("加", "plus", a + b), ("减", "minus", a), ("乘以", "times", 0)))
    if en == "minus":
        a = b + c
    elif en == "times":
        b = b % 9 + 2
        c = a * b
    unit = d.units.reserve()
    slots: Slots = {"a": number(d, a), "b": number(d, b), "op": Phrase(((zh, unit),), ((en, unit),)), "c": number(d, c)}
    return _SUM.fill(d.units, slots)


_SIZES = (
    ("span", "长", "long", 20, 900, "米", "meters"),
    ("water", "深", "deep", 3, 90, "米", "meters"),
    ("high", "高", "high", 20, 900, "米", "meters"),
    ("tree", "高", "tall", 3, 30, "米", "meters"),
    ("furniture", "宽", "wide", 40, 250, "厘米", "centimeters"),
    ("textile", "长", "long", 40, 300, "厘米", "centimeters"),
)


def size(d: Derivation) -> Phrase:
    """这座桥有九百米长。"""
    kind, zh, en, low, high, measure, unit_name = d.draw(_SIZES)
    noun = d.draw(nouns(kind))
    unit = d.units.reserve(2)
    slots: Slots = {
        "o": determined(d, noun, d.draw(THIS_THAT)),
        "n": number(d, d.number(low, high), counted=True),
        "unit": Phrase(((measure, unit),), ((unit_name, unit),)),
        "a": Phrase(((zh, unit + 1),), ((en, unit + 1),)),
    }
    return _METERS.fill(d.units, slots)


def floor(d: Derivation) -> Phrase:
    """安娜住在三楼。"""
    s = subject(d)
    n = d.number(1, 30)
    unit = d.units.reserve()
    storey = Phrase(((numbers.chinese(n) + "楼", unit),), ((numbers.ordinal(n), unit),))
    return _FLOOR.fill(d.units, {"s": s.phrase, "floor": storey, "live": english.agree("live", s.phrase.agreement)})


def ordinal_visit(d: Derivation) -> Phrase:
    """这是安娜第三次去北京。"""
    s = subject(d)
    n = d.number(1, 15)
    unit = d.units.reserve(3)
    place = d.draw(words("city,country"))
    d.compose(s.lemma, place)
    go = d.word(place)
    v = Phrase((("去", unit + 1), *go.zh), (("visited", unit + 1), *go.en))
    slots: Slots = {"s": s.phrase, "v": v, "n": Phrase(((numbers.chinese(n), unit),), ((numbers.ordinal(n), unit),))}
    return _ORDINAL.fill(d.units, {**slots, "have": english.have(s.phrase.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    costs: 1,
    costs_per: 1,
    how_much: 4,
    spent: 1,
    age: 1,
    how_old: 1,
    older_by: 4,
    has: 4,
    has_no: 2,
    how_many: 8,
    there_are: 12,
    arithmetic: 1,
    size: 1,
    floor: 1,
    ordinal_visit: 1,
}
