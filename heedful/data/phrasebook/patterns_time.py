"""Patterns of the clock, the calendar and the weather."""

from heedful.data.phrasebook import english, numbers
from heedful.data.phrasebook.circumstances import time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase, Slots, Template, Token
from heedful.data.phrasebook.lexicon import Noun, Word, nouns, words
from heedful.data.phrasebook.nominals import THIS_THAT, determined, marked, possessor, subject
from heedful.data.phrasebook.patterns_places import landmark
from heedful.data.phrasebook.predicates import KINDS, act, activity, present

_NOW = Template("现在/1 {clock} 。", "it is {clock} now/1 .")
_AT = Template("{s} {h} {clock} {v} 。", "{s} {v} at {clock} {h} .")
_WILL_AT = Template("{s} {t} {clock} 会/1 {v} 。", "{s} will/1 {v} at {clock} {t} .")
_WHAT_TIME = Template("{s} {h} 几/1 点/1 {v} ？", "what/1 time/1 {do} {s} {v} {h} ?")
_LEAVES = Template("去 {p} 的 {o} {clock} 出发/1 。", "the {o} to {p} leaves/1 at {clock} .")
_OPENS = Template("{p} 早上/1 {clock} 开门/2 。", "{p} opens/2 at {clock} in/1 the/1 morning/1 .")
_CLOSES = Template("{p} 晚上/1 {clock} 关门/2 。", "{p} closes/2 at {clock} in/1 the/1 evening/1 .")
_BIRTHDAY = Template("{who} 生日/1 是/2 {date} 。", "{who} birthday/1 is/2 on {date} .")
_EVENT_ON = Template("{e} 将/2 在 {date} 举行/1 。", "{e} will/2 take/1 place/1 on {date} .")
_WEEKDAY = Template("{e} 在/1 {day} {h} 。", "{e} is on/1 {day} {h} .")
_BORN = Template("{s} 是 {year} {month} 在/1 {p} 出生/2 的 。", "{s} {was} born/2 in/1 {p} in {month} {year} .")
_WEATHER = Template("{p} {t} {g} {w} 。", "it {be} {g} {w} {p} {t} .")
_WILL_BE = Template("{p} {t} 会/1 {g} {w} 。", "it will/1 be {g} {w} {p} {t} .")
_RAINED = Template("{p} {t} {w} 了 。", "it {w} {p} {t} .")
_WILL_RAIN = Template("{p} {t} 会/1 {w} 。", "it will/1 {w} {p} {t} .")
_DEGREES = Template("{p} 今天/2 {n} 度/1 。", "it is {n} degrees/1 in {p} today/2 .")
_WARMER = Template(
    "{p} 的/1 {season} 比/2 {q} 的/3 {season2} {w} 。", "{season} in/1 {p} is {w} than/2 {season2} in/3 {q} ."
)
_FOR_HOURS = Template("{s} {t} {v} {n} 个 {unit} 。", "{s} {v} for {n} {unit} {t} .")


KINDS_OF_HOUR = ("sharp", "half", "quarter", "past")
_TO = (*KINDS_OF_HOUR, "to")
_HOURS = (("早上", (6, 11)), ("下午", (1, 5)), ("晚上", (6, 11)))
_MORNING = Phrase((("早上", 0),), ())


def clock(d: Derivation, part: Phrase | None = None, kinds: tuple[str, ...] = KINDS_OF_HOUR) -> Phrase:
    """三点, "three o'clock"; 三点半, "half past three"; 三点十分, "ten past three"; 差十分三点, "ten to three"."""
    low, high = next((hours for name, hours in _HOURS if part and name in part.zh[0][0]), (1, 12))
    hour = d.number(low, high)
    unit = d.units.reserve(3)
    zh_hour = ((numbers.counting(hour), unit), ("点", unit + 1))
    (en_hour,) = numbers.english(hour)
    kind = d.draw(kinds)
    if kind == "sharp":
        return Phrase(zh_hour, ((en_hour, unit), ("o'clock", unit + 1)))
    if kind == "half":
        return Phrase((*zh_hour, ("半", unit + 2)), (("half", unit + 2), ("past", unit + 1), (en_hour, unit)))
    if kind == "quarter":
        en = (("a", 0), ("quarter", unit + 2), ("past", unit + 1), (en_hour, unit))
        return Phrase((*zh_hour, ("一刻", unit + 2)), en)
    minutes = d.draw((5, 10, 20, 25))
    count: Token = (numbers.english(minutes)[0], unit + 2)
    zh_minutes: tuple[Token, ...] = ((numbers.chinese(minutes), unit + 2), ("分", 0))
    if kind == "past":
        if minutes == 5:
            zh_minutes = (("零五", unit + 2), ("分", 0))
        return Phrase((*zh_hour, *zh_minutes), (count, ("past", unit + 1), (en_hour, unit)))
    zh = (("差", unit + 1), *zh_minutes, (zh_hour[0][0], unit), ("点", 0))
    return Phrase(zh, (count, ("to", unit + 1), (en_hour, unit)))


