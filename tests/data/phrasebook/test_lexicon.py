from collections import Counter

from heedful.data.phrasebook import lexicon

PARTS = (lexicon.all_nouns(), lexicon.all_adjectives(), lexicon.all_words())


def test_the_lexicon_is_large_on_both_sides():
    size = lexicon.lexicon_size()
    assert size["zh"] >= 1500
    assert size["en"] >= 1500


def test_one_to_one_within_a_part_of_speech():
    for part in PARTS:
        pairs = {(lemma.zh, lexicon.citation(lemma)) for lemma in part}
        for side in (0, 1):
            repeated = [word for word, n in Counter(pair[side] for pair in pairs).items() if n > 1]
            assert not repeated


def test_a_chinese_verb_has_one_english_verb():
    english: dict[str, set[str]] = {}
    for verb in lexicon.all_verbs():
        english.setdefault(verb.zh + verb.rest, set()).add(lexicon.citation(verb))
    assert not {verb: forms for verb, forms in english.items() if len(forms) > 1}


def test_every_class_that_a_verb_or_adjective_asks_for_exists():
    classes = {c for noun in lexicon.all_nouns() for c in noun.classes}
    for verb in lexicon.verbs("daily,outing,once,long,craft,happen,people,meet,favor,affect"):
        assert set(verb.classes.split(",")) <= classes, verb.zh
    for adjective in lexicon.all_adjectives():
        assert adjective.classes <= classes | {"feeling", "town"}, adjective.zh


def test_every_count_noun_has_a_measure_word_and_every_other_noun_its_units():
    for noun in lexicon.all_nouns():
        if noun.kind == "count":
            assert noun.measure, noun.zh
            assert not noun.units
        else:
            assert bool(noun.units) == (noun.kind != "name"), noun.zh


def test_irregular_forms_are_read():
    (child,) = (noun for noun in lexicon.all_nouns() if noun.zh == "孩子")
    assert child.plural == ("children",)
    (eat,) = (verb for verb in lexicon.verbs("daily") if verb.zh == "吃")
    assert (eat.forms["past"], eat.forms["participle"], eat.forms["gerund"]) == (("ate",), ("eaten",), ("eating",))
    (simple,) = (adjective for adjective in lexicon.all_adjectives() if adjective.zh == "简单")
    assert simple.most == ("simplest",)


def test_what_is_common_is_in_the_tables():
    lemmas = {
        lemma.zh + (lemma.rest if isinstance(lemma, lexicon.Verb) else "")
        for lemma in (*lexicon.all_nouns(), *lexicon.all_verbs(), *lexicon.all_adjectives(), *lexicon.all_words())
    }
    assert lexicon.common() <= lemmas
