"""Batches of a language model: all of the text once an epoch, no document seen by another, the same when resumed."""

import numpy as np
import pytest
import torch

from heedful.data.corrupt import Gaps, Masking
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, PAD, Tokenizer
from heedful.data.windows import GapPlan, WindowPlan
from heedful.errors import DataError


@pytest.fixture(scope="module")
def stream():
    """Seven documents of tokens that occur once each."""
    sizes = [5, 30, 1, 12, 50, 3, 20]
    rows, first = [], 400
    for size in sizes:
        rows.append([BOS, *range(first, first + size), EOS])
        first += size
    return TokenStream(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer([chr(0x4E00 + index) for index in range(400)], [], marks=(MASK, *GAPS))


def test_every_token_is_read_once_an_epoch_but_for_a_rest(stream):
    plan = WindowPlan(stream, 16, 3, seed=1)
    for epoch in range(3):
        batches = [plan.batch(epoch, index) for index in range(plan.n_batches(epoch))]
        seen = torch.cat([batch.inputs.values.flatten() for batch in batches]).tolist()
        assert len(seen) == plan.n_tokens(epoch) == stream.n_tokens // 16 * 16
        real = [token for token in seen if token > EOS]
        assert len(real) == len(set(real))


def test_the_label_is_the_next_token_and_no_beginning(stream):
    batch = WindowPlan(stream, 16, 100, seed=1).batch(0, 0)
    after = dict(zip(stream.tokens.tolist(), stream.tokens.tolist()[1:], strict=False))
    for token, label in zip(batch.inputs.values.flatten().tolist(), batch.labels.flatten().tolist(), strict=True):
        if token == EOS:
            assert label == PAD
        elif token != BOS:
            assert label == after[token]
    assert batch.n_labels == int((batch.labels != PAD).sum()) < batch.n_tokens


def test_documents_are_told_apart(stream):
    batch = WindowPlan(stream, 16, 100, seed=1).batch(0, 0)
    of = {int(token): number for number in range(7) for token in stream.document(number)[1:-1]}
    for row, documents in zip(batch.inputs.values.tolist(), batch.inputs.documents.tolist(), strict=True):
        numbers = [(of[token], document) for token, document in zip(row, documents, strict=True) if token > EOS]
        # One number for each document, and another for each.
        assert len({one for one, _ in numbers}) == len(set(numbers)) == len({two for _, two in numbers})


def test_where_the_ring_closes_the_first_document_is_another(stream):
    plan = WindowPlan(stream, 16, 1, seed=1)
    single = TokenStream(np.array([BOS, *range(400, 440), EOS]), np.array([0, 42]))
    windows = WindowPlan(single, 16, 1, seed=1).windows(np.array([36]), 0)
    assert windows.inputs.values[0].tolist() == [*range(435, 440), EOS, BOS, *range(400, 409)]
    documents = windows.inputs.documents[0].tolist()
    assert len(set(documents[:6])) == len(set(documents[6:])) == 1
    assert documents[0] != documents[-1]
    # A window within a document needs no mask.
    assert plan.windows(np.array([stream.starts[4] + 3]), 0).inputs.documents is None


def test_a_batch_is_a_function_of_its_place(stream, tokenizer):
    for corruption in (None, Masking.of(tokenizer, 0.3)):
        one, other = (WindowPlan(stream, 16, 3, 1, corruption) for _ in range(2))
        other.batch(0, 0)
        assert torch.equal(one.batch(2, 1).inputs.values, other.batch(2, 1).inputs.values)
        assert not torch.equal(one.batch(2, 1).inputs.values, one.batch(1, 1).inputs.values)


def test_words_are_asked_for_where_they_were_taken_out(stream, tokenizer):
    batch = WindowPlan(stream, 16, 100, 1, Masking.of(tokenizer, 0.3)).batch(0, 0)
    asked = batch.labels != PAD
    assert 0 < batch.n_labels == int(asked.sum())
    masks = batch.inputs.values == tokenizer.mark_id(MASK)
    assert bool((asked | ~masks).all())


def test_parts_are_the_whole(stream):
    batch = WindowPlan(stream, 16, 5, seed=1).batch(0, 0)
    parts = batch.split(3)
    assert [len(part.labels) for part in parts] == [1, 2, 2]
    assert torch.equal(torch.cat([part.inputs.documents for part in parts]), batch.inputs.documents)
    assert sum(part.n_labels for part in parts) == batch.n_labels
    assert torch.equal(batch.to(torch.device("cpu")).labels, batch.labels)


def test_a_text_below_a_window_is_refused(stream):
    with pytest.raises(DataError, match="smaller --window"):
        WindowPlan(stream, stream.n_tokens, 1, 1)


def test_rows_with_gaps_hold_one_document_each(stream, tokenizer):
    plan = GapPlan(stream, 16, 200, seed=1, gaps=Gaps.infilling(tokenizer))
    seen = []
    for index in range(plan.n_batches(0)):
        batch = plan.batch(0, index)
        assert batch.n_padded <= 200 or len(batch.labels) == 1
        assert (batch.target.values[:, 0] == BOS).all()
        for row in batch.labels.tolist():
            written = row[: row.index(EOS)]
            numbers = {number for number in range(7) if set(written) & set(stream.document(number)[1:-1].tolist())}
            assert len(numbers) == 1
            seen += written
    # All but the document of a single token.
    assert sorted(seen) == [token for token in stream.tokens.tolist() if token > EOS and token != 435]
    assert plan.n_pieces == 1 + 2 + 1 + 4 + 1 + 2


def test_gaps_are_elsewhere_in_every_epoch_and_the_same_when_resumed(stream, tokenizer):
    plans = [GapPlan(stream, 16, 200, seed=1, gaps=Gaps.spans(tokenizer)) for _ in range(2)]
    assert torch.equal(plans[0].batch(3, 1).source.values, plans[1].batch(3, 1).source.values)
    texts = [{tuple(row) for i in range(3) for row in plans[0].batch(epoch, i).labels.tolist()} for epoch in (0, 1)]
    assert texts[0] != texts[1]
    assert plans[0].n_tokens(0) == pytest.approx(sum(plans[0].batch(0, i).n_tokens for i in range(3)), rel=0.25)


def test_documents_without_text(tokenizer):
    empty = TokenStream(np.array([BOS, EOS, BOS, 400, EOS]), np.array([0, 2, 5]))
    with pytest.raises(DataError, match="two tokens"):
        GapPlan(empty, 16, 200, 1, Gaps.spans(tokenizer))
