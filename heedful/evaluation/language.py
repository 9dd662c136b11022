"""How well a language model foretells a text: perplexity, bits a byte and a character, each with its interval."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from heedful.evaluation.significance import Array, bootstrap_interval


@dataclass(frozen=True)
class Figure:
    """One score.

    Args:
        score: the figure.
        low: lower end of its 95% interval.
        high: upper end.
        signature: how it was computed.
    """

    score: float
    low: float
    high: float
    signature: str

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


def language_figures(sums: Array, how: str) -> dict[str, Figure]:
    """The figures of a text whose every token was foretold from those before it.

    The intervals are of a bootstrap over its units: they say how much a figure would move with other text of its kind.

    Args:
        sums: (n_units, 4) of each unit: nats, tokens, bytes of UTF-8, characters.
        how: for the signature: what a unit is, how much of the text before it a token is foretold from.
    """
    signature = f"{how}|units:{len(sums)}|bs:1000|seed:12345"
    return {
        "bits_per_character": _figure(sums, lambda found: found[:, 0] / np.log(2) / found[:, 3], signature),
        "bits_per_byte": _figure(sums, lambda found: found[:, 0] / np.log(2) / found[:, 2], signature),
        "perplexity": _figure(sums, lambda found: np.exp(found[:, 0] / found[:, 1]), signature),
        "nll": _figure(sums, lambda found: found[:, 0] / found[:, 1], signature),
    }


def masked_figures(sums: Array, how: str) -> dict[str, Figure]:
    """The figures of words that were taken out of a text and guessed.

    Args:
        sums: (n_units, 3) of each unit: nats, tokens taken out, tokens guessed right.
        how: for the signature: which words were taken out.
    """
    signature = f"{how}|units:{len(sums)}|bs:1000|seed:12345"
    return {
        "accuracy": _figure(sums, lambda found: 100 * found[:, 2] / found[:, 1], signature),
        "nll": _figure(sums, lambda found: found[:, 0] / found[:, 1], signature),
    }


def written_figures(sums: Array, how: str) -> dict[str, Figure]:
    """The figures of what a decoder wrote, each token from the true ones before it.

    Args:
        sums: (n_units, 2) of each unit: nats, tokens.
        how: for the signature.
    """
    signature = f"{how}|units:{len(sums)}|bs:1000|seed:12345"
    return {
        "perplexity": _figure(sums, lambda found: np.exp(found[:, 0] / found[:, 1]), signature),
        "nll": _figure(sums, lambda found: found[:, 0] / found[:, 1], signature),
    }


def choice_figures(right: Array, how: str) -> dict[str, Figure]:
    """How often the better of two answers was preferred.

    Args:
        right: (n_pairs,) 1 where it was, else 0.
        how: for the signature.
    """
    sums = np.stack([right, np.ones_like(right)], axis=1)
    signature = f"{how}|pairs:{len(sums)}|bs:1000|seed:12345"
    return {"accuracy": _figure(sums, lambda found: 100 * found[:, 0] / found[:, 1], signature)}


def _figure(sums: Array, score: Any, signature: str) -> Figure:
    whole = float(score(sums.sum(0, keepdims=True).astype(np.float64))[0])
    return Figure(whole, *bootstrap_interval(sums, score), signature)
