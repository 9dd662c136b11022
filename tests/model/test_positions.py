import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.architecture import Stretch
from heedful.model.positions import AddedPositions, RotaryPositions, rotary_rates, rotate, sinusoids
from tests.reference import positions as reference


@pytest.mark.parametrize("d_model", [1, 4, 6, 7])
def test_sinusoids_number_by_number(d_model):
    table = sinusoids(9, d_model)
    for position in range(9):
        for dimension in range(d_model):
            expected = reference.sinusoid(position, dimension, d_model)
            assert table[position, dimension].item() == pytest.approx(expected, abs=1e-7)


def test_sinusoids_by_hand():
    """d_model 4: wavelengths 2 pi and 2 pi * 100."""
    expected = [[0, 1, 0, 1], [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]]
    torch.testing.assert_close(sinusoids(2, 4), torch.tensor(expected))


def test_a_distance_is_a_linear_map_of_sinusoids():
    """Why the authors hoped that relative positions are easy: one matrix makes PE(pos + k) of any PE(pos)."""
    table = sinusoids(40, 6).double()
    step = torch.linalg.lstsq(table[:-5], table[5:]).solution
    torch.testing.assert_close(table[:-5] @ step, table[5:], rtol=0, atol=1e-6)


def test_added_positions():
    x, positions = torch.randn(2, 3, 4), torch.tensor([[5, 6, 7], [0, 1, 2]])
    added = AddedPositions("sinusoidal", 8, 4)
    assert torch.equal(added(x, positions), x + torch.stack([sinusoids(8, 4)[5:], sinusoids(8, 4)[:3]]))
    assert not list(added.parameters())
    assert not added.state_dict()
    learned = AddedPositions("learned", 8, 4)
    torch.nn.init.normal_(learned.table)
    assert torch.equal(learned(x, positions[:1]), x + learned.table[5:8])
    assert AddedPositions("none", 8, 4)(x, positions) is x
    assert AddedPositions("rotary", 8, 4)(x, positions) is x


@pytest.mark.parametrize("kind", ["sinusoidal", "learned"])
def test_added_positions_keep_the_dtype(kind):
    added = AddedPositions(kind, 8, 4)
    if kind == "learned":
        torch.nn.init.zeros_(added.table)
    assert added(torch.randn(1, 3, 4, dtype=torch.bfloat16), torch.arange(3)[None]).dtype == torch.bfloat16


def test_rotation_turns_complex_numbers():
    x = torch.randn(1, 2, 4, 6, dtype=torch.float64)
    turned = rotate(x, RotaryPositions("rotary", 30, rotary_rates(6))(torch.arange(20, 24)[None], torch.float64))
    for head in range(2):
        for t in range(4):
            expected = reference.turn(x[0, head, t], 20 + t)
            torch.testing.assert_close(turned[0, head, t], expected, rtol=0, atol=1e-6)


@given(start=st.integers(0, 400), shift=st.integers(0, 400), distance=st.integers(0, 90))
def test_products_depend_on_the_distance_alone(start, shift, distance):
    rotary = RotaryPositions("rotary", 1000, rotary_rates(8))
    query, key = torch.randn(2, 1, 1, 1, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def product(position):
        rotation = [rotary(torch.tensor([[at]]), torch.float64) for at in (position + distance, position)]
        return (rotate(query, rotation[0]) * rotate(key, rotation[1])).sum()

    torch.testing.assert_close(product(start), product(start + shift), rtol=0, atol=1e-5)


def test_rotation_keeps_lengths_and_the_first_position():
    x = torch.randn(1, 1, 5, 8)
    turned = rotate(x, RotaryPositions("rotary", 9, rotary_rates(8))(torch.arange(5)[None], torch.float32))
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(turned[:, :, 0], x[:, :, 0])
    assert rotate(x, RotaryPositions("none", 9, rotary_rates(8))(torch.arange(5)[None], torch.float32)) is x


def test_a_model_cast_to_bfloat16_still_knows_where_it_is():
    """Angles in bfloat16 would make positions 1001 and 1000 the same."""
    exact, cast = (
        RotaryPositions("rotary", 1024, rotary_rates(8)),
        RotaryPositions("rotary", 1024, rotary_rates(8)).bfloat16(),
    )
    positions = torch.tensor([[999, 1000, 1001]])
    for right, found in zip(exact(positions, torch.float32), cast(positions, torch.float32), strict=True):
        torch.testing.assert_close(found, right, rtol=0, atol=2**-8)


def test_slow_turns_are_stretched_and_fast_ones_are_not():
    stretch = Stretch(factor=8, low=1, high=4, trained=64)
    plain, found = rotary_rates(8, 100.0), rotary_rates(8, 100.0, stretch)
    # Rates of 1, 0.316, 0.1 and 0.0316 turn 10.2, 3.22, 1.02 and 0.32 times over 64 positions.
    shares = [1, (64 * 100**-0.25 / (2 * math.pi) - 1) / 3, (6.4 / (2 * math.pi) - 1) / 3, 0]
    expected = [rate * (share + (1 - share) / 8) for rate, share in zip(plain.tolist(), shares, strict=True)]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
