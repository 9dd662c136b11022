from heedful.data.phrasebook import nominals
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.lexicon import Adjective, Noun, all_adjectives, all_nouns


def noun(zh: str) -> Noun:
    return next(noun for noun in all_nouns() if noun.zh == zh)


def adjective(zh: str) -> Adjective:
    return next(adjective for adjective in all_adjectives() if adjective.zh == zh)


def said(phrase: nominals.Phrase) -> tuple[str, str]:
    return "".join(word for word, _ in phrase.zh), " ".join(word for word, _ in phrase.en)


def test_determiners_measure_words_and_number():
    d = Derivation(1, "test")
    assert said(nominals.determined(d, noun("书"), nominals.A)) == ("一本书", "a book")
    assert said(nominals.determined(d, noun("孩子"), nominals.THESE)) == ("这些孩子", "these children")
    assert said(nominals.determined(d, noun("书"), nominals.NUMBERS[0])) == ("两本书", "two books")
    assert said(nominals.determined(d, noun("裤子"), nominals.NUMBERS[1])) == ("三条裤子", "three pairs of pants")


def test_mass_nouns_are_counted_in_units():
    phrase = nominals.determined(Derivation(1, "test"), noun("茶"), nominals.NUMBERS[1])
    assert said(phrase) in (("三杯茶", "three cups of tea"), ("三壶茶", "three pots of tea"))
    assert phrase.agreement == "they"


def test_adjectives_of_one_character_stand_bare():
    d = Derivation(1, "test")
    assert said(nominals.attribute(d, adjective("新"))) == ("新", "new")
    assert said(nominals.attribute(d, adjective("漂亮"))) == ("漂亮的", "beautiful")


def test_kin_of_a_pronoun_goes_without_the_particle():
    d = Derivation(1, "test")
    for _ in range(60):
        phrase = nominals.kin(d).phrase
        words = [word for word, _ in phrase.zh]
        assert ("的" in words) == ("'s" in [word for word, _ in phrase.en])


def test_nobody_asks_about_himself():
    d = Derivation(1, "test")
    asked = {said(nominals.pronoun(d, asked=True).phrase)[0] for _ in range(40)}
    assert asked == {"你", "他", "她", "他们"}


def test_a_generic_noun_is_plural_and_a_definite_one_is_not():
    d = Derivation(1, "test")
    assert nominals.bare(d, noun("猫")).agreement == "they"
    assert said(nominals.bare(d, noun("医生"), article="the")) == ("医生", "the doctor")
    assert nominals.bare(d, noun("水")).agreement == "he"


def test_containers():
    assert [nominals.container(unit) for unit in ("box", "glass", "loaf", "slice")] == [
        "boxes", "glasses", "loaves", "slices",
    ]  # fmt: skip
