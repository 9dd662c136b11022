"""The records of the waist: tensors move and are chosen together, whatever a family adds."""

from dataclasses import dataclass, field, fields

import pytest
import torch
from torch import Tensor

from heedful.interface import Loss, Memory, Model, Source, State, each_tensor


@dataclass(frozen=True)
class Remembered(Memory):
    """What a family adds: more tensors, some in a tuple or a record, and a plain value."""

    last: Tensor
    layers: tuple[Tensor, tuple[Tensor, ...]]
    read: Source
    name: str = "gru"
    nothing: Tensor | None = None


def remembered(rows: int = 3) -> Remembered:
    """Row r holds r everywhere."""
    each = torch.arange(rows)
    plane = each[:, None].expand(rows, 4)
    cube = plane[..., None].expand(rows, 4, 5).float()
    return Remembered(cube, plane >= 0, each, (each, (plane, plane)), Source(plane, plane >= 0))


def test_rows_are_selected_in_order_everywhere():
    chosen = remembered().select(torch.tensor([2, 0, 2]))
    assert isinstance(chosen, Remembered)
    nested = [
        chosen.last,
        chosen.layers[0],
        chosen.layers[1][1][:, 0],
        chosen.read.values[:, 3],
        chosen.values[:, 1, 2],
    ]
    assert all(tensor.tolist() == [2, 0, 2] for tensor in nested)
    assert (chosen.name, chosen.nothing) == ("gru", None)


def test_the_original_stays_as_it_was():
    memory = remembered()
    memory.select(torch.tensor([1]))
    assert memory.last.tolist() == [0, 1, 2]


def test_every_tensor_moves():
    moved = each_tensor(remembered(), lambda tensor: tensor.to("meta"))
    assert {moved.values.device.type, moved.layers[1][0].device.type, moved.read.mask.device.type} == {"meta"}


def test_a_batch_moves_with_what_it_lacks():
    source = Source(torch.zeros(2, 3, dtype=torch.int64), torch.ones(2, 3, dtype=torch.bool))
    moved = source.to(torch.device("meta"))
    assert {getattr(moved, item.name) for item in fields(moved) if item.name not in ("values", "mask")} == {None}
    assert (moved.values.device.type, moved.mask.device.type) == ("meta", "meta")


def test_sums_and_counts_add_up_over_uneven_batches():
    values = torch.arange(10.0)
    losses = [Loss(part.sum(), torch.tensor(len(part))) for part in values.split([1, 7, 2])]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    assert mean == values.mean()
    assert losses[0].figures == {}


@pytest.mark.parametrize("kind", [Model, State])
def test_the_waist_is_abstract(kind):
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_records_are_frozen():
    @dataclass(frozen=True)
    class Holder(Memory):
        extra: list[int] = field(default_factory=list)

    memory = Holder(torch.zeros(1, 2, 3), torch.ones(1, 2, dtype=torch.bool))
    with pytest.raises(AttributeError):
        memory.values = torch.zeros(1, 2, 3)
