from heedful.data.phrasebook import predicates
from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase
from heedful.data.phrasebook.lexicon import all_nouns, verbs
from heedful.data.phrasebook.nominals import Nominal, name, subject


def said(phrase: Phrase) -> tuple[str, str]:
    return "".join(word for word, _ in phrase.zh), " ".join(word for word, _ in phrase.en)


def test_aspect_marks_stand_inside_or_after_a_verb_without_object():
    d = Derivation(1, "test")
    swim = predicates.Predicate(next(v for v in verbs("activity") if v.zh + v.rest == "游泳"), EMPTY)
    assert said(predicates.act(d, swim, "past", "了")) == ("游泳了", "swam")
    assert said(predicates.act(d, swim, "participle", "过")) == ("游过泳", "swum")


def test_the_aspect_mark_stands_before_an_object():
    d = Derivation(1, "test")
    eat = next(v for v in verbs("daily") if v.zh == "吃")
    tea = Phrase((("面包", 9),), (("bread", 9),))
    assert said(predicates.act(d, predicates.Predicate(eat, tea), "past", "了")) == ("吃了面包", "ate bread")


def test_the_present_agrees():
    d = Derivation(1, "test")
    run = predicates.Predicate(next(v for v in verbs("activity") if v.zh == "跑"), EMPTY)
    for agreement, form in (("he", "runs"), ("they", "run"), ("I", "run")):
        assert said(predicates.present(d, run, Nominal(Phrase((), (), agreement), None)))[1] == form


def test_objects_suit_their_verbs():
    d = Derivation(1, "test")
    drink = next(v for v in verbs("daily") if v.zh == "喝")
    drinks = {noun.zh for noun in all_nouns() if "drink" in noun.classes}
    for _ in range(30):
        assert {word for word, _ in predicates.thing(d, drink, "generic").zh} <= drinks


def test_nobody_acts_on_himself():
    d = Derivation(1, "test")
    verb = verbs("people")[0]
    for _ in range(200):
        someone = name(d)
        assert predicates.person_object(d, someone, verb).lemma is not someone.lemma


def test_actions_record_their_compositions():
    d = Derivation(1, "test")
    s = subject(d)
    predicate = predicates.transitive(d, s, "generic")
    words = tuple(word for word, _ in predicate.object.zh)
    assert f"{predicate.verb.zh} {words[0]}" in d.compositions((predicate.verb.zh, *words))
