"""Patterns of wishes, duties, abilities, requests and offers."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import perhaps, time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import nouns, verbs, words
from heedful.data.phrasebook.nominals import Nominal, bare, pronoun, subject
from heedful.data.phrasebook.predicates import (
    DAILY,
    INTENDED,
    Predicate,
    act,
    action,
    activity,
    present,
    transitive,
    with_person,
)

_WANT = Template("{s} {t} 想/1 {v} 。", "{s} {x}/1 to {v} {t} .")
_WANT_ASKED = Template("{s} {t} 想/1 {v} 吗 ？", "{do} {s} want/1 to {v} {t} ?")
_PLAN = Template("{s} {t} 打算/1 {v} 。", "{s} {x}/1 to {v} {t} .")
_SHOULD_NOT = Template("{s} 不/1 应该/2 {v} 。", "{s} should/2 not/1 {v} .")
_CAN = Template("{s} {t} 能/1 {v} 。", "{s} can/1 {v} {t} .")
_CAN_ASKED = Template("{s} {t} 能/1 {v} 吗 ？", "can/1 {s} {v} {t} ?")
_MAY = Template("{s} 可以/1 {v} 吗 ？", "may/1 {s} {v} ?")
_SKILL = Template("{s} 会/1 {v} 。", "{s} {x}/1 how/1 to/1 {v} .")
_NO_SKILL = Template("{s} 不/1 会/2 {v} 。", "{s} {do}/1 not/1 know/2 how/2 to/2 {v} .")
_PLEASE = Template("请/1 {v} 。", "please/1 {v} .")
_DO_NOT = Template("不要/1 {v} 。", "do/1 not/1 {v} .")
_LET_US = Template("{t} 我们/1 {v} 吧/2 。", "let/2 us/1 {v} {t} .")
_WELL = Template("{s} {v} 得 {degree} {a} 。", "{s} {x} {degree} {a} .")
_HELP = Template("你/1 能/2 帮/3 {s} {v} 吗 ？", "can/2 you/1 help/3 {s} {v} ?")
_FORGOT = Template("{s} {t} 忘了/1 {v} 。", "{s} forgot/1 to {v} {t} .")


def _modal(d: Derivation, template: Template, definite: bool, verb: str = "", when: str = "") -> Phrase:
    """A subject, a modal verb, and an action, perhaps at some time."""
    s = subject(d, asked=template is _CAN_ASKED)
    v = act(d, action(d, s, "definite" if definite else "indefinite", INTENDED), "base")
    agreement = s.phrase.agreement
    slots: Slots = {"s": s.phrase, "v": v, "x": english.agree(verb, agreement) if verb else ""}
    slots |= {"do": english.do(agreement), "be": english.be(agreement)}
    if when:
        slots["t"] = perhaps(d, when)
    return template.fill(d.units, slots)


def want(d: Derivation) -> Phrase:
    """安娜明天想买一本书。"""
    return _modal(d, _WANT, False, "want", "future")


def want_question(d: Derivation) -> Phrase:
    """你想喝茶吗？"""
    s = subject(d, asked=True)
    v = act(d, action(d, s, "generic", DAILY), "base")
    slots: Slots = {"s": s.phrase, "v": v, "do": english.do(s.phrase.agreement), "t": perhaps(d, "future")}
    return _WANT_ASKED.fill(d.units, slots)


def plan(d: Derivation) -> Phrase:
    """安娜明天打算买一本书。"""
    return _modal(d, _PLAN, False, "plan", "future")


def should_not(d: Derivation) -> Phrase:
    """安娜不应该买这本书。"""
    return _modal(d, _SHOULD_NOT, True)


def can(d: Derivation) -> Phrase:
    """安娜明天能买这本书。"""
    return _modal(d, _CAN, True, "", "future")


def can_question(d: Derivation) -> Phrase:
    """安娜明天能买这本书吗？"""
    return _modal(d, _CAN_ASKED, True, "", "future")


def may(d: Derivation) -> Phrase:
    """我可以借这本书吗？"""
    unit = d.units.reserve()
    zh, en = d.draw((("我", "I"), ("我们", "we")))
    someone = Nominal(Phrase(((zh, unit),), ((en, unit),)), None)
    v = act(d, action(d, someone, "definite", INTENDED), "base")
    return _MAY.fill(d.units, {"s": someone.phrase, "v": v})


def skill(d: Derivation) -> Phrase:
    """安娜会游泳。"""
    s = subject(d)
    v = act(d, _ability(d, s), "base")
    return _SKILL.fill(d.units, {"s": s.phrase, "v": v, "x": english.agree("know", s.phrase.agreement)})


def skill_negative(d: Derivation) -> Phrase:
    """安娜不会游泳。"""
    s = subject(d)
    v = act(d, _ability(d, s), "base")
    return _NO_SKILL.fill(d.units, {"s": s.phrase, "v": v, "do": english.do(s.phrase.agreement)})


def _ability(d: Derivation, s: Nominal) -> Predicate:
    return activity(d, s, "skill") if d.chance(0.5) else transitive(d, s, "generic", "craft")


def please(d: Derivation) -> Phrase:
    """请打开这扇门。"""
    return _PLEASE.fill(d.units, {"v": _request(d)})


def _request(d: Derivation) -> Phrase:
    you = Nominal(EMPTY, None)
    if d.chance(0.3):
        return act(d, with_person(d, you), "base")
    if d.chance(0.5):
        return act(d, transitive(d, you, "definite", INTENDED), "base")
    verb = d.draw(verbs(INTENDED))
    noun = d.draw(nouns(verb.classes))
    d.compose(verb, noun)
    known = bare(d, noun, article="" if noun.kind == "name" else "the")  # 请打开窗户
    return act(d, Predicate(verb, known), "base")


def prohibition(d: Derivation) -> Phrase:
    """不要打开这扇门。"""
    v = act(d, action(d, Nominal(Phrase((), ()), None), "definite", INTENDED), "base")
    return _DO_NOT.fill(d.units, {"v": v})


def let_us(d: Derivation) -> Phrase:
    """明天我们买一本书吧。"""
    v = act(d, action(d, Nominal(Phrase((), ()), None), "indefinite", INTENDED), "base")
    return _LET_US.fill(d.units, {"v": v, "t": time(d, "future")})


def help_me(d: Derivation) -> Phrase:
    """你能帮我打开这扇门吗？"""
    helped = pronoun(d, objective=True)
    while helped.phrase.zh[0][0] == "你":
        helped = pronoun(d, objective=True)
    v = act(d, transitive(d, helped, "definite", INTENDED), "base")
    return _HELP.fill(d.units, {"s": helped.phrase, "v": v})


def forgot(d: Derivation) -> Phrase:
    """安娜昨天忘了关上这扇门。"""
    return _modal(d, _FORGOT, True, "", "past")


def manner(d: Derivation) -> Phrase:
    """安娜游泳游得很快。"""
    s = subject(d)
    predicate = activity(d, s, "skill")
    adverb = d.draw(words("manner"))
    d.compose(predicate.verb, adverb)
    v = present(d, predicate, s)
    if predicate.verb.rest:  # the verb comes again before 得
        again = (predicate.verb.zh, v.zh[0][1])
        v = Phrase((*v.zh, again), v.en)
    slots: Slots = {
        "s": s.phrase,
        "v": v,
        "x": Phrase((), v.en),
        "a": d.word(adverb),
        "degree": d.word(d.draw(words("degree"))),
    }
    return _WELL.fill(d.units, slots)


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    want: 1,
    want_question: 4,
    plan: 1,
    should_not: 1,
    can: 1,
    can_question: 4,
    may: 4,
    skill: 1,
    skill_negative: 1,
    please: 2,
    prohibition: 1,
    let_us: 1,
    help_me: 2,
    forgot: 1,
    manner: 2,
}
