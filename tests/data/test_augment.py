"""Pairs made from pairs: of the kinds and amounts asked for, alike on both sides, the same from the same seed."""

import random
import re

import pytest

from heedful.data.augment import MAX_BYTES, MAX_COPIES, Augmentation
from heedful.errors import OptionError
from tests.data.test_word_pairs import CHINESE, GERMAN, sentences

NUMBERED = [
    ("I was born in 1950.", "Ich bin 1950 geboren."), ("Bus 7 leaves at 7:30.", "Bus 7 fährt um 7:30 ab."),
    ("He paid 3.50 euros.", "Er hat 3,50 Euro bezahlt."), ("Tom met Anna.", "Tom traf Anna."),
    ("I have 1 dog.", "Ich habe 1 Hund."), ("Room 365 is free.", "Zimmer 365 ist frei."),
]  # fmt: skip
ENGLISH = sentences(GERMAN, n=200) + NUMBERED
HAN = sentences(CHINESE, n=200, space="") + [("He was born in 1950.", "他1950年出生。")]
URL = re.compile(r"https?://[\w./?=-]+|www\.[\w.]+|[\w.]+@[\w.]+")


@pytest.fixture(autouse=True)
def _few_words(monkeypatch):
    """In a text of a dozen words each of them is frequent."""
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_WORD", 0.2)
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_CHARACTER", 0.2)


def only(kind: str, share: float = 0.1) -> Augmentation:
    return Augmentation(**{**dict.fromkeys(vars(Augmentation()), 0.0), kind: share})


def made(kind: str, pairs=ENGLISH, share: float = 0.1, seed: int = 1) -> list[tuple[str, str]]:
    return only(kind, share).make(pairs, seed)[kind]


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        ("none", set()),
        ("words", {"words"}),
        ("numbers, words", {"words", "numbers"}),
        ("all", set(vars(Augmentation()))),
    ],
)
def test_kinds_are_named(names, kinds):
    found = Augmentation.named(names)
    assert {kind for kind, share in vars(found).items() if share} == kinds
    assert all(share in (0, vars(Augmentation())[kind]) for kind, share in vars(found).items())


@pytest.mark.parametrize(
    ("names", "said"),
    [("word", "got 'word'; did you mean 'words'"), ("", "'none', 'all' or some of words,"), ("words,none", "got")],
)
def test_unknown_kinds_are_refused(names, said):
    with pytest.raises(OptionError, match=said):
        Augmentation.named(names)


@pytest.mark.parametrize("pairs", [ENGLISH, HAN], ids=["german", "chinese"])
def test_it_is_a_function_of_pairs_and_seed(pairs):
    first = Augmentation().make(pairs, 1)
    random.seed(99)
    assert Augmentation().make(pairs, 1) == first
    assert Augmentation().make(pairs, 2) != first


@pytest.mark.parametrize("kind", list(vars(Augmentation())))
@pytest.mark.parametrize("pairs", [ENGLISH, HAN], ids=["german", "chinese"])
def test_amounts_are_kept_and_nothing_is_there_twice(kind, pairs):
    found = made(kind, pairs, 0.05)
    assert len(found) <= round(0.05 * len(pairs))
    assert len(set(found)) == len(found)
    assert not set(found) & set(pairs)
    assert all(side.strip() and side == side.strip() for pair in found for side in pair)
    assert all(len(side.encode()) < MAX_BYTES + 60 for pair in found for side in pair)
    # Chinese has no capitals.
    assert bool(found) != (kind == "casing" and pairs is HAN)


def test_no_other_kind_is_made_than_those_wanted():
    assert set(only("marks").make(ENGLISH, 1)) == {"marks"}
    assert Augmentation.named("none").make(ENGLISH, 1) == {}


def test_words_are_pairs_of_the_dictionary():
    found = dict(made("words", share=1.0))
    assert set(GERMAN.items()) <= set(found.items())
    assert set(made("words", HAN, 1.0)) >= set(CHINESE.items())


