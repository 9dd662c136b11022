"""Patterns of more than one clause: relative clauses, reasons, conditions, times, reported thoughts."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import located, time, venue
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Noun, Word, adjectives, nouns, verbs, words
from heedful.data.phrasebook.nominals import THAT, Nominal, definite, determined, kin, marked, name, pronoun, subject
from heedful.data.phrasebook.patterns_description import described_subject, quality
from heedful.data.phrasebook.predicates import (
    ALL,
    INTENDED,
    KINDS,
    PLACED,
    Predicate,
    act,
    action,
    activity,
    present,
    transitive,
)

_THAT_I_BOUGHT = Template("{s} {t} {v} 的/1 {n} {g} {a} 。", "{n} that/1 {s} {v} {t} {be} {g} {a} .")
_LIKE_THAT = Template("{x} {like} {s} {t} {v} 的/1 {n} 。", "{x} {like} {n} that/1 {s} {v} {t} .")
_WHO_BOUGHT = Template("{t} {v} 的/1 {n} {g} {a} 。", "{n} who/1 {v} {t} is {g} {a} .")
_WHO_IS_RUNNING = Template("正/1 {p} {v} 的/2 {n} 是/3 {k} 。", "{n} who/2 is/1 {v} {p} is/3 {k} .")
_BECAUSE = Template("因为/1 {s} {g} {a} ， 所以 {x} {v} 。", "{x} {v} because/1 {s} {be} {g} {a} .")
_BECAUSE_HE = Template("因为/1 {s} {g} {a} ， 所以 {it} {v} 。", "{s} {v} because/1 {it} {be} {g} {a} .")
_ALTHOUGH = Template("虽然/1 {s} {g} {a} ， 但是 {x} {v} 。", "{x} {v} although/1 {s} {be} {g} {a} .")
_IF = Template("如果/1 {t} {w} ， {s} 就 会/2 {v} 。", "{s} will/2 {v} if/1 it {w} {t} .")
_WHEN = Template("{s} {v} 的时候/1 ， {x} {a} {w} 。", "{x} {a} {w} when/1 {s} {v} .")
_BEFORE = Template("{v} 以前/1 ， {s} {a} {w} 。", "{s} {a} {w} before/1 {v} .")
_AFTER = Template("{v} 以后/1 ， {s} {a} {w} 。", "{s} {a} {w} after/1 {v} .")
_THINK = Template("{x} {think} {s} {g} {a} 。", "{x} {think} that {s} {be} {g} {a} .")
_HOPE = Template("{x} {think} {s} {t} 会/1 {v} 。", "{x} {think} that {s} will/1 {v} {t} .")
_WHERE_IS = Template("{x} 不/1 知道/2 {p} 在/3 哪儿/4 。", "{x} {do}/1 not/1 know/2 where/4 {p} is/3 .")
_WHILE = Template("{s} 一边/1 {v} ， 一边 {w} 。", "{s} {w} while/1 {v} .")
_FIRST = Template("{s} {t} 先/1 {v} ， 然后/2 {w} 。", "{s} first/1 {v} and then/2 {w} {t} .")
_WITH = Template("{s} {t} 跟/1 {x} 一起/2 {v} 。", "{s} {v} together/2 with/1 {x} {t} .")


def _relative(d: Derivation) -> tuple[Nominal, Phrase, Phrase, Noun]:
    """Somebody, what he did, and what he did it to: "the book", which is 那本书 after a relative clause."""
    s = subject(d)
    verb = d.draw(verbs("daily,once,long,happen"))
    noun = d.draw(nouns(verb.classes))
    while noun.kind == "name":
        verb = d.draw(verbs("daily,once,long,happen"))
        noun = d.draw(nouns(verb.classes))
    d.compose(s.lemma, verb)
    d.compose(verb, noun)
    unit = d.units.reserve()
    return s, Phrase(((verb.zh, unit),), marked(verb.forms["past"], unit)), _the(d, noun), noun


def _the(d: Derivation, noun: Noun) -> Phrase:
    phrase = determined(d, noun, THAT)
    return Phrase(phrase.zh, (("the", phrase.en[0][1]), *phrase.en[1:]), phrase.agreement)


def _degree(d: Derivation) -> Phrase:
    return d.word(d.draw(words("degree")))


def that_i_bought(d: Derivation) -> Phrase:
    """安娜昨天买的那本书很有趣。"""
    s, v, n, noun = _relative(d)
    while not adjectives(noun.classes, "graded"):
        s, v, n, noun = _relative(d)
    slots: Slots = {"s": s.phrase, "v": v, "n": n, "t": time(d, "past"), "g": _degree(d), "a": d.word(quality(d, noun))}
    return _THAT_I_BOUGHT.fill(d.units, {**slots, "be": english.be(n.agreement)})


def like_that(d: Derivation) -> Phrase:
    """汤姆喜欢安娜昨天买的那本书。"""
    x = pronoun(d) if d.chance(0.5) else name(d)
    s, v, n, noun = _relative(d)
    verb = d.draw(verbs("mind"))
    d.compose(verb, noun)
    unit = d.units.reserve()
    like = Phrase(((verb.zh, unit),), marked(verb.forms["third" if x.phrase.agreement == "he" else "base"], unit))
    slots: Slots = {"x": x.phrase, "like": like, "s": s.phrase, "v": v, "n": n, "t": time(d, "past")}
    return _LIKE_THAT.fill(d.units, slots)


def who_bought(d: Derivation) -> Phrase:
    """昨天买这本书的那位医生很善良。"""
    noun = d.draw(nouns("person"))
    someone = Nominal(_the(d, noun), noun)
    v = act(d, action(d, someone, "definite", ALL), "past")
    slots: Slots = {"n": someone.phrase, "v": v, "t": time(d, "past"), "g": _degree(d), "a": d.word(quality(d, noun))}
    return _WHO_BOUGHT.fill(d.units, slots)


def who_is_running(d: Derivation) -> Phrase:
    """正在公园跑步的那个男人是我叔叔。"""
    noun = d.draw(nouns("person"))
    someone = Nominal(_the(d, noun), noun)
    predicate = activity(d, someone, PLACED)
    relation = kin(d, "friend")
    d.compose(noun, relation.lemma)
    slots: Slots = {
        "n": someone.phrase,
        "v": act(d, predicate, "gerund"),
        "p": venue(d, predicate.verb),
        "k": relation.phrase,
    }
    return _WHO_IS_RUNNING.fill(d.units, slots)


def _reason(d: Derivation, template: Template, modal: Template) -> Phrase:
    """Why somebody wants to do something to a thing, or not: each language names it first, then says 它 or "it"."""
    x = subject(d)
    verb = d.draw(verbs("daily,once,long"))
    noun = d.draw(nouns(verb.classes))
    while not adjectives(noun.classes, "graded"):
        noun = d.draw(nouns(verb.classes))
    d.compose(x.lemma, verb)
    d.compose(verb, noun)
    o = definite(d, noun, plain=True)
    unit = d.units.reserve()
    zh, en = ("它们", "they") if o.agreement == "they" else ("它", "it")
    agreement = x.phrase.agreement
    v = act(d, Predicate(verb, Phrase(((zh, unit),), o.en)), "base")
    v = modal.fill(d.units, {"v": v, "do": english.do(agreement), "want": english.agree("want", agreement)})
    slots: Slots = {
        "s": Phrase(o.zh, ((en, unit),)),
        "a": d.word(quality(d, noun)),
        "g": _degree(d),
        "x": x.phrase,
        "v": v,
    }
    return template.fill(d.units, {**slots, "be": english.be(o.agreement)})


_WANTS = Template("想/1 {v}", "{want}/1 to {v}")
_DOES_NOT_WANT = Template("不/1 想/2 {v}", "{do}/1 not/1 want/2 to {v}")


def because(d: Derivation) -> Phrase:
    """因为这本书很有趣，所以安娜想读它。"""
    return _reason(d, _BECAUSE, _WANTS if d.chance(0.6) else _DOES_NOT_WANT)


def because_of_feeling(d: Derivation) -> Phrase:
    """因为安娜很累，所以她想休息。"""
    x = name(d)
    assert isinstance(x.lemma, Word)
    zh, en = ("他", "he") if x.lemma.kind == "man" else ("她", "she")
    feeling = d.draw(adjectives(_FEELING))
    predicate = activity(d, x, KINDS)
    d.compose(feeling, predicate.verb)
    unit = d.units.reserve()
    modal = _WANTS if d.chance(0.6) else _DOES_NOT_WANT
    v = modal.fill(d.units, {"v": act(d, predicate, "base"), "do": "does", "want": "wants"})
    slots: Slots = {"s": x.phrase, "it": Phrase(((zh, unit),), ((en, unit),)), "v": v, "be": "is"}
    return _BECAUSE_HE.fill(d.units, {**slots, "g": _degree(d), "a": d.word(feeling)})


_FEELING = frozenset(("feeling",))


def although(d: Derivation) -> Phrase:
    """虽然这本书很有趣，但是安娜不想读它。"""
    return _reason(d, _ALTHOUGH, _WANTS if d.chance(0.4) else _DOES_NOT_WANT)


def if_it_rains(d: Derivation) -> Phrase:
    """如果明天下雨，安娜就会读这本书。"""
    s = subject(d)
    unit = d.units.reserve()
    zh, en = d.draw((("下雨", "rains"), ("下雪", "snows")))
    v = act(d, action(d, s, "definite", INTENDED), "base")
    slots: Slots = {"t": time(d, "future"), "w": Phrase(((zh, unit),), ((en, unit),)), "s": s.phrase, "v": v}
    return _IF.fill(d.units, slots)


def _often(d: Derivation) -> Phrase:
    return d.word(d.draw(words("frequency")))


def when_he_cooks(d: Derivation) -> Phrase:
    """安娜做饭的时候，汤姆常常唱歌。"""
    s, x = subject(d), name(d)
    if s.lemma is x.lemma:
        s = pronoun(d)
    v = present(d, activity(d, s, KINDS), s)
    w = present(d, activity(d, x, KINDS), x)
    return _WHEN.fill(d.units, {"s": s.phrase, "v": v, "x": x.phrase, "w": w, "a": _often(d)})


def _order(d: Derivation, template: Template) -> Phrase:
    s = subject(d)
    kinds = ("work,outdoor,sporty,skill", "voice") if template is _WHILE else (KINDS, KINDS)
    first = activity(d, s, kinds[0])
    second = activity(d, s, kinds[1])
    while second.verb is first.verb:
        second = activity(d, s, kinds[1])
    d.compose(first.verb, second.verb)
    slots: Slots = {"s": s.phrase, "v": act(d, first, "gerund"), "w": present(d, second, s)}
    return template.fill(d.units, {**slots, "a": _often(d)} if template is not _WHILE else slots)


def before(d: Derivation) -> Phrase:
    """睡觉以前，安娜常常洗澡。"""
    return _order(d, _BEFORE)


def after(d: Derivation) -> Phrase:
    """跑步以后，安娜常常洗澡。"""
    return _order(d, _AFTER)


def at_once(d: Derivation) -> Phrase:
    """安娜一边唱歌，一边做饭。"""
    return _order(d, _WHILE)


def _minds(d: Derivation, kinds: str, x: Nominal) -> Phrase:
    verb = d.draw(verbs(kinds))
    unit = d.units.reserve()
    return Phrase(((verb.zh, unit),), marked(verb.forms["third" if x.phrase.agreement == "he" else "base"], unit))


def think(d: Derivation) -> Phrase:
    """安娜觉得这本书很有趣。"""
    x = name(d) if d.chance(0.4) else pronoun(d)
    s, a = described_subject(d)
    slots: Slots = {"x": x.phrase, "think": _minds(d, "think", x), "s": s.phrase, "g": _degree(d), "a": d.word(a)}
    return _THINK.fill(d.units, {**slots, "be": english.be(s.phrase.agreement)})


def hope(d: Derivation) -> Phrase:
    """安娜希望汤姆明天会买这本书。"""
    x = name(d) if d.chance(0.4) else pronoun(d)
    s = subject(d)
    v = act(d, action(d, s, "definite", INTENDED), "base")
    slots: Slots = {"x": x.phrase, "think": _minds(d, "think", x), "s": s.phrase, "v": v, "t": time(d, "future")}
    return _HOPE.fill(d.units, slots)


def does_not_know_where(d: Derivation) -> Phrase:
    """安娜不知道银行在哪儿。"""
    x = subject(d)
    place = d.draw(nouns("place"))
    d.compose(x.lemma, place)
    where = located(d, place)
    p = Phrase(where.zh[1:], where.en[1:])
    return _WHERE_IS.fill(d.units, {"x": x.phrase, "p": p, "do": english.do(x.phrase.agreement)})


def first_then(d: Derivation) -> Phrase:
    """安娜昨天先买了一本书，然后跑步了。"""
    s = subject(d)
    v = act(d, transitive(d, s, "indefinite", INTENDED), "past", "了")
    w = act(d, activity(d, s, KINDS), "past", "了")
    return _FIRST.fill(d.units, {"s": s.phrase, "v": v, "w": w, "t": time(d, "past")})


def together(d: Derivation) -> Phrase:
    """安娜昨天跟汤姆一起游泳了。"""
    s = subject(d)
    x = name(d)
    if s.lemma is x.lemma:
        s = pronoun(d)
    v = act(d, activity(d, s, "outdoor,sporty,skill,work,shop,eatery"), "past", "了")
    return _WITH.fill(d.units, {"s": s.phrase, "x": x.phrase, "v": v, "t": time(d, "past")})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    that_i_bought: 10,
    like_that: 9,
    who_bought: 3,
    who_is_running: 4,
    because: 2,
    because_of_feeling: 8,
    although: 1,
    if_it_rains: 3,
    when_he_cooks: 1,
    before: 1,
    after: 2,
    at_once: 10,
    think: 1,
    hope: 1,
    does_not_know_where: 4,
    first_then: 12,
    together: 4,
}
