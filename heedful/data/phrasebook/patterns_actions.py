"""Patterns of doing: tense, aspect, negation and yes-no questions."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import perhaps, time, venue
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import words
from heedful.data.phrasebook.nominals import Nominal, subject
from heedful.data.phrasebook.predicates import (
    ALL,
    DAILY,
    DURABLE,
    PLACED,
    Form,
    Predicate,
    Reference,
    act,
    action,
    activity,
    present,
    transitive,
)

_S_T_V = Template("{s} {t} {v} 。", "{s} {v} {t} .")
_DID_NOT = Template("{s} {t} 没/1 {v} 。", "{s} did/1 not/1 {v} {t} .")
_DID = Template("{s} {t} {v} 吗/1 ？", "did/1 {s} {v} {t} ?")
_WILL = Template("{s} {t} 会/1 {v} 。", "{s} will/1 {v} {t} .")
_WILL_NOT = Template("{s} {t} 不/1 会/2 {v} 。", "{s} will/2 not/1 {v} {t} .")
_WILL_ASKED = Template("{s} {t} 会/1 {v} 吗 ？", "will/1 {s} {v} {t} ?")
_IS = Template("{s} 正在/1 {v} 。", "{s} {be}/1 {v} .")
_IS_ASKED = Template("{s} 正在/1 {v} 吗 ？", "{be}/1 {s} {v} ?")
_DOES_NOT = Template("{s} 不/1 {v} 。", "{s} {do}/1 not/1 {v} .")
_DOES = Template("{s} {t} {v} 吗/1 ？", "{do}/1 {s} {v} {t} ?")
_HAS = Template("{s} 已经/1 {v} 了/2 。", "{s} {have}/2 already/1 {v} .")
_HAS_NOT = Template("{s} 还/1 没/2 {v} 。", "{s} {have} not/2 {v} yet/1 .")
_HAS_EVER = Template("{s} {v} 吗/1 ？", "{have}/1 {s} ever {v} ?")
_HAS_NEVER = Template("{s} 从来/1 没/1 {v} 。", "{s} {have} never/1 {v} .")
_OFTEN = Template("{s} {a} {v} 。", "{s} {a} {v} .")
_AT = Template("{s} {t} {p} {v} 。", "{s} {v} {p} {t} .")
_IS_AT = Template("{s} 正/1 {p} {v} 。", "{s} {be}/1 {v} {p} .")


def _sentence(
    d: Derivation, template: Template, form: Form, reference: Reference, when: str, tables: str = ALL, aspect: str = ""
) -> Phrase:
    """A subject and its action, at some time, in a template."""
    s = subject(d, asked=template in _QUESTIONS)
    v = act(d, action(d, s, reference, tables), form, aspect)
    agreement = s.phrase.agreement
    slots: Slots = {"s": s.phrase, "v": v, "be": english.be(agreement), "do": english.do(agreement)}
    slots["have"] = english.have(agreement)
    if when:
        slots["t"] = perhaps(d, when) if when == "past" else time(d, when)  # an undated 会 is "can"
    return template.fill(d.units, slots)


_QUESTIONS = (_DID, _WILL_ASKED, _IS_ASKED, _DOES, _HAS_EVER)


def past(d: Derivation) -> Phrase:
    """安娜昨天买了一本书。"""
    return _sentence(d, _S_T_V, "past", "indefinite", "past", aspect="了")


def past_negative(d: Derivation) -> Phrase:
    """安娜昨天没买这本书。"""
    return _sentence(d, _DID_NOT, "base", "definite", "past")


def past_question(d: Derivation) -> Phrase:
    """安娜昨天买了这本书吗？"""
    return _sentence(d, _DID, "base", "definite", "past", aspect="了")


def future(d: Derivation) -> Phrase:
    """安娜明天会买一本书。"""
    return _sentence(d, _WILL, "base", "indefinite", "future")


def future_negative(d: Derivation) -> Phrase:
    """安娜明天不会买这本书。"""
    return _sentence(d, _WILL_NOT, "base", "definite", "future")


def future_question(d: Derivation) -> Phrase:
    """安娜明天会买这本书吗？"""
    return _sentence(d, _WILL_ASKED, "base", "definite", "future")


def progressive(d: Derivation) -> Phrase:
    """安娜正在读一本书。"""
    return _sentence(d, _IS, "gerund", "indefinite", "", DURABLE)


def progressive_question(d: Derivation) -> Phrase:
    """安娜正在读这本书吗？"""
    return _sentence(d, _IS_ASKED, "gerund", "definite", "", DURABLE)


def habit(d: Derivation) -> Phrase:
    """安娜每天吃苹果。"""
    s = subject(d)
    v = present(d, action(d, s, "generic", DAILY), s)
    return _S_T_V.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "habit")})


def habit_negative(d: Derivation) -> Phrase:
    """安娜不吃苹果。"""
    return _sentence(d, _DOES_NOT, "base", "generic", "", DAILY)


def habit_question(d: Derivation) -> Phrase:
    """安娜每天吃苹果吗？"""
    return _sentence(d, _DOES, "base", "generic", "habit", DAILY)


def frequency(d: Derivation) -> Phrase:
    """安娜常常吃苹果。"""
    s = subject(d)
    adverb = d.draw(words("frequency"))
    v = present(d, action(d, s, "generic", DAILY), s)
    return _OFTEN.fill(d.units, {"s": s.phrase, "v": v, "a": d.word(adverb)})


def perfect(d: Derivation) -> Phrase:
    """安娜已经买这本书了。"""
    return _sentence(d, _HAS, "participle", "definite", "")


def perfect_negative(d: Derivation) -> Phrase:
    """安娜还没买这本书。"""
    return _sentence(d, _HAS_NOT, "participle", "definite", "")


def experience_question(d: Derivation) -> Phrase:
    """安娜骑过大象吗？"""
    s = subject(d, asked=True)
    v = act(d, _experience(d, s), "participle", "过")
    return _HAS_EVER.fill(d.units, {"s": s.phrase, "v": v, "have": english.have(s.phrase.agreement)})


def experience_negative(d: Derivation) -> Phrase:
    """安娜从来没骑过大象。"""
    s = subject(d)
    v = act(d, _experience(d, s), "participle", "过")
    return _HAS_NEVER.fill(d.units, {"s": s.phrase, "v": v, "have": english.have(s.phrase.agreement)})


def _experience(d: Derivation, s: Nominal) -> Predicate:
    return transitive(d, s, "generic", DAILY) if d.chance(0.7) else activity(d, s, "skill")


def past_at(d: Derivation) -> Phrase:
    """安娜昨天在公园跑步了。"""
    s = subject(d)
    predicate = activity(d, s, PLACED)
    slots: Slots = {"s": s.phrase, "p": venue(d, predicate.verb), "v": act(d, predicate, "past", "了")}
    return _AT.fill(d.units, {**slots, "t": time(d, "past")})


def habit_at(d: Derivation) -> Phrase:
    """安娜每天在公园跑步。"""
    s = subject(d)
    predicate = activity(d, s, PLACED)
    slots: Slots = {"s": s.phrase, "p": venue(d, predicate.verb), "v": present(d, predicate, s)}
    return _AT.fill(d.units, {**slots, "t": time(d, "habit")})


def progressive_at(d: Derivation) -> Phrase:
    """安娜正在公园跑步。"""
    s = subject(d)
    predicate = activity(d, s, PLACED)
    slots: Slots = {"s": s.phrase, "p": venue(d, predicate.verb), "v": act(d, predicate, "gerund")}
    return _IS_AT.fill(d.units, {**slots, "be": english.be(s.phrase.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    past: 4,
    past_negative: 4,
    past_question: 4,
    future: 2,
    future_negative: 2,
    future_question: 2,
    progressive: 2,
    progressive_question: 4,
    habit: 4,
    habit_negative: 1,
    habit_question: 4,
    frequency: 1,
    perfect: 1,
    perfect_negative: 2,
    experience_question: 4,
    experience_negative: 1,
    past_at: 11,
    habit_at: 12,
    progressive_at: 10,
}
