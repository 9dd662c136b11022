"""Patterns of doing: tense, aspect, negation and yes-no questions."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Template
from heedful.data.phrasebook.nominals import subject
from heedful.data.phrasebook.predicates import Predicate, act, action, activity, present

_SVT = Template("{s} {t} {v} 。", "{s} {v} {t} .")
_FUTURE = Template("{s} {t} 会/1 {v} 。", "{s} will/1 {v} {t} .")
_NOT_FUTURE = Template("{s} {t} 不/1 会/2 {v} 。", "{s} will/2 not/1 {v} {t} .")
_DID_NOT = Template("{s} {t} 没/1 {v} 。", "{s} did/1 not/1 {v} {t} .")
_DID = Template("{s} {t} {v} 吗/1 ？", "did/1 {s} {v} {t} ?")
_PROGRESSIVE = Template("{s} 正在/1 {v} 。", "{s} {be}/1 {v} .")
_HAS = Template("{s} 已经/1 {v} 了 。", "{s} {have} already/1 {v} .")
_HAS_EVER = Template("{s} {v} 吗/1 ？", "{have}/1 {s} ever {v} ?")
_WANT = Template("{s} {t} 想/1 {v} 。", "{s} {want}/1 to {v} {t} .")
_DOES = Template("{s} {t} {v} 吗/1 ？", "{do}/1 {s} {v} {t} ?")
_DOES_NOT = Template("{s} {t} 不/1 {v} 。", "{s} {do} not/1 {v} {t} .")


def past(d: Derivation) -> Phrase:
    """安娜昨天买了一本书。"""
    s = subject(d)
    v = act(d, action(d, s, "indefinite"), "past", "了")
    return _SVT.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "past")})


def past_negative(d: Derivation) -> Phrase:
    """安娜昨天没买这本书。"""
    s = subject(d)
    v = act(d, action(d, s, "definite"), "base")
    return _DID_NOT.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "past")})


def past_question(d: Derivation) -> Phrase:
    """安娜昨天买了这本书吗？"""
    s = subject(d)
    predicate = action(d, s, "definite")
    v = act(d, predicate, "base", "了")
    return _DID.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "past")})


def future(d: Derivation) -> Phrase:
    """安娜明天会买一本书。"""
    s = subject(d)
    v = act(d, action(d, s, "indefinite"), "base")
    return _FUTURE.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "future")})


def future_negative(d: Derivation) -> Phrase:
    """安娜明天不会买这本书。"""
    s = subject(d)
    v = act(d, action(d, s, "definite"), "base")
    return _NOT_FUTURE.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "future")})


def progressive(d: Derivation) -> Phrase:
    """安娜正在买一本书。"""
    s = subject(d)
    v = act(d, action(d, s, "indefinite"), "gerund")
    return _PROGRESSIVE.fill(d.units, {"s": s.phrase, "v": v, "be": english.be(s.phrase.agreement)})


def habit(d: Derivation) -> Phrase:
    """安娜每天吃苹果。"""
    s = subject(d)
    v = present(d, action(d, s, "generic"), s)
    return _SVT.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "habit")})


def habit_question(d: Derivation) -> Phrase:
    """安娜每天吃苹果吗？"""
    s = subject(d)
    v = act(d, action(d, s, "generic"), "base")
    return _DOES.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "habit"), "do": english.do(s.phrase.agreement)})


def want(d: Derivation) -> Phrase:
    """安娜明天想买一本书。"""
    s = subject(d)
    v = act(d, action(d, s, "indefinite"), "base")
    verb = english.agree("want", s.phrase.agreement)
    return _WANT.fill(d.units, {"s": s.phrase, "v": v, "t": time(d, "future"), "want": verb})


def experience_question(d: Derivation) -> Phrase:
    """安娜游过泳吗？"""
    s = subject(d)
    predicate: Predicate = activity(d, s)
    v = act(d, predicate, "participle", "过")
    return _HAS_EVER.fill(d.units, {"s": s.phrase, "v": v, "have": english.have(s.phrase.agreement)})


PATTERNS = (
    past, past_negative, past_question, future, future_negative, progressive, habit, habit_question, want,
    experience_question,
)  # fmt: skip
