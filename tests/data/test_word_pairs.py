"""Words found in texts whose dictionary is known: with spaces and without, single and compound."""

import random

import pytest

from heedful.data.word_pairs import WordPair, mine_words

GERMAN = {
    "dog": "Hund", "cat": "Katze", "house": "Haus", "sees": "sieht", "buys": "kauft", "red": "rote", "big": "große",
    "tea": "Tee", "bread": "Brot", "garden": "Garten", "street": "Straße", "old": "alte",
}  # fmt: skip
CHINESE = {
    "dog": "狗", "bicycle": "自行车", "car": "汽车", "train": "火车", "teacher": "老师", "doctor": "医生", "book": "书",
    "buys": "买", "sees": "看见", "apple": "苹果", "strawberry": "草莓", "library": "图书馆",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _few_words(monkeypatch):
    """In a text of a dozen words each of them is frequent."""
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_WORD", 0.2)
    monkeypatch.setattr("heedful.data.word_pairs.FREQUENT_CHARACTER", 0.2)


def sentences(dictionary: dict[str, str], seed: int = 0, n: int = 400, space: str = " ") -> list[tuple[str, str]]:
    """Three or four words each, in any order, between words that only join."""
    generator = random.Random(seed)
    found = []
    for _ in range(n):
        words = generator.sample(list(dictionary), generator.randint(3, 4))
        source = " the ".join(words)
        source = source[0].upper() + source[1:] + "."
        target = (space + ("的" if not space else "der") + space).join(dictionary[word] for word in words)
        found.append((source, target + ("。" if not space else ".")))
    return found


def as_dict(pairs: list[WordPair]) -> dict[str, str]:
    return {pair.source: pair.target for pair in pairs}


def test_words_of_a_known_dictionary_are_found():
    found = as_dict(mine_words(sentences(GERMAN)))
    assert {word: found.get(word) for word in GERMAN} == GERMAN


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_word_says_in_two_is_found_as_two(turned):
    juices = {"orange juice": "Orangensaft", "apple juice": "Apfelsaft"}
    pairs = sentences({**GERMAN, **juices, "orange": "orange", "apple": "Apfel"})
    found = mine_words([(target, source) for source, target in pairs] if turned else pairs)
    as_pairs = {(pair.target, pair.source) if turned else (pair.source, pair.target) for pair in found}
    assert as_pairs & set(juices.items())
    assert "juice" not in {word for word, _ in as_pairs}


def test_characters_grow_to_the_words_of_chinese():
    found = as_dict(mine_words(sentences(CHINESE, space="")))
    assert {word: found.get(word) for word in CHINESE} == CHINESE


def test_chinese_as_the_source_is_the_same_turned_round():
    pairs = sentences(CHINESE, space="")
    turned = mine_words([(target, source) for source, target in pairs])
    assert sorted((pair.target, pair.source, pair.count, pair.dice) for pair in turned) == sorted(
        (pair.source, pair.target, pair.count, pair.dice) for pair in mine_words(pairs)
    )


def test_counts_and_coefficients_are_those_of_the_text():
    pairs = sentences(GERMAN)
    n = sum("Tee" in target for _, target in pairs)
    (tea,) = [pair for pair in mine_words(pairs) if pair.source == "tea"]
    assert 0.9 * n <= tea.count <= n
    assert tea.dice == pytest.approx(tea.count / n)


def test_the_surest_come_first_and_none_is_unsure():
    found = mine_words(sentences(GERMAN), least=0.5)
    assert [pair.dice for pair in found] == sorted((pair.dice for pair in found), reverse=True)
    assert min(pair.dice for pair in found) >= 0.5
    assert len({(pair.source, pair.target) for pair in found}) == len(found)


def test_other_translations_are_given_where_they_are_wanted():
    generator = random.Random(2)
    pairs = [
        (source, target.replace("Haus", generator.choice(["Haus", "Haus", "Gebäude"])))
        for source, target in sentences(GERMAN)
    ]
    one = {pair.target for pair in mine_words(pairs) if pair.source == "house"}
    more = {pair.target for pair in mine_words(pairs, rivals=0.1) if pair.source == "house"}
    assert one == {"Haus"}
    assert {"Haus", "Gebäude"} <= more


@pytest.mark.parametrize("turned", [False, True])
def test_other_translations_in_chinese_are_of_the_same_word(turned):
    generator = random.Random(2)
    pairs = [
        (source.replace("car", "auto"), target) if generator.random() < 0.3 else (source, target)
        for source, target in sentences(CHINESE, space="")
    ]
    if turned:
        pairs = [(target, source) for source, target in pairs]
    found = {(pair.source, pair.target) for pair in mine_words(pairs, least=0.3, rivals=0.1)}
    if turned:
        assert {("汽车", "car"), ("汽车", "auto")} <= found
        # No piece of a word is a word.
        assert {source for source, _ in found} == {pair.source for pair in mine_words(pairs, least=0.3)}
    else:
        assert ("auto", "汽车") in found
        assert {target for word, target in found if word == "apple"} == {"苹果"}


def test_a_capital_at_the_beginning_of_a_sentence_is_not_the_words_own():
    found = as_dict(mine_words(sentences(GERMAN)))
    assert all(word == word.lower() for word in found)
    assert found["dog"] == "Hund"


def test_case_joins_what_is_one_word():
    pairs = sentences(GERMAN)
    shouted = [
        (source.upper(), target) if number % 9 == 0 else (source, target)
        for number, (source, target) in enumerate(pairs)
    ]
    assert as_dict(mine_words(shouted))["cat"] == "Katze"


@pytest.mark.parametrize(
    "pairs", [[], [("", "")], [("1 2 3", "4 5")], [("word " * 99, "Wort " * 99)] * 9, [("a", "b")]]
)
def test_what_holds_no_words_yields_none(pairs):
    assert mine_words(pairs) == []


def test_a_large_text_is_sampled(monkeypatch):
    monkeypatch.setattr("heedful.data.word_pairs.MAX_CELLS", 15_000)
    pairs = sentences(GERMAN, n=2000)
    found = mine_words(pairs)
    assert as_dict(found)["cat"] == "Katze"
    whole = sum("cat" in source.lower().split() for source, _ in pairs)
    assert max(pair.count for pair in found if pair.source == "cat") < 0.75 * whole
