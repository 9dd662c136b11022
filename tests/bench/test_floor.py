"""Useful products are counted by hand for the small model; no rate is asserted."""

import pytest
from torch import nn

from bench import peers
from bench.floor import (
    flops_per_hypothesis_token,
    flops_per_source_token,
    n_tokens,
    peaks,
    share_of_floor,
    useful_flops,
)
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics

SMALL = peers.small()


def test_products_of_the_small_model_by_hand():
    # Three layers of 6 * 256^2 + 2 * 256 * 1024 weights, and 8,000 * 256 at the end; each multiplied and added.
    assert flops_per_hypothesis_token(SMALL) == 2 * (3 * (393_216 + 524_288) + 2_048_000) == 9_601_024
    # Three layers of 4 * 256^2 + 2 * 256 * 1024, and keys and values for three layers of the decoder.
    assert flops_per_source_token(SMALL) == 2 * (3 * (262_144 + 524_288) + 3 * 131_072) == 5_505_024


def test_both_together_are_all_weights_of_the_model():
    linear = sum(m.weight.numel() for m in Transformer(SMALL).modules() if isinstance(m, nn.Linear))
    assert flops_per_hypothesis_token(SMALL) + flops_per_source_token(SMALL) == 2 * linear


def test_every_hypothesis_of_a_beam_costs_and_the_source_is_read_once():
    assert useful_flops(SMALL, 5, 20, 14) == 20 * 5_505_024 + 5 * 14 * 9_601_024


def test_the_share_of_the_floor():
    # 6 TFLOP on two cores of 1 TFLOP/s take 3 seconds at least.
    assert share_of_floor(6e12, 12.0, 1e12, 2) == pytest.approx(0.25)


def test_ends_count_as_tokens_where_there_are_any():
    assert n_tokens([[5, 6], [], [7]], 1) == 6
    assert n_tokens([[5, 6], [], [7]], 0) == 3


def test_peaks_are_rates(monkeypatch):
    asked = []
    monkeypatch.setattr("bench.floor.peak_flops", lambda machine: asked.append(machine) or 2.0)
    monkeypatch.setattr("bench.floor.SIZE", 64)
    found = peaks(Numerics("cpu", "bfloat16", "default", 8))
    assert [(machine.compute, machine.threads) for machine in asked] == [("float32", 1), ("bfloat16", 1)]
    assert list(found) == ["float32", "bfloat16", "int8"]
    assert found["int8"] > 0