def test_numbers_change_on_both_sides_alike_and_nothing_else_does():
    found = made("numbers", share=1.0)
    copies = [pair for pair in found if pair[0] != pair[1]]
    assert {re.sub(r"\b\d{4}\b|(?<=Bus )\d|\b\d{3}\b", "N", source) for source, _ in copies} == {
        "I was born in N.", "Bus N leaves at 7:30.", "Room N is free.",
    }  # fmt: skip
    for source, target in copies:
        assert sorted(re.findall(r"\d+", source)) == sorted(re.findall(r"\d+", target))
    years = {int(re.findall(r"\d+", source)[0]) for source, _ in copies if "born" in source}
    assert len(years) > 3
    assert all(1900 <= year < 2030 for year in years)
    assert len(copies) <= 3 * MAX_COPIES
    alone = [pair for pair in found if pair[0] == pair[1]]
    assert len(alone) > 10
    assert all(source.isdecimal() for source, _ in alone)


def test_numbers_in_chinese_text_are_found_without_spaces():
    copies = [pair for pair in made("numbers", HAN, 0.05) if "born" in pair[0]]
    assert copies
    assert all(re.findall(r"\d+", source) == re.findall(r"\d+", target) for source, target in copies)
    assert all(re.fullmatch(r"他\d{4}年出生。", target) for _, target in copies)


@pytest.mark.parametrize("pairs", [ENGLISH, HAN], ids=["german", "chinese"])
def test_what_is_put_in_stands_on_both_sides(pairs):
    found = made("tokens", pairs, 0.5)
    addresses = [URL.findall(source) for source, _ in found]
    assert sum(map(bool, addresses)) > 20
    for (source, target), held in zip(found, addresses, strict=True):
        assert all(address.rstrip(".") in target for address in held), (source, target)
    assert any(source == target for source, target in found)


def test_sentences_end_as_before_when_something_is_put_in():
    for source, target in made("tokens", HAN, 0.5):
        if source != target:
            assert (source[-1], target[-1]) == (".", "。")


def test_names_give_way_to_others_on_both_sides():
    found = [pair for pair in made("tokens", NUMBERED * 9, 1.0) if " met Anna" in pair[0]]
    assert found
    for source, target in found:
        assert source.removesuffix(" met Anna.") == target.removesuffix(" traf Anna.") != "Tom"


def test_casing_is_alike_on_both_sides():
    found = made("casing", share=1.0)
    by_text = {tuple(side.casefold() for side in pair) for pair in ENGLISH}
    assert all(tuple(side.casefold() for side in pair) in by_text for pair in found)
    assert sum(source.isupper() and target.isupper() for source, target in found) > 50
    assert sum(source.islower() and target.islower() for source, target in found) > 20


@pytest.mark.parametrize(("pairs", "wide"), [(ENGLISH, "?!"), (HAN, "？！")], ids=["german", "chinese"])
def test_marks_are_of_one_kind_on_both_sides(pairs, wide):
    kinds = {".": "", "?": "?", "!": "!", wide[0]: "?", wide[1]: "!"}
    found = made("marks", pairs, 1.0)
    assert {kinds.get(source[-1], "") for source, _ in found} == {"", "?", "!"}
    assert all(kinds.get(source[-1], "") == kinds.get(target[-1], "") for source, target in found)
    if pairs is HAN:
        assert all(target[-1] not in "?!" for _, target in found)


@pytest.mark.parametrize(("pairs", "space"), [(ENGLISH, " "), (HAN, "")], ids=["german", "chinese"])
def test_joined_pairs_are_joined_in_one_order(pairs, space):
    translation = dict(pairs)
    found = made("joined", pairs, 0.2)
    longer = [(source, target) for source, target in found if source.count(".") > 1]
    assert len(longer) > 20
    for source, target in longer:
        parts = [part for part in translation if part in source]
        parts.sort(key=source.index)
        assert " ".join(parts) == source
        assert space.join(translation[part] for part in parts) == target
        assert max(len(source.encode()), len(target.encode())) <= MAX_BYTES


@pytest.mark.parametrize("pairs", [[], [("", "")], [("a", "b")] * 40, [("x " * 400, "y " * 400)] * 40])
def test_texts_that_yield_nothing_make_no_trouble(pairs):
    found = Augmentation().make(pairs, 1)
    assert all(isinstance(pair, tuple) for kind in found.values() for pair in kind)
