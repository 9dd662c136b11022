"""Drawing a token at random: pure functions of logits and of uniform numbers, and where these numbers come from."""

import hashlib
from array import array
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from heedful.decoding.logits import largest

_SIGN = 1 << 63
# Tokens whose probabilities are summed together, so that a draw looks into one group only.
_GROUP = 64

# The likeliest token alone is left long before.
LEAST_TEMPERATURE = 1e-30


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k largest of each row; of equal ones the lowest index, so that one alone is the same every time.

    Args:
        logits: (R, V).
        k: 1 or more.
    Returns:
        (R, V), -inf in place of the others.
    """
    if k >= logits.shape[-1]:
        return logits
    return _only(logits, largest(logits.float(), k)[1])


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Only the likeliest tokens of each row: as few as reach the probability p, and at least one.

    Args:
        logits: (R, V).
        p: in (0, 1].
    Returns:
        (R, V), -inf in place of the others.
    """
    if p >= 1:
        return logits
    probabilities = logits.float().softmax(-1)
    # All tokens below this have less than (1 - p) / 2 together: those wanted are among the others, often a few hundred.
    floor = (1 - p) / (2 * logits.shape[-1])
    n_candidates = int((probabilities >= floor).sum(-1).max())
    ordered, index = largest(probabilities, max(1, n_candidates))
    before = ordered.cumsum(-1, dtype=torch.float64) - ordered
    return _only(logits, index, before < p)


def _only(logits: Tensor, index: Tensor, kept: Tensor | bool = True) -> Tensor:
    """-inf but at these places, (R, K), and there too where they are not kept."""
    places = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, index, kept)
    return logits.masked_fill(~places, -torch.inf)


def discourage(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Tokens that stand in the text already, made less likely: their logits divided, or multiplied below 0.

    Args:
        logits: (R, V).
        seen: (R, V) bool.
        penalty: 1 changes nothing; below 1 they become likelier.
    Returns:
        (R, V).
    Source:
        Keskar et al. 2019, arXiv:1909.05858, section 4.1.
    """
    if penalty == 1:
        return logits
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def draw(logits: Tensor, uniform: Tensor) -> Tensor:
    """The token of each row in whose share of the probability a uniform number falls.

    Args:
        logits: (R, V); -inf is never drawn.
        uniform: (R,) float64 in [0, 1).
    Returns:
        (R,) int64.
    """
    probabilities = logits.float().softmax(-1)
    groups = functional.pad(probabilities, (0, -logits.shape[-1] % _GROUP)).unflatten(-1, (-1, _GROUP))
    shares = groups.sum(-1).double()
    group, number = _find(shares, uniform)
    within = groups[torch.arange(len(groups), device=groups.device), group].double()
    return group * _GROUP + _find(within, number)[0]


def _find(shares: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """Where in a row of shares a number falls, and where within that share: (R,) int64 and (R,) in [0, 1)."""
    reached = shares.cumsum(-1)
    number = uniform[:, None] * reached[:, -1:]
    # The first past the number: one without a share reaches no further than the one before it.
    index = (reached > number).int().argmax(-1, keepdim=True)
    share = shares.gather(-1, index)
    rest = (number - reached.gather(-1, index) + share) / share
    return index[:, 0], rest[:, 0].clamp(0, 1 - 2.0**-50)


def sample(logits: Tensor, uniform: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    """One token for each row: temperature first, then the k likeliest, then the likeliest that reach p.

    Args:
        logits: (R, V).
        uniform: (R,) float64 in [0, 1).
        temperature: above 0.
        top_k: None for all.
        top_p: None for all.
    Returns:
        (R,) int64.
    """
    # Divided by less, they would be infinite, and so no distribution.
    logits = logits.float() / max(temperature, LEAST_TEMPERATURE)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return draw(logits, uniform)


def stream_key(seed: int, tokens: Sequence[int], index: int) -> int:
    """The key of a random stream: of the index-th sample of a sentence of these tokens; a signed 64-bit integer."""
    text = f"{seed} {index} ".encode() + array("q", tokens).tobytes()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little", signed=True)


def uniforms(keys: Tensor, position: Tensor) -> Tensor:
    """The number at a position of each stream: a function of both and of nothing else.

    Args:
        keys: (...) int64.
        position: (...) int64.
    Returns:
        (...) float64, uniform in [0, 1), multiples of 2**-32.
    Source:
        SplitMix64: Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195; constants of the reference code by S. Vigna.
    """
    state = keys + (position + 1) * _signed(0x9E3779B97F4A7C15)
    state = (state ^ _shift(state, 30)) * _signed(0xBF58476D1CE4E5B9)
    state = (state ^ _shift(state, 27)) * _signed(0x94D049BB133111EB)
    return _shift(state ^ _shift(state, 31), 32).double() * 2.0**-32


def _signed(bits: int) -> int:
    """The same 64 bits, read as a signed number: products of int64 wrap around as those of unsigned ones do."""
    return bits - 2 * _SIGN if bits >= _SIGN else bits


def _shift(values: Tensor, places: int) -> Tensor:
    """To the right, zeros moving in."""
    return (values >> places) & ((1 << (64 - places)) - 1)
