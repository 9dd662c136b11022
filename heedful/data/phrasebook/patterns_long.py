"""Patterns of two whole sentences: what somebody does, and what somebody else does all the same. The longest of all."""

from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Phrase, Template
from heedful.data.phrasebook.patterns_clauses import at_once, first_then, like_that, that_i_bought, together, who_bought

_BUT = Template("{a} ， 但是/1 {b} 。", "{a} , but/1 {b} .")
_SO = Template("{a} ， 所以/1 {b} 。", "{a} , so/1 {b} .")
# Each as long as two clauses.
_FIRST, _SECOND = (like_that, that_i_bought, who_bought), (first_then, together, at_once)


def _open(sentence: Phrase) -> Phrase:
    """A sentence without its full stop."""
    return Phrase(sentence.zh[:-1], sentence.en[:-1], sentence.agreement)


def but(d: Derivation) -> Phrase:
    """汤姆喜欢安娜昨天买的那本书，但是我先洗澡，然后睡觉。"""
    first, second = d.draw(_FIRST), d.draw(_SECOND)
    return _BUT.fill(d.units, {"a": _open(first(d)), "b": _open(second(d))})


def so(d: Derivation) -> Phrase:
    """汤姆喜欢安娜昨天买的那本书，所以我先洗澡，然后睡觉。"""
    first, second = d.draw(_FIRST), d.draw(_SECOND)
    return _SO.fill(d.units, {"a": _open(first(d)), "b": _open(second(d))})


PATTERNS = {but: 5, so: 5}  # with their shares
