"""The least time that an answer can take: its useful products at the rate that this machine multiplies at."""

import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from heedful.architecture import Architecture
from heedful.numerics import Numerics
from heedful.tasks.setup import peak_flops

# Large enough that a call costs nothing, small enough for the cache.
SIZE, TRIES = 1024, 6


def flops_per_hypothesis_token(shape: Architecture) -> int:
    """Of the decoder's projections and the output, for one token of one hypothesis; attention itself is left out."""
    d, layers = shape.d_model, shape.n_decoder_layers
    return 2 * (layers * (6 * d**2 + 2 * d * shape.d_ff) + d * shape.vocab_size)


def flops_per_source_token(shape: Architecture) -> int:
    """Of the encoder's projections, and of the keys and values that the decoder looks at."""
    d, layers = shape.d_model, shape.n_encoder_layers
    return 2 * (layers * (4 * d**2 + 2 * d * shape.d_ff) + 2 * shape.n_decoder_layers * d**2)


def useful_flops(shape: Architecture, width: int, n_source: int, n_written: int) -> int:
    """What has to be multiplied for some answers: each of their tokens once for every hypothesis of the beam.

    Args:
        shape: two matrices in a feed-forward network, as many key heads as query heads.
        width: of the beam.
        n_source: tokens of all sources.
        n_written: tokens of all answers, their ends counted.
    """
    return n_source * flops_per_source_token(shape) + width * n_written * flops_per_hypothesis_token(shape)


def peaks(machine: Numerics) -> dict[str, float]:
    """What one core multiplies in a second, by type: the best of a few large products.

    Args:
        machine: for the CPU.
    """
    one = replace(machine, threads=1)
    found = {name: peak_flops(replace(one, compute=name)) for name in ("float32", "bfloat16")}
    return {**found, "int8": _int8_peak()}


def _int8_peak() -> float:
    values = torch.ones(SIZE, SIZE, dtype=torch.int8)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seconds = [_product_seconds(values) for _ in range(TRIES)]
    finally:
        torch.set_num_threads(threads)
    return 2.0 * SIZE**3 / min(seconds)


def _product_seconds(values: torch.Tensor) -> float:
    begun = time.perf_counter()
    torch._int_mm(values, values.t())
    return time.perf_counter() - begun


def share_of_floor(flops: float, seconds: float, peak: float, cores: int) -> float:
    """How much of the time had to be, 0 to 1.

    Args:
        flops: useful ones.
        seconds: that the work took.
        peak: of one core, in flops a second.
        cores: that may be used.
    """
    return flops / (peak * cores) / seconds


def n_tokens(answers: Sequence[Sequence[int]], end: int) -> int:
    """Tokens of some answers.

    Args:
        answers: without ends of sentence.
        end: 1 where each has one; 0 where all were cut.
    """
    return sum(len(answer) + end for answer in answers)