def part_of_day(d: Derivation) -> Phrase:
    """早上, "in the morning"."""
    return d.word(d.draw(words("daypart")))


def date(d: Derivation) -> Phrase:
    """五月三号, "the third of May"."""
    month = d.draw(words("month"))
    day = d.number(1, 28 if month.zh == "二月" else 30)
    unit = d.units.reserve(3)
    zh = ((month.zh, unit), (numbers.chinese(day), unit + 1), ("号", unit + 2))
    en = (("the", 0), (numbers.ordinal(day), unit + 1), ("of", unit + 2), *marked(month.en, unit))
    return Phrase(zh, en)


def now(d: Derivation) -> Phrase:
    """现在下午三点半。"""
    h = part_of_day(d)
    c = clock(d, h, _TO)
    return _NOW.fill(d.units, {"clock": Phrase(h.zh + c.zh, c.en + h.en)})


def at_hour(d: Derivation) -> Phrase:
    """安娜早上七点跑步。"""
    s = subject(d)
    v = present(d, activity(d, s, KINDS), s)
    h = time(d, "habit")
    return _AT.fill(d.units, {"s": s.phrase, "v": v, "h": h, "clock": clock(d, h)})


def will_at_hour(d: Derivation) -> Phrase:
    """安娜明天七点会跑步。"""
    s = subject(d)
    v = act(d, activity(d, s, KINDS), "base")
    t = time(d, "future")
    return _WILL_AT.fill(d.units, {"s": s.phrase, "v": v, "t": t, "clock": clock(d, t)})


def what_time(d: Derivation) -> Phrase:
    """安娜每天早上几点跑步？"""
    s = subject(d, asked=True)
    v = act(d, activity(d, s, KINDS), "base")
    slots: Slots = {"s": s.phrase, "v": v, "h": time(d, "habit")}
    return _WHAT_TIME.fill(d.units, {**slots, "do": english.do(s.phrase.agreement)})


def leaves(d: Derivation) -> Phrase:
    """去北京的火车下午三点出发。"""
    vehicle = d.draw(nouns("transit"))
    place = d.draw(words("city"))
    d.compose(vehicle, place)
    unit = d.units.reserve()
    o = Phrase(((vehicle.zh, unit),), marked(vehicle.singular, unit))
    h = part_of_day(d)
    c = clock(d, h)
    return _LEAVES.fill(d.units, {"o": o, "p": d.word(place), "clock": Phrase(h.zh + c.zh, c.en + h.en)})


def opens(d: Derivation) -> Phrase:
    """银行早上八点半开门。"""
    place = landmark(d, d.draw(nouns("org,shop,sight,eatery,sporty")))
    template = _OPENS if d.chance(0.5) else _CLOSES
    return template.fill(d.units, {"p": place, "clock": clock(d, _MORNING)})


def birthday(d: Derivation) -> Phrase:
    """安娜的生日是五月三号。"""
    return _BIRTHDAY.fill(d.units, {"who": possessor(d), "date": date(d)})


def _event(d: Derivation) -> tuple[Noun, Phrase]:
    noun = d.draw(nouns("event"))
    if d.chance(0.3):
        return noun, determined(d, noun, d.draw(THIS_THAT))
    unit = d.units.reserve()
    return noun, Phrase(((noun.zh, unit),), (("the", 0), *marked(noun.singular, unit)))


def event_on(d: Derivation) -> Phrase:
    """会议在五月三号举行。"""
    return _EVENT_ON.fill(d.units, {"e": _event(d)[1], "date": date(d)})


def event_weekday(d: Derivation) -> Phrase:
    """会议在星期五下午。"""
    noun, e = _event(d)
    day = d.draw(words("weekday"))
    d.compose(noun, day)
    h = d.draw(_PARTS)
    unit = d.units.reserve()
    part = Phrase(((h[0], unit),), ((h[1], unit),))
    return _WEEKDAY.fill(d.units, {"e": e, "day": d.word(day), "h": part})


_PARTS = (("早上", "morning"), ("下午", "afternoon"), ("晚上", "evening"))


