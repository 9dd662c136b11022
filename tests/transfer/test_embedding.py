"""Each token by hand: whole words take their vector, everything else stays as chance made it."""

import numpy as np
import pytest
import torch
from torch import nn

from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError
from heedful.transfer.embedding import N_EXAMPLES, TokenVectors, token_tables, token_vectors, whole_words
from heedful.transfer.vectors import WordVectors
from tests.contract.families import BUILD, VOCAB, build

PIECES = [" ", "t", "h", " th", " the", "ing", "我们", ",", " (", " The", " zebra"]
tokenizer = Tokenizer(PIECES, [], ["en"])
FIRST = tokenizer.n_plain


def vectors(path, words, width=4, n_repeated=0):
    rows = {word: index for index, word in enumerate(words)}
    return WordVectors(path, rows, torch.randn(len(words), width), len(words), n_repeated)


@pytest.fixture
def initial():
    return torch.randn(tokenizer.vocab_size, 4)


def test_words_of_a_vocabulary():
    words = {PIECES[token - FIRST]: word for token, word in whole_words(tokenizer).items()}
    assert words == {
        " th": "th", " the": "the", "我们": "我们", ",": ",", " (": "(", " The": "The", " zebra": "zebra"
    }  # fmt: skip


def test_each_token_takes_the_vector_of_its_word(tmp_path, initial):
    known = vectors(tmp_path, ["the", "ing", "t", "<s>", "<0x41>", "我们", "(", "zebra"])
    found, coverage = token_vectors(tokenizer, known, initial)
    taken = {PIECES[token - FIRST]: row for token, row in zip(found.ids.tolist(), found.values, strict=True)}
    used = {" the": "the", "我们": "我们", " (": "(", " The": "the", " zebra": "zebra"}
    assert taken.keys() == used.keys()
    chosen = torch.stack([known.values[known.rows[word]] for word in used.values()])
    factor = initial.norm(dim=1).mean() / chosen.norm(dim=1).mean()
    for token, word in used.items():
        torch.testing.assert_close(taken[token], known.values[known.rows[word]] * factor)
    torch.testing.assert_close(found.values.norm(dim=1).mean(), initial.norm(dim=1).mean())
    assert (coverage.n_tokens, coverage.n_words, coverage.n_found, coverage.n_lowered) == (FIRST + 11, 7, 5, 1)
    assert list(coverage.missing) == ["th", ","]


def test_the_running_text_is_counted(tmp_path, initial):
    counts = np.zeros(tokenizer.vocab_size, dtype=int)
    counts[FIRST + 4], counts[FIRST + 5], counts[FIRST + 7] = 30, 60, 10  # " the", "ing", ","
    _, coverage = token_vectors(tokenizer, vectors(tmp_path, ["the"], n_repeated=2), initial, counts.tolist())
    assert coverage.share_of_text == 0.3
    assert coverage.missing[0] == ","
    assert coverage.describe() == (
        f"2 of {FIRST + 11} tokens begin as word vectors (1 lower-cased), 30.0% of the running text; 7 tokens are "
        "words; 2 repeated rows left out; without one: , th 我们 ( zebra"
    )


def test_examples_are_few(tmp_path):
    many = Tokenizer([f" w{n}" for n in range(50)], [])
    known = vectors(tmp_path, ["w3"], 2)
    _, coverage = token_vectors(many, known, torch.randn(many.vocab_size, 2))
    assert list(coverage.missing) == [f"w{n}" for n in range(N_EXAMPLES + 1) if n != 3]


def test_wide_vectors_keep_what_a_truncated_decomposition_keeps(tmp_path):
    many = Tokenizer([f" w{n}" for n in range(20)], [])
    known, initial = vectors(tmp_path, [f"w{n}" for n in range(20)], 9), torch.randn(many.vocab_size, 4)
    found, _ = token_vectors(many, known, initial)
    left, sizes, _ = torch.linalg.svd(known.values.double(), full_matrices=False)
    expected = left[:, :4] * sizes[:4]
    expected *= initial.double().norm(dim=1).mean() / expected.norm(dim=1).mean()
    # The directions are known up to their order and sign, the products of vectors fully.
    products = found.values.double() @ found.values.double().mT
    torch.testing.assert_close(products, expected @ expected.mT, atol=1e-5, rtol=1e-5)


def test_what_cannot_be_used_is_refused(tmp_path, initial):
    with pytest.raises(DataError, match=r"vectors of 3 numbers and the model's embeddings 4: .* d_model of 3 or less"):
        token_vectors(tokenizer, vectors(tmp_path, ["the"], 3), initial)
    with pytest.raises(DataError, match=r"has none of the 7 words of the vocabulary: .* name another file"):
        token_vectors(tokenizer, vectors(tmp_path, ["dog", "ing"]), initial)
    zeros = vectors(tmp_path, ["the"])
    zeros.values.zero_()
    with pytest.raises(DataError, match="has only zeros for the 7 words"):
        token_vectors(tokenizer, zeros, initial)


@pytest.mark.parametrize("name", BUILD)
def test_every_family_begins_with_the_vectors_and_keeps_the_rest(name):
    model, other = build(name), build(name)
    found = TokenVectors(torch.tensor([5, 11]), torch.randn(2, 16))
    found.put_into(model, VOCAB)
    tables, before = token_tables(model, VOCAB), token_tables(other, VOCAB)
    assert tables
    for table, old in zip(tables, before, strict=True):
        rest = [token for token in range(VOCAB) if token not in (5, 11)]
        assert torch.equal(table.weight[[5, 11]], found.values.double())
        assert torch.equal(table.weight[rest], old.weight[rest])
    mine = {id(table.weight) for table in tables}
    for (key, changed), same in zip(model.named_parameters(), other.parameters(), strict=True):
        assert id(changed) in mine or torch.equal(changed, same), key


def test_other_tables_are_none_of_tokens():
    tables = {"tokens": nn.Embedding(9, 2), "places": nn.Embedding(9, 2), "output": nn.Linear(9, 9)}
    model = nn.ModuleDict(tables | {"reader": nn.ModuleDict({"tokens": nn.Embedding(7, 2)})})
    assert token_tables(model, 9) == [tables["tokens"]]
