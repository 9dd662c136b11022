"""Patterns of being: qualities, degrees, feelings, professions."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Adjective, Noun, adjectives, nouns, words
from heedful.data.phrasebook.nominals import (
    Nominal,
    definite,
    kin,
    marked,
    name,
    person,
    possessed,
    possessor,
    pronoun,
    someone_else,
    subject,
)

_VERY = Template("{s} {g} {a} 。", "{s} {be} {g} {a} .")
_NOT = Template("{s} 不/1 {a} 。", "{s} {be} not/1 {a} .")
_TOO = Template("{s} 太/1 {a} 了/1 。", "{s} {be} too/1 {a} .")
_IS_IT = Template("{s} {a} 吗/1 ？", "{be}/1 {s} {a} ?")
_IS_A = Template("{s} 是/1 {n} 。", "{s} {be}/1 {n} .")
_IS_NOT_A = Template("{s} 不/1 是/2 {n} 。", "{s} {be}/2 not/1 {n} .")
_IS_A_ASKED = Template("{s} 是/1 {n} 吗 ？", "{be}/1 {s} {n} ?")
_BOTH = Template("{x} 和/1 {y} 都/2 是/3 {n} 。", "{x} and/1 {y} are/3 both/2 {n} .")
_BECOME = Template("{s} 想/1 成为/2 {n} 。", "{s} {want}/1 to become/2 {n} .")


def quality(d: Derivation, noun: Noun) -> Adjective:
    """A quality with degrees that the noun can have."""
    adjective = d.draw(adjectives(noun.classes, "graded"))
    d.compose(adjective, noun)
    return adjective


def described_thing(d: Derivation) -> Nominal:
    """Something definite that can be described."""
    noun = d.draw(nouns(_THINGS))
    return Nominal(definite(d, noun, plain=True), noun)


def described_subject(d: Derivation, asked: bool = False) -> tuple[Nominal, Adjective]:
    """Somebody and a feeling, or something or somebody and a quality."""
    roll = d.number(1, 10)
    if roll <= 5:
        s = subject(d, asked)
        adjective = d.draw(adjectives(_FEELING))
        d.compose(s.lemma, adjective)
        return s, adjective
    s = described_thing(d) if roll <= 8 else kin(d) if roll == 9 else person(d)
    assert isinstance(s.lemma, Noun)
    return s, quality(d, s.lemma)


_THINGS = (
    "food,drink,wearable,furniture,device,appliance,tool,readable,show,event,idea,puzzle,vehicle,pet,farm,wild,"
    "instrument,container,toy,textile,kitchenware,audible,place,scenery,ornament,bloom,tree,art,text,document,subject,puzzle,water,high,structure,station"
)
_FEELING = frozenset(("feeling",))


def degree(d: Derivation) -> Phrase:
    """安娜的书很有趣。"""
    s, a = described_subject(d)
    g = d.word(d.draw(words("degree")))
    return _VERY.fill(d.units, {"s": s.phrase, "g": g, "a": d.word(a), "be": english.be(s.phrase.agreement)})


def _described(d: Derivation, template: Template, asked: bool = False) -> Phrase:
    s, a = described_subject(d, asked)
    while template is _NOT and a.zh[0] == "有":  # 有趣 and its like do not go with 不
        a = quality(d, s.lemma) if isinstance(s.lemma, Noun) else a
    return template.fill(d.units, {"s": s.phrase, "a": d.word(a), "be": english.be(s.phrase.agreement)})


def quality_negative(d: Derivation) -> Phrase:
    """安娜的书不贵。"""
    return _described(d, _NOT)


def too(d: Derivation) -> Phrase:
    """安娜的书太贵了。"""
    return _described(d, _TOO)


def quality_question(d: Derivation) -> Phrase:
    """安娜的书贵吗？"""
    return _described(d, _IS_IT, asked=True)


def feature(d: Derivation) -> Phrase:
    """安娜的头发很漂亮。"""
    noun = d.draw(nouns("pretty,hair"))
    o = possessed(d, possessor(d, "one", plain=True), noun)
    slots: Slots = {"s": o, "g": d.word(d.draw(words("degree"))), "a": d.word(quality(d, noun)), "be": "is"}
    return _VERY.fill(d.units, slots)


def _individual(d: Derivation, asked: bool = False) -> Nominal:
    """Somebody of whom one may say what he is."""
    roll = d.number(1, 6)
    if roll <= 2:
        return pronoun(d, asked=asked)
    return name(d) if roll <= 4 else kin(d)


def _is_a(d: Derivation, template: Template, asked: bool = False) -> Phrase:
    s = _individual(d, asked)
    several = s.phrase.zh[0][0] in ("我们", "他们") and len(s.phrase.zh) == 1
    agreement = s.phrase.agreement
    noun = d.draw(nouns("job,role"))
    d.compose(s.lemma, noun)
    unit = d.units.reserve()
    n = Phrase(((noun.zh, unit),), marked(noun.plural, unit) if several else (("a", 0), *marked(noun.singular, unit)))
    slots: Slots = {"s": s.phrase, "n": n, "be": english.be(agreement), "want": english.agree("want", agreement)}
    return template.fill(d.units, slots)


def is_a(d: Derivation) -> Phrase:
    """安娜是医生。"""
    return _is_a(d, _IS_A)


def is_not_a(d: Derivation) -> Phrase:
    """安娜不是医生。"""
    return _is_a(d, _IS_NOT_A)


def is_a_question(d: Derivation) -> Phrase:
    """安娜是医生吗？"""
    return _is_a(d, _IS_A_ASKED, asked=True)


def is_whose(d: Derivation) -> Phrase:
    """那个男人是我的老师。"""
    s = person(d)
    noun = d.draw(nouns("job,role"))
    d.compose(s.lemma, noun)
    plural = s.phrase.agreement == "they"
    owner, unit = possessor(d, plain=True), d.units.reserve()
    en = marked(noun.plural if plural else noun.singular, unit)
    n = Phrase((*owner.zh, (noun.zh, unit)), owner.en + en)
    return _IS_A.fill(d.units, {"s": s.phrase, "n": n, "be": english.be(s.phrase.agreement)})


def become(d: Derivation) -> Phrase:
    """安娜想成为医生。"""
    return _is_a(d, _BECOME)


def both_are(d: Derivation) -> Phrase:
    """安娜和汤姆都是医生。"""
    x = name(d)
    y = kin(d) if d.chance(0.3) else someone_else(d, x)
    noun = d.draw(nouns("job,role"))
    d.compose(x.lemma, noun)
    d.compose(y.lemma, noun)
    unit = d.units.reserve()
    slots: Slots = {"x": x.phrase, "y": y.phrase, "n": Phrase(((noun.zh, unit),), marked(noun.plural, unit))}
    return _BOTH.fill(d.units, slots)


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    degree: 1,
    quality_negative: 1,
    too: 1,
    quality_question: 1,
    feature: 2,
    is_a: 1,
    is_not_a: 1,
    is_a_question: 4,
    is_whose: 2,
    become: 1,
    both_are: 2,
}
