"""Documents as tokens on disk: what was written is read again, in blocks or whole."""

import numpy as np
import pytest

from heedful.data.documents import Documents
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, EOS, Tokenizer
from heedful.errors import RunError

TEXTS = ["the cat sat\non the mat", "猫坐在垫子上。\n  the end", "x"]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXTS * 3, 300)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_documents_come_back_however_they_were_cut(tmp_path, tokenizer, size):
    (tmp_path / "a.txt").write_text("\n\n".join(TEXTS), encoding="utf-8")
    stream = TokenStream.build(Documents([tmp_path / "a.txt"]).blocks(size), tokenizer, tmp_path / "out")
    assert stream.n_documents == len(TEXTS)
    for index, text in enumerate(TEXTS):
        assert stream.document(index).tolist() == [BOS, *tokenizer.encode(text), EOS]
        assert stream.text(index, tokenizer) == text
    assert stream.n_tokens == sum(len(tokenizer.encode(text)) + 2 for text in TEXTS)


def test_places_know_their_document(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text("\n\n".join(TEXTS), encoding="utf-8")
    stream = TokenStream.build(Documents([tmp_path / "a.txt"]).blocks(), tokenizer, tmp_path / "out")
    tokens, documents = stream.at(np.arange(stream.n_tokens).reshape(1, -1))
    expected = np.repeat(np.arange(3), np.diff(stream.starts))
    assert documents.tolist() == [expected.tolist()]
    assert (tokens == BOS).sum() == (tokens == EOS).sum() == 3


def test_no_document_is_no_stream(tmp_path, tokenizer):
    assert TokenStream.build([], tokenizer, tmp_path / "none").n_documents == 0


def test_what_is_cut_is_refused(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text(TEXTS[0], encoding="utf-8")
    TokenStream.build(Documents([tmp_path / "a.txt"]).blocks(), tokenizer, tmp_path / "out")
    path = tmp_path / "out" / "tokens.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(RunError, match="does not hold whole text"):
        TokenStream.open(tmp_path / "out")
