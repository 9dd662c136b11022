"""Filters and draws, against loops over lists."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from heedful.decoding.sample import discourage, draw, keep_top_k, keep_top_p, sample, stream_key, uniforms

ROWS = st.lists(st.lists(st.integers(-64, 64).map(lambda n: n / 8), min_size=6, max_size=6), min_size=1, max_size=3)


def softmax(row: list[float]) -> list[float]:
    shares = [math.exp(value) for value in row]
    return [share / sum(shares) for share in shares]


@given(ROWS, st.integers(1, 8))
def test_top_k(rows, k):
    kept = keep_top_k(torch.tensor(rows), k)
    for row, left in zip(rows, kept.tolist(), strict=True):
        chosen = sorted(range(6), key=lambda index: (-row[index], index))[:k]
        assert left == [value if index in chosen else -math.inf for index, value in enumerate(row)]


@given(ROWS, st.sampled_from([0.05, 0.31, 0.5, 0.77, 0.95, 1.0]))
def test_top_p(rows, p):
    kept = keep_top_p(torch.tensor(rows), p)
    for row, left in zip(rows, kept.tolist(), strict=True):
        shares, total, expected = softmax(row), 0.0, set()
        for index in sorted(range(6), key=lambda index: (-row[index], index)):
            if total < p - 1e-7 or not expected:
                expected.add(index)
            total += shares[index]
        assert {index for index, value in enumerate(left) if value > -math.inf} == expected
        assert all(left[index] == row[index] for index in expected)


@given(ROWS, st.floats(0, 1, exclude_max=True))
def test_draw_inverts_the_distribution(rows, number):
    drawn = draw(torch.tensor(rows), torch.full((len(rows),), number, dtype=torch.float64))
    for row, token in zip(rows, drawn.tolist(), strict=True):
        shares = softmax(row)
        assert sum(shares[:token]) <= number + 1e-6
        assert number <= sum(shares[: token + 1]) + 1e-6


def test_long_rows_are_drawn_as_the_whole_distribution_says():
    logits = torch.randn(500, 1000) * 2
    uniform = torch.rand(500, dtype=torch.float64)
    drawn = draw(logits, uniform)
    reached = logits.double().softmax(1).cumsum(1)
    expected = (reached > uniform[:, None]).int().argmax(1)
    # They may differ where the number falls on a border, within the rounding of float32.
    border = (reached - uniform[:, None]).abs().amin(1) < 1e-6
    assert ((drawn == expected) | border).all()
    assert border.float().mean() < 0.05


def test_what_has_no_probability_is_never_drawn():
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf]])
    numbers = torch.tensor([0.0, 0.2, 0.499999, 0.5, 0.75, 1 - 2.0**-32], dtype=torch.float64)
    drawn = [int(draw(logits, number[None])) for number in numbers]
    assert drawn == [1, 1, 1, 3, 3, 3]


def test_sample_goes_by_temperature_then_k_then_p():
    logits = torch.tensor([[4.0, 3.0, 2.0, 1.0, 0.0]])
    shares = softmax([2.0, 1.5, 1.0])  # temperature 2, top 3
    assert shares[0] + shares[1] > 0.8  # so top_p leaves two
    border = shares[0] / (shares[0] + shares[1])
    for number, token in ((0.0, 0), (border - 1e-6, 0), (border + 1e-6, 1), (0.999999, 1)):
        uniform = torch.tensor([number], dtype=torch.float64)
        assert sample(logits, uniform, temperature=2.0, top_k=3, top_p=0.8).tolist() == [token]


def test_next_to_no_temperature_takes_the_likeliest():
    logits = torch.tensor([[-torch.inf, 90.0, 100.0, -3.0]])
    for temperature in (1e-30, 1e-300):
        found = [sample(logits, torch.tensor([number]).double(), temperature, None, None) for number in (0, 0.5, 0.99)]
        assert found == [2, 2, 2]


def test_streams_are_uniform_and_independent():
    keys = torch.tensor([stream_key(seed, [5, 6], 0) for seed in range(64)])
    numbers = uniforms(keys[:, None].expand(64, 256), torch.arange(256).expand(64, 256))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    # 16384 numbers: the standard error of a tenth's share is 0.0023, that of a correlation 0.0078.
    shares = torch.histc(numbers.float(), 10, 0, 1) / numbers.numel()
    assert (shares - 0.1).abs().max() < 0.012
    pairs = torch.stack((numbers[:, :-1].flatten(), numbers[:, 1:].flatten()))
    assert torch.corrcoef(pairs)[0, 1].abs() < 0.04


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 5000))
def test_uniforms_are_splitmix64(key, position):
    mask = 2**64 - 1
    state = (key + (position + 1) * 0x9E3779B97F4A7C15) & mask
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
    state ^= state >> 31
    assert uniforms(torch.tensor([key]), torch.tensor([position])).item() == (state >> 32) / 2**32


@pytest.mark.parametrize("other", [(1, [3, 4], 0), (0, [4, 3], 0), (0, [3, 4], 1), (0, [3, 4, 0], 0)])
def test_a_key_follows_from_seed_tokens_and_index(other):
    assert stream_key(0, [3, 4], 0) == stream_key(0, (3, 4), 0)
    assert stream_key(*other) != stream_key(0, [3, 4], 0)
    assert -(2**63) <= stream_key(*other) < 2**63


def test_seen_tokens_are_discouraged_on_either_side_of_zero():
    logits = torch.tensor([[2.0, -2.0, 1.0, -1.0]])
    seen = torch.tensor([[True, True, False, False]])
    assert discourage(logits, seen, 2.0).tolist() == [[1.0, -4.0, 1.0, -1.0]]
    assert discourage(logits, seen, 0.5).tolist() == [[4.0, -1.0, 1.0, -1.0]]
    assert discourage(logits, seen, 1.0) is logits
