"""Batches against the obvious construction, row by row."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.data.batch import Batch, collate, encoder_input, flatten, lay_out, pad_sources, round_up
from heedful.data.tokenizer import BOS, EOS, PAD
from heedful.errors import ShapeError

rows = st.lists(st.tuples(*[st.lists(st.integers(4, 50), max_size=12)] * 2), min_size=1, max_size=6)


def padded(row: list[int], width: int) -> list[int]:
    return row + [PAD] * (width - len(row))


@given(rows, st.sampled_from([1, 2, 8]))
def test_collate_is_what_one_writes_by_hand(pairs: list[tuple[list[int], list[int]]], multiple: int) -> None:
    batch = collate([encoder_input(source) for source, _ in pairs], [target for _, target in pairs], multiple=multiple)
    wide = round_up(max(len(source) + 1 for source, _ in pairs), multiple)
    long = round_up(max(len(target) + 1 for _, target in pairs), multiple)
    assert batch.source.values.tolist() == [padded([*source, EOS], wide) for source, _ in pairs]
    assert batch.target.values.tolist() == [padded([BOS, *target], long) for _, target in pairs]
    assert batch.labels.tolist() == [padded([*target, EOS], long) for _, target in pairs]
    assert batch.source.mask.tolist() == [[i <= len(source) for i in range(wide)] for source, _ in pairs]
    assert torch.equal(batch.target.mask, batch.labels != PAD)
    assert batch.n_tokens == sum(len(source) + len(target) + 2 for source, target in pairs)
    assert batch.n_padded == len(pairs) * (wide + long)


@given(rows, st.integers(1, 12))
def test_split_loses_nothing(pairs: list[tuple[list[int], list[int]]], n: int) -> None:
    batch = collate([encoder_input(source, 4) for source, _ in pairs], [target for _, target in pairs])
    parts = batch.split(n)
    assert len(parts) == min(n, len(pairs))
    assert torch.equal(torch.cat([part.labels for part in parts]), batch.labels)
    assert torch.equal(torch.cat([part.source.values for part in parts]), batch.source.values)
    assert torch.equal(torch.cat([part.target.mask for part in parts]), batch.target.mask)
    assert sum(part.n_tokens for part in parts) == batch.n_tokens
    sizes = [len(part.labels) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_to_keeps_the_count() -> None:
    batch = collate([[5, EOS]], [[6, 7]]).to(torch.device("cpu"))
    assert isinstance(batch, Batch)
    assert batch.counted == batch.n_tokens == 5


def test_tags_go_before_the_rows() -> None:
    flat, lengths = flatten([[9, 9], [], [8]])
    values, mask = lay_out(flat, lengths, first=lengths + 20, last=EOS, multiple=1)
    assert values.tolist() == [[22, 9, 9, EOS], [20, EOS, PAD, PAD], [21, 8, EOS, PAD]]
    assert mask.sum(axis=1).tolist() == [4, 2, 3]
    assert encoder_input([9, 9], 22) == values[0].tolist()


def test_pad_sources() -> None:
    source = pad_sources([[5, EOS], [EOS]])
    assert source.values.shape == (2, 8)
    assert source.mask.sum().item() == 3


def test_mistakes_are_named() -> None:
    with pytest.raises(ShapeError, match="2 and 1"):
        collate([[EOS], [EOS]], [[5]])
    with pytest.raises(ShapeError, match="1 part"):
        collate([[EOS]], [[5]]).split(0)
