"""Patterns of shops, kitchens, colours, languages and the sky."""

from heedful.data.phrasebook import english
from heedful.data.phrasebook.circumstances import time
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Slots, Template
from heedful.data.phrasebook.lexicon import Noun, adjectives, nouns
from heedful.data.phrasebook.nominals import FEW, NUMBERS, THIS_THAT, bare, determined, marked, subject
from heedful.data.phrasebook.patterns_places import landmark

_SELLS = Template("{p} 卖/1 {o} 吗/2 ？", "does/2 {p} sell/1 {o} ?")
_WHERE_BUY = Template("请问/1 ， 在 哪儿/2 能/3 买到/4 {o} ？", "excuse/1 me/1 , where/2 can/3 I buy/4 {o} ?")
_RECIPE = Template("请/1 在 {dish} 里/2 放/3 {o} 。", "please/1 put/3 {o} in/2 {dish} .")
_SKY = Template("{t} 天/1 上/2 有/3 {o} 。", "there/3 were/3 {o} in/2 the sky/1 {t} .")
_OF_COLOR = Template("{o} 是/1 {a} 的 。", "{o} {be}/1 {a} .")
_SPEAKS = Template("{s} {l} 说/1 得 {g} 。", "{s} {speak}/1 {l} {g} .")
_STUDIES = Template("{s} 在 {p} 学/1 {o} 。", "{s} {study}/1 {o} at {p} .")
_GOODS = (
    "fruit,vegetable,meat,dish,sweet,drink,seasoning,toiletry,medical,medicine,sport,stationery,tool,kitchenware,"
    "textile,bloom,toy,printed,top,shoe,accessory,material,device,small"
)


def _goods(d: Derivation) -> tuple[Noun, Phrase]:
    noun = d.draw(nouns(_GOODS))
    return noun, bare(d, noun)


def sells(d: Derivation) -> Phrase:
    """超市卖苹果吗？"""
    place = d.draw(nouns("shop,eatery"))
    noun = d.draw(nouns(_STOCK.get(place.zh, _DEFAULT_STOCK)))
    d.compose(place, noun)
    return _SELLS.fill(d.units, {"p": landmark(d, place), "o": bare(d, noun)})


_STOCK = {
    "药店": "medical,medicine,toiletry",
    "书店": "printed,stationery",
    "面包店": "baked",
    "花店": "bloom",
    "水果店": "fruit",
    "服装店": "top,accessory",
    "鞋店": "shoe",
    "玩具店": "toy,sport",
    "市场": "fruit,vegetable,meat,bloom",
    "商场": "device,appliance,sport,textile,material",
    "商店": "seasoning,stationery,sweet,tool",
    "餐厅": "dish,drink",
    "酒吧": "drink",
    "咖啡馆": "drink,baked",
    "茶馆": "drink,sweet",
    "食堂": "dish,fruit",
}
_DEFAULT_STOCK = "seasoning,toiletry,medical,sport"


def where_to_buy(d: Derivation) -> Phrase:
    """请问，在哪儿能买到苹果？"""
    return _WHERE_BUY.fill(d.units, {"o": _goods(d)[1]})


def recipe(d: Derivation) -> Phrase:
    """请在汤里放两勺盐。"""
    dish = d.draw(nouns("seasoned"))
    noun = d.draw(nouns("seasoning,vegetable,meat"))
    d.compose(dish, noun)
    return _RECIPE.fill(d.units, {"dish": landmark(d, dish), "o": determined(d, noun, d.draw(FEW))})


def in_the_sky(d: Derivation) -> Phrase:
    """昨天天上有三朵云。"""
    noun = d.draw(nouns("sky,flying"))
    o = determined(d, noun, d.draw(NUMBERS))
    return _SKY.fill(d.units, {"o": o, "t": time(d, "past")})


def of_color(d: Derivation) -> Phrase:
    """这件衬衫是红色的。"""
    noun = d.draw(nouns(_COLORED))
    adjective = d.draw(adjectives(noun.classes, "absolute"))
    d.compose(adjective, noun)
    o = determined(d, noun, d.draw(THIS_THAT))
    return _OF_COLOR.fill(d.units, {"o": o, "a": d.word(adjective), "be": english.be(o.agreement)})


_COLORED = "wearable,vehicle,pet,textile,container,kitchenware,bloom,device,furniture,accessory,ornament,event,show"


def speaks(d: Derivation) -> Phrase:
    """安娜法语说得很好。"""
    s = subject(d)
    language = d.draw(nouns("language"))
    d.compose(s.lemma, language)
    zh, en = d.draw(_HOW_WELL)
    unit = d.units.reserve()
    slots: Slots = {"s": s.phrase, "l": bare(d, language), "g": Phrase(((zh, unit),), marked(en, unit))}
    return _SPEAKS.fill(d.units, {**slots, "speak": english.agree("speak", s.phrase.agreement)})


_HOW_WELL = (("很好", ("very", "well")), ("很流利", ("fluently",)), ("很慢", ("very", "slowly")), ("不好", ("poorly",)))


def studies(d: Derivation) -> Phrase:
    """安娜在大学学物理。"""
    s = subject(d)
    subject_matter = d.draw(nouns("subject"))
    d.compose(s.lemma, subject_matter)
    unit = d.units.reserve()
    zh, en = d.draw((("大学", ("the", "university")), ("学校", ("school",)), ("家里", ("home",))))
    slots: Slots = {"s": s.phrase, "o": bare(d, subject_matter), "p": Phrase(((zh, unit),), marked(en, unit))}
    return _STUDIES.fill(d.units, {**slots, "study": english.agree("study", s.phrase.agreement)})


PATTERNS = {  # with their shares: the more the word orders differ, the more often
    sells: 3,
    where_to_buy: 2,
    recipe: 3,
    in_the_sky: 4,
    of_color: 2,
    speaks: 2,
    studies: 2,
}
