"""Sentences with a bit of everything, and translators that do one thing wrong."""

from collections.abc import Callable, Sequence

from heedful.evaluation.behaviour.probe import Material, Series
from heedful.evaluation.behaviour.report import Check
from heedful.evaluation.behaviour.suite import _judged

GERMAN = [
    ("The man has 3 dogs and a cat.", "Der Mann hat 3 Hunde und eine Katze."),
    ("She was born in 1998 near Berlin.", "Sie wurde 1998 bei Berlin geboren."),
    ("Two women are sitting on a bench.", "Zwei Frauen sitzen auf einer Bank."),
    ("Where does the small train stop today?", "Wo hält heute der kleine Zug?"),
    ("What a wonderful evening this is!", "Was für ein wunderbarer Abend das ist!"),
    ("Yesterday I met Miller at the station.", "Gestern traf ich Miller am Bahnhof."),
    ("The children are playing in the garden.", "Die Kinder spielen im Garten."),
    ("A woman reads a thick newspaper slowly.", "Eine Frau liest langsam eine dicke Zeitung."),
    ("Nobody knows when the library opens.", "Niemand weiß, wann die Bibliothek öffnet."),
    ("Hello.", "Hallo."),
]
CHINESE = [
    ("He was born in 1998 in a small town.", "他1998年出生在一个小镇。"),
    ("Two women are sitting on a bench.", "两个女人坐在长椅上。"),
    ("Where does the small train stop today?", "小火车今天停在哪里？"),
    ("What a wonderful evening this is!", "这是一个多么美好的夜晚！"),
    ("The children are playing in the garden.", "孩子们正在花园里玩。"),
    ("Tom bought an iPhone in the new shop.", "汤姆在新商店里买了iPhone。"),
    ("I have lived here for 12 years.", "我在这里住了12年。"),
    ("Nobody knows when the library opens.", "没有人知道图书馆什么时候开门。"),
]


def turned(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(target, source) for source, target in pairs]


def german(**changes: object) -> Material:
    return Material(**{"pairs": GERMAN, "source": "en", "target": "de", **changes})


def chinese(**changes: object) -> Material:
    return Material(**{"pairs": CHINESE, "source": "en", "target": "zh", **changes})


def from_chinese(**changes: object) -> Material:
    return Material(**{"pairs": turned(CHINESE), "source": "zh", "target": "en", **changes})


def named(series: Sequence[Series], name: str) -> Series:
    """The series of that name."""
    (found,) = [item for item in series if item.name == name]
    return found


def judge(series: Series, translate: Callable[[str], str]) -> Check:
    """What a translator comes to in one series."""
    return _judged(series, {text: translate(text) for probe in series.probes for text in probe.texts})


def texts(series: Series) -> list[str]:
    """What a series tries."""
    return [probe.texts[-1] for probe in series.probes]
