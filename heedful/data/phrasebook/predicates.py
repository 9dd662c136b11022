"""Verb phrases: a verb that suits its subject, an object that suits the verb, and the marks of tense and aspect."""

from typing import Literal, NamedTuple

from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import EMPTY, Phrase, Token
from heedful.data.phrasebook.lexicon import Noun, Verb, activities, nouns, verbs
from heedful.data.phrasebook.nominals import Nominal, bare, definite, indefinite, kin, marked, name, person, pronoun

Form = Literal["base", "third", "past", "participle", "gerund"]
INTENDED = "daily,outing,once,long,craft"
ALL = INTENDED + ",happen"  # what one does often, what takes a moment, what takes a while
DURABLE = "daily,outing,long,craft"
PLACED = "indoor,outdoor,home,sporty,work,eatery,pool,shop"
DAILY = "daily,outing"
_WITH_PEOPLE = {ALL: "people,meet", INTENDED: "people,meet", DURABLE: "people", DAILY: "people"}
KINDS = "indoor,outdoor,home,sporty,work,sport,eatery,pool"
Reference = Literal["definite", "indefinite", "generic"]


class Predicate(NamedTuple):
    """A verb and its object, which is empty for an activity."""

    verb: Verb
    object: Phrase


def person_object(d: Derivation, subject: Nominal, verb: Verb) -> Nominal:
    """Whom: somebody other than the subject."""
    roll = d.number(1, 10)
    if "person" not in verb.classes:
        if "family" in verb.classes and roll <= 5:
            someone = kin(d)
        else:
            someone = person(d, verb.classes.removeprefix("family,"))
    elif roll <= 3 and isinstance(subject.lemma, Noun):
        return pronoun(d, objective=True)
    else:
        someone = name(d) if roll <= 5 else kin(d) if roll == 6 else person(d)
    return someone if someone.lemma is not subject.lemma else pronoun(d, objective=True)


def thing(d: Derivation, verb: Verb, reference: Reference) -> Phrase:
    """What: something that the verb can be done to."""
    noun = d.draw(nouns(verb.classes))
    d.compose(verb, noun)
    if reference == "generic":
        return bare(d, noun)
    return definite(d, noun) if reference == "definite" else indefinite(d, noun)


def transitive(d: Derivation, subject: Nominal, reference: Reference, tables: str = ALL) -> Predicate:
    """A verb of some tables with an object that is a thing."""
    verb = d.draw(verbs(tables))
    d.compose(subject.lemma, verb)
    return Predicate(verb, thing(d, verb, reference))


def with_person(d: Derivation, subject: Nominal, tables: str = "people,meet") -> Predicate:
    """A verb with an object that is a person."""
    verb = d.draw(verbs(tables))
    d.compose(subject.lemma, verb)
    someone = person_object(d, subject, verb)
    d.compose(verb, someone.lemma)
    return Predicate(verb, someone.phrase)


def activity(d: Derivation, subject: Nominal, kinds: str = KINDS) -> Predicate:
    """Something that one does without an object."""
    verb = d.draw(activities(kinds))
    d.compose(subject.lemma, verb)
    return Predicate(verb, EMPTY)


def action(d: Derivation, subject: Nominal, reference: Reference, tables: str = ALL) -> Predicate:
    """Any of the three."""
    roll = d.number(1, 10)
    if roll <= 6:
        return transitive(d, subject, reference, tables)
    return with_person(d, subject, _WITH_PEOPLE[tables]) if roll <= 8 else activity(d, subject)


def act(d: Derivation, predicate: Predicate, form: Form, aspect: str = "") -> Phrase:
    """The verb in an English form and with a Chinese aspect mark (了, 过), and its object."""
    verb, object_ = predicate
    unit = d.units.reserve()
    zh: list[Token] = [(verb.zh, unit)]
    late = aspect == "了" and not object_.zh  # 游泳了, but 游过泳
    if aspect and not late:
        zh.append((aspect, 0))
    if verb.rest:
        zh.append((verb.rest, unit))
    if late:
        zh.append((aspect, 0))
    return Phrase((*zh, *object_.zh), marked(verb.forms[form], unit) + object_.en)


def present(d: Derivation, predicate: Predicate, subject: Nominal) -> Phrase:
    """The present tense, which agrees with the subject."""
    return act(d, predicate, "third" if subject.phrase.agreement == "he" else "base")
