from heedful.data.phrasebook import circumstances
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.lexicon import all_nouns, verbs


def test_places_have_their_prepositions():
    places = {noun.zh: circumstances.preposition(noun) for noun in all_nouns() if "place" in noun.classes}
    assert (places["公园"], places["机场"], places["海滩"]) == ("in", "at", "on")


def test_a_place_is_definite():
    d = Derivation(1, "test")
    phrase = circumstances.located(d, next(noun for noun in all_nouns() if noun.zh == "图书馆"))
    assert [word for word, _ in phrase.zh] == ["在", "图书馆"]
    assert [word for word, _ in phrase.en] == ["in", "the", "library"]


def test_a_venue_suits_the_activity():
    d = Derivation(1, "test")
    swim = next(verb for verb in verbs("activity") if verb.zh == "游")
    venues = {circumstances.venue(d, swim).zh[1][0] for _ in range(10)}
    assert venues == {"游泳池", "海滩"}


def test_times_are_of_their_kind():
    d = Derivation(1, "test")
    assert all("每" in circumstances.time(d, "habit").zh[0][0] for _ in range(20))
