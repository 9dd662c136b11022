"""The whole suite: every check counted or left out with its reason, the same from the same seed, translated once."""

import json
import random

import pytest

from heedful.errors import OptionError, ShapeError
from heedful.evaluation.behaviour.probe import MAX_BYTES
from heedful.evaluation.behaviour.suite import MAX_EXAMPLES, examine
from tests.evaluation.behaviour.material import CHINESE, GERMAN, turned

NAMES = {
    "words", "numbers", "numbers_changed", "numbers_alone", "number_words", "dates", "names", "names_changed", "tokens",
    "urls", "casing_upper", "casing_lower", "casing_title", "statements", "questions", "exclamations", "missing_mark",
    "long_input", "typos_swapped", "typos_dropped", "repetition", "empty", "copied",
}  # fmt: skip
BUILT_IN = {"numbers_alone", "number_words", "dates", "tokens", "urls", "repetition", "empty"}
CASES = [("en", "de", GERMAN), ("en", "zh", CHINESE), ("zh", "en", turned(CHINESE))]


def echo(texts):
    return list(texts)


@pytest.mark.parametrize(("source", "target", "pairs"), CASES)
def test_every_check_is_counted_or_left_out_with_a_reason(source, target, pairs):
    report = examine(echo, pairs, source, target)
    made, left_out = {check.name for check in report.checks}, {item.name for item in report.left_out}
    assert made | left_out == NAMES
    assert not made & left_out
    assert all(item.reason and item.title for item in report.left_out)
    assert all(0 <= check.passed <= check.tried > 0 for check in report.checks)
    assert all(check.passes and "\n" not in check.passes and len(check.passes) < 100 for check in report.checks)
    assert (report.source, report.target, report.n_pairs) == (source, target, len(pairs))
    json.dumps(report.to_json(), allow_nan=False)


def test_chinese_has_no_case():
    report = examine(echo, turned(CHINESE), "zh", "en")
    reasons = {item.name: item.reason for item in report.left_out}
    assert {"casing_upper", "casing_lower", "casing_title"} <= set(reasons)
    assert reasons["casing_upper"] == "the script of 'zh' has no large and small letters"


@pytest.mark.parametrize(("source", "target"), [("en", "de"), ("en", "zh"), ("zh", "en")])
def test_without_sentences_what_is_built_in_is_tried(source, target):
    report = examine(echo, [], source, target)
    assert {check.name for check in report.checks} == BUILT_IN
    assert {item.reason for item in report.left_out} == {
        "no sentences were given", "neither sentences nor words were given",
    }  # fmt: skip
    assert report.n_pairs == 0


def test_words_alone_are_enough_for_words():
    report = examine(lambda texts: ["Hund" for _ in texts], [], "en", "de", lexicon=[("dog", "Hund"), ("cat", "Katze")])
    check = report.check("words")
    assert (check.passed, check.tried) == (1, 2)
    # Pairs of one word in the text are words too.
    assert examine(echo, GERMAN, "en", "de").check("words").tried == 1


def test_each_text_is_translated_once_in_one_call():
    calls = []

    def translate(texts):
        calls.append(list(texts))
        return list(texts)

    report = examine(translate, GERMAN, "en", "de")
    assert len(calls) == 1
    assert len(calls[0]) == len(set(calls[0])) == report.n_translated
    assert all(text.strip() for text in calls[0])


@pytest.mark.parametrize(("source", "target", "pairs"), CASES)
def test_it_is_the_same_from_the_same_seed_whatever_the_order(source, target, pairs):
    first = examine(echo, pairs, source, target, seed=3)
    shuffled = random.Random(5).sample(pairs, len(pairs))
    assert examine(echo, shuffled, source, target, seed=3) == first
    assert examine(echo, pairs, source, target, seed=4) != first


def test_no_check_is_longer_than_wanted_and_examples_are_few():
    pairs = [(f"{number} {source}", f"{number} {target}") for number in range(40) for source, target in GERMAN]
    report = examine(lambda texts: ["" for _ in texts], pairs, "en", "de", n_probes=12)
    for check in report.checks:
        if check.name not in ("repetition", "empty"):
            assert check.tried <= 12
        assert len(check.examples) <= MAX_EXAMPLES
    assert report.check("empty").passed == 0
    assert len(report.check("empty").examples) == MAX_EXAMPLES


def test_long_sentences_and_empty_ones_are_not_probed():
    long = ("word " * 60, "Wort " * 60)
    seen = []
    report = examine(
        lambda texts: [seen.append(text) or text for text in texts], [*GERMAN, long, ("", "x")], "en", "de"
    )
    assert report.n_pairs == len(GERMAN)
    assert max(len(text.encode()) for text in seen) < 4 * MAX_BYTES + 60
    alone = examine(echo, [long] * 9, "en", "de")
    assert f"every sentence given has more than {MAX_BYTES} bytes" in {item.reason for item in alone.left_out}


def test_a_perfect_translator_has_no_failure_on_what_it_was_given():
    references = dict(GERMAN)
    report = examine(lambda texts: [references.get(text, text) for text in texts], GERMAN, "en", "de")
    for name in ("numbers", "names", "tokens", "urls", "dates", "numbers_changed", "statements", "empty", "copied"):
        check = report.check(name)
        assert (check.rate, check.examples) == (1.0, ()), name


def test_means_are_given_where_something_is_measured():
    report = examine(echo, GERMAN, "en", "de")
    measured = {check.name for check in report.checks if check.mean is not None}
    assert measured == {
        "casing_upper", "casing_lower", "casing_title", "missing_mark", "long_input", "typos_swapped", "typos_dropped",
    }  # fmt: skip
    assert all((check.mean is None) == (not check.measure) for check in report.checks)


def test_mistakes_of_the_caller():
    with pytest.raises(OptionError, match="n_probes is at least 1: got 0"):
        examine(echo, GERMAN, "en", "de", n_probes=0)
    with pytest.raises(ShapeError, match="got 1 answers to"):
        examine(lambda texts: ["x"], GERMAN, "en", "de")