def born(d: Derivation) -> Phrase:
    """安娜是1995年五月在北京出生的。"""
    s = subject(d)
    unit = d.units.reserve()
    year = str(d.number(1945, 2019))
    place = d.draw(words("city,country"))
    d.compose(s.lemma, place)
    slots: Slots = {"s": s.phrase, "p": d.word(place), "month": d.word(d.draw(words("month")))}
    slots |= {"was": english.was(s.phrase.agreement), "year": Phrase(((year, unit), ("年", 0)), ((year, unit),))}
    return _BORN.fill(d.units, slots)


def _where(d: Derivation, weather: Word | None = None) -> Phrase:
    """北京, "in Beijing"; or here, which goes without saying."""
    if d.chance(0.4):
        return EMPTY
    place = d.draw(words("city,country"))
    d.compose(weather, place)
    name = d.word(place)
    return Phrase(name.zh, (("in", 0), *name.en))


def weather(d: Derivation) -> Phrase:
    """北京今天很热。"""
    w = d.draw(words("weather"))
    t, be = (time(d, "present"), "is") if d.chance(0.65) else (time(d, "long_past"), "was")
    slots: Slots = {"p": _where(d, w), "t": t, "g": d.word(d.draw(words("degree"))), "w": d.word(w), "be": be}
    return _WEATHER.fill(d.units, slots)


def weather_forecast(d: Derivation) -> Phrase:
    """北京明天会很热。"""
    w = d.draw(words("weather"))
    slots: Slots = {
        "p": _where(d, w),
        "t": time(d, "long_future"),
        "g": d.word(d.draw(words("degree"))),
        "w": d.word(w),
    }
    return _WILL_BE.fill(d.units, slots)


_RAIN = (("下雨", "rain"), ("下雪", "snow"), ("打雷", "thunder"), ("下冰雹", "hail"))


def rained(d: Derivation) -> Phrase:
    """北京昨天下雨了; 北京明天会下雨。"""
    verb, en = d.draw(_RAIN)
    unit = d.units.reserve()
    past = d.chance(0.5)
    w = Phrase(((verb, unit),), ((english.past(en) if past else en, unit),))
    template, when = (_RAINED, "past") if past else (_WILL_RAIN, "future")
    return template.fill(d.units, {"p": _where(d), "w": w, "t": time(d, when)})


def temperature(d: Derivation) -> Phrase:
    """北京今天二十五度。"""
    unit = d.units.reserve()
    n = d.number(2, 39)
    degrees = Phrase(((numbers.chinese(n), unit),), marked(numbers.english(n), unit))
    slots: Slots = {"p": d.word(d.draw(words("city"))), "n": degrees}
    return _DEGREES.fill(d.units, slots)


def seasons(d: Derivation) -> Phrase:
    """北京的冬天比上海的冬天冷。"""
    first, second = d.draw(words("city")), d.draw(words("city"))
    while second is first:
        second = d.draw(words("city"))
    d.compose(first, second)
    season = d.draw(words("season"))
    zh, en = d.draw((("冷", "colder"), ("热", "hotter"), ("暖和", "warmer"), ("凉快", "cooler"), ("干燥", "drier")))
    unit = d.units.reserve()
    slots: Slots = {"p": d.word(first), "q": d.word(second), "season": d.word(season), "season2": d.word(season)}
    return _WARMER.fill(d.units, {**slots, "w": Phrase(((zh, unit),), ((en, unit),))})


def for_hours(d: Derivation) -> Phrase:
    """安娜昨天游泳游了三个小时。"""
    s = subject(d)
    predicate = activity(d, s, "skill,indoor")
    verb = predicate.verb
    v = act(d, predicate, "past")
    unit = v.zh[0][1]
    again = ((verb.zh, unit), ("了", 0)) if verb.rest else (("了", 0),)
    n = d.number(2, 9)
    reserved = d.units.reserve(2)
    slots: Slots = {
        "s": s.phrase,
        "v": Phrase((*v.zh, *again), v.en),
        "n": Phrase(((numbers.counting(n), reserved),), marked(numbers.english(n), reserved)),
        "unit": Phrase((("小时", reserved + 1),), (("hours", reserved + 1),)),
        "t": time(d, "past"),
    }
    return _FOR_HOURS.fill(d.units, slots)


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    now: 1,
    at_hour: 8,
    will_at_hour: 9,
    what_time: 10,
    leaves: 6,
    opens: 1,
    birthday: 4,
    event_on: 4,
    event_weekday: 4,
    born: 4,
    weather: 5,
    weather_forecast: 2,
    rained: 1,
    temperature: 1,
    seasons: 3,
    for_hours: 6,
}
