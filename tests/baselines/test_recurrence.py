import pytest
import torch

from heedful.baselines.recurrence import Recurrence, n_parts
from tests.reference import recurrent

TIGHT = {"rtol": 0, "atol": 1e-12}
LENGTHS = [2, 5, 3]


def batch():
    torch.manual_seed(3)
    return torch.randn(3, 5, 6, dtype=torch.float64), torch.arange(5) < torch.tensor(LENGTHS)[:, None]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_rows_equal_cells_written_by_hand(cell):
    x, mask = batch()
    layers = Recurrence(cell, 6, 4, 2, 0.0).double()
    outputs, last = layers.read(x, mask)
    for row, length in enumerate(LENGTHS):
        zeros = torch.zeros(2, 4 * n_parts(cell), dtype=torch.float64)
        expected, state = recurrent.read(layers.layers, x[row, :length], zeros)
        torch.testing.assert_close(outputs[row, :length], expected, **TIGHT)
        torch.testing.assert_close(last[row], state, **TIGHT)
        assert not outputs[row, length:].any()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_two_directions_share_the_width(cell):
    """Outputs stand side by side; so do the halves of each part of the last state."""
    x, mask = batch()
    layers = Recurrence(cell, 6, 4, 2, 0.0, bidirectional=True).double()
    outputs, last = layers.read(x, mask)
    assert outputs.shape == (3, 5, 4) and last.shape == (3, 2, 4 * n_parts(cell))
    for row, length in enumerate(LENGTHS):
        expected, states = recurrent.read_both_ways(layers.layers, x[row, :length])
        torch.testing.assert_close(outputs[row, :length], expected, **TIGHT)
        for number, (forth, back) in enumerate(states):
            halves = zip(forth.chunk(n_parts(cell)), back.chunk(n_parts(cell)), strict=True)
            torch.testing.assert_close(last[row, number], torch.cat([torch.cat(pair) for pair in halves]), **TIGHT)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_reading_on_equals_reading_at_once(cell):
    x, _ = batch()
    layers = Recurrence(cell, 6, 4, 2, 0.0).double()
    begin = torch.randn(3, 2, 4 * n_parts(cell), dtype=torch.float64)
    outputs, last = layers(x, begin)
    first, state = layers(x[:, :2], begin)
    second, state = layers(x[:, 2:], state)
    torch.testing.assert_close(torch.cat((first, second), dim=1), outputs, **TIGHT)
    torch.testing.assert_close(state, last, **TIGHT)
    for row in range(3):
        torch.testing.assert_close(outputs[row], recurrent.read(layers.layers, x[row], begin[row])[0], **TIGHT)


def test_dropout_is_between_layers():
    """With one layer there is no between."""
    x, mask = batch()
    for n_layers, differs in ((1, False), (2, True)):
        layers = Recurrence("gru", 6, 4, n_layers, 0.5).double()
        assert torch.equal(layers.read(x, mask)[0], layers.read(x, mask)[0]) is not differs
