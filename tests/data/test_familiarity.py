"""Looking sentences up in a corpus on disk, against reading the text itself."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from heedful.data import familiarity as module
from heedful.data import shards
from heedful.data.familiarity import familiarity
from heedful.data.shards import build_shards
from heedful.data.text import identity
from heedful.data.tokenizer import Tokenizer
from heedful.errors import RunError

PAIRS = [
    ("Die Katze schläft.", "The cat sleeps."),
    ("Die Katze, die Katze!", "The cat, the cat!"),
    ("", "nothing here"),
    ("Viel zu lang " * 60, "too long"),
    ("我们去北京。", "We go to Beijing."),
    ("我 们 走。Ω\u2028龘", "We leave: 𝄞"),
    ("Zimmer 12", "room 12"),
] + [(f"Ein Wort{'abc'[n % 3]} schläft", f"word {n} sleeps") for n in range(30)]
tokenizer = Tokenizer.train((text for pair in PAIRS for text in pair), 400, ["de", "en"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("data") / "shards"
    build_shards(PAIRS, tokenizer, place, max_tokens=100, dropout=0.2)
    return place


@pytest.mark.parametrize(
    ("sentence", "rarest"),
    [
        ("Die Katze schläft.", 1),  # its full stop: that of the Chinese is another, and what is too long is not read
        ("die KATZE", 3),
        ("schläft", 31),
        ("Worta", 10),
        ("Worta Wortd", 0),
        ("Katzen", 0),
        ("12", 1),
        ("21", 1),
        ("13", 0),
        ("我们", 2),
        ("们我去", 1),
        ("我们来", 0),
        ("Ω", 1),
        ("龘", 1),
        ("鑫", 0),
        ("Lang", 0),
        ("", -1),
        (" \u3000", -1),
    ],
)
def test_how_often_the_rarest_word_was_read(folder: Path, sentence: str, rarest: int) -> None:
    assert familiarity(folder, "source", tokenizer, [sentence]).rarest.tolist() == [rarest]


@pytest.mark.parametrize(
    ("sentence", "seen"),
    [
        ("Die Katze schläft.", True),
        ("  die  katze SCHLÄFT. ", True),
        ("die katze schla\u0308ft.", True),
        ("Die Katze schläft", False),
        ("schläft die Katze.", False),
        ("Katze, die Katze! die", False),
        ("我们去北京。", True),
        ("我们走。Ω\u2028龘", False),
        ("我 们 走。ω 龘", True),
        ("Viel zu lang " * 60, False),
        ("The cat sleeps.", False),
        ("", False),
    ],
)
def test_whether_a_sentence_was_read(folder: Path, sentence: str, seen: bool) -> None:
    assert familiarity(folder, "source", tokenizer, [sentence]).seen.tolist() == [seen]


def test_each_side_knows_its_own(folder: Path) -> None:
    found = familiarity(folder, "target", tokenizer, ["The cat sleeps.", "schläft", "𝄞", "we leave: 𝄞"])
    assert found.rarest.tolist() == [2, 0, 1, 1]
    assert found.seen.tolist() == [True, False, False, True]


@pytest.mark.parametrize("overflow", [False, True])
def test_many_sentences_in_small_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overflow: bool) -> None:
    monkeypatch.setattr(module, "_SENTENCES_AT_ONCE", 3)
    if overflow:
        monkeypatch.setattr(shards, "MAX_TYPES", 2)
        monkeypatch.setattr(shards, "MAX_CHUNKS", 2)
    build_shards(PAIRS, tokenizer, tmp_path / "shards", max_tokens=100)
    sentences = [text for pair in PAIRS for text in pair] * 2
    found = familiarity(tmp_path / "shards", "target", tokenizer, sentences)
    read = [target for source, target in PAIRS if source and len(source) < 100]
    known = {identity(target) for target in read}
    assert found.seen.tolist() == [identity(sentence) in known for sentence in sentences]
    if not overflow:
        words = Counter(word.strip().casefold() for target in read for word in tokenizer.word_types(target))
        expected = [
            min((words[word.strip().casefold()] for word in tokenizer.word_types(target)), default=-1)
            for _, target in PAIRS
        ]
        assert found.rarest[1 : 2 * len(PAIRS) : 2].tolist() == expected


def test_nothing_asked_is_nothing_answered(folder: Path) -> None:
    found = familiarity(folder, "source", tokenizer, [])
    assert found.rarest.shape == found.seen.shape == (0,)
    assert found.seen.dtype == bool


def test_a_corpus_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="does not hold a whole corpus"):
        familiarity(tmp_path, "source", tokenizer, ["a"])
    build_shards(PAIRS, tokenizer, tmp_path / "shards")
    words = tmp_path / "shards" / "source.words.npy"
    np.save(words, np.load(words)[:-1])
    with pytest.raises(RunError, match="does not hold a whole corpus"):
        familiarity(tmp_path / "shards", "source", tokenizer, ["a"])
