"""Reading a corpus: many sentences at once against one by one, and damage that is noticed."""

import json
from pathlib import Path

import numpy as np
import pytest

from heedful.data import corpus as module
from heedful.data.corpus import SIDES, Corpus
from heedful.data.shards import build_shards
from heedful.data.tokenizer import Tokenizer
from heedful.errors import RunError

PAIRS = [(f"Die {n}. Katze schläft " + "lange " * (n % 5), f"cat {n} sleeps") for n in range(50)]
tokenizer = Tokenizer.train((text for pair in PAIRS for text in pair), 420, ["de", "en"])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_shards(PAIRS, tokenizer, tmp_path_factory.mktemp("data") / "shards", max_tokens=100, dropout=0.2)


def test_drawn_tokens_spell_the_same_text(corpus: Corpus) -> None:
    different = 0
    for index, (source, _) in enumerate(PAIRS):
        plain = tokenizer.encode(source)
        drawn = corpus.tokens("source", index, seed=3, epoch=1, plain=False)
        assert tokenizer.decode(drawn) == tokenizer.decode(plain)
        assert drawn == corpus.tokens("source", index, seed=3, epoch=1, plain=False)
        different += drawn != corpus.tokens("source", index, seed=3, epoch=2, plain=False)
    assert different > 10


def test_gather_and_epoch_lengths_agree_with_single_sentences(corpus: Corpus) -> None:
    order = np.array([5, 0, 0, 40, 3])
    plain = np.array([False, True, False, False, True])
    for side in SIDES:
        flat, lengths = corpus.gather(side, order, 9, 4, plain)
        singles = [
            corpus.tokens(side, int(index), seed=9, epoch=4, plain=bool(usual))
            for index, usual in zip(order, plain, strict=True)
        ]
        assert flat.tolist() == [token for single in singles for token in single]
        assert lengths.tolist() == [len(single) for single in singles]
        drawn = [len(corpus.tokens(side, index, seed=9, epoch=4, plain=False)) for index in range(corpus.n_pairs)]
        assert corpus.epoch_lengths(side, 9, 4).tolist() == drawn


def test_tokens_are_counted_as_one_by_one(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 7)
    expected = np.zeros(tokenizer.vocab_size, dtype=np.int64)
    for pair in PAIRS:
        for token in [token for text in pair for token in tokenizer.encode(text)]:
            expected[token] += 1
    assert np.array_equal(corpus.token_counts(tokenizer.vocab_size), expected)


def test_blocks_change_no_length(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = corpus.epoch_lengths("source", 0, 1)
    monkeypatch.setattr(module, "_SENTENCES_AT_ONCE", 7)
    assert np.array_equal(corpus.epoch_lengths("source", 0, 1), whole)


@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "contents", "foreign", "short"])
def test_damaged_corpora_are_refused(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "shards"
    build_shards(PAIRS, tokenizer, folder, max_tokens=100)
    column, contents = folder / "source.words.npy", folder / "contents.json"
    if damage == "missing":
        column.unlink()
    elif damage == "cut":
        column.write_bytes(column.read_bytes()[:-5])
    elif damage == "empty":
        column.write_bytes(b"")
    elif damage == "contents":
        contents.write_text("{")
    elif damage == "foreign":
        contents.write_text("{}")
    else:
        contents.write_text(json.dumps(json.loads(contents.read_text()) | {"n_pairs": 7}))
    with pytest.raises(RunError, match="build it again"):
        Corpus.open(folder)
