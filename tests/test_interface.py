from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from heedful import interface
from heedful.interface import Loss, Memory, Model, Source, State, each_tensor


@dataclass(frozen=True)
class RichMemory(Memory):
    """What a family with more to remember adds."""

    layers: tuple[Tensor, ...]
    inner: Memory
    name: str
    nothing: Tensor | None = None


def rich():
    values, mask = torch.randn(3, 2, 4), torch.ones(3, 2, dtype=torch.bool)
    return RichMemory(values, mask, (torch.arange(3), torch.arange(3) * 10), Memory(values + 1, mask), "rich")


def test_each_tensor_reaches_everything():
    doubled = each_tensor(rich(), lambda tensor: tensor.double() * 2)
    assert isinstance(doubled, RichMemory)
    assert doubled.layers[1].tolist() == [0, 20, 40]
    assert doubled.inner.values.dtype == torch.float64
    assert (doubled.name, doubled.nothing) == ("rich", None)


def test_memory_selects_rows_of_every_field():
    memory = rich()
    chosen = memory.select(torch.tensor([2, 0, 2]))
    assert chosen.layers[0].tolist() == [2, 0, 2]
    assert torch.equal(chosen.inner.values, memory.inner.values[[2, 0, 2]])
    assert torch.equal(chosen.values, memory.values[[2, 0, 2]])


def test_source_moves():
    source = Source(torch.ones(2, 3, dtype=torch.int64), torch.ones(2, 3, dtype=torch.bool))
    moved = source.to(torch.device("meta"))
    assert moved.values.is_meta
    assert moved.mask.is_meta
    assert moved.documents is None
    assert not source.values.is_meta


def test_records_do_not_change():
    source = Source(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(AttributeError):
        source.values = torch.zeros(2, 3)
    loss = Loss(torch.tensor(1.0), torch.tensor(1))
    with pytest.raises(AttributeError):
        loss.total = torch.tensor(2.0)
    assert loss.figures == {}


def test_the_waist_is_these_calls():
    assert Model.__abstractmethods__ == {"encode", "decode", "start", "step", "logits"}
    assert State.__abstractmethods__ == {"reorder", "keep", "admit"}


def test_the_legend_names_every_letter():
    for letter in "BTSDHGKFVLCMNW":
        assert f" {letter} " in f" {interface.__doc__.replace(chr(10), ' ')} "
