"""When and where: before the verb in Chinese, at the end in English."""

from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase
from heedful.data.phrasebook.lexicon import Noun, Verb, nouns, words
from heedful.data.phrasebook.nominals import marked


def time(d: Derivation, kinds: str) -> Phrase:
    """A time word of one of the kinds: past, future, habit."""
    word = d.draw(words(kinds))
    unit = d.units.reserve()
    return Phrase(((word.zh, unit),), marked(word.en, unit))


def perhaps(d: Derivation, kinds: str) -> Phrase:
    """A time word more often than none: what people say is often not dated."""
    return time(d, kinds) if d.chance(0.7) else EMPTY


def preposition(place: Noun) -> str:
    """The English preposition of a place."""
    return next((word for word in ("on", "at") if word in place.classes), "in")


def located(d: Derivation, place: Noun) -> Phrase:
    """在公园, "in the park"."""
    unit = d.units.reserve(2)
    return Phrase(
        (("在", unit), (place.zh, unit + 1)),
        ((preposition(place), unit), ("the", 0), *marked(place.singular, unit + 1)),
    )


def venue(d: Derivation, verb: Verb) -> Phrase:
    """Where an activity takes place."""
    place = d.draw(nouns(verb.classes))
    d.compose(verb, place)
    return located(d, place)
