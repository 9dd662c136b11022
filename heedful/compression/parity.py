"""The parity contract: what a compressed or exported model loses against its original, on the same sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from heedful.errors import DataError, OptionError, QualityError
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Tally

# BLEU that may be lost, at the unfavourable end of the interval of the difference.
ALLOWED_LOSS = 0.5


@dataclass(frozen=True)
class Outputs:
    """What one model made of the test sentences.

    Args:
        tokens: of each translation.
        texts: the translations.
        seconds: spent decoding all of them.
        n_bytes: size of the model on the disk; None where it does not count.
        peak_bytes: most memory that a process with this model alone held; None where it was not measured.
    """

    tokens: Sequence[Sequence[int]]
    texts: Sequence[str]
    seconds: float
    n_bytes: int | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Side:
    """The figures of one of the two models.

    Args:
        bleu: cased.
        chrf: chrF2, over characters.
        sentences_per_second: translated.
        n_bytes: as in `Outputs`.
        peak_bytes: as in `Outputs`.
    """

    bleu: Figure
    chrf: Figure
    sentences_per_second: float
    n_bytes: int | None = None
    peak_bytes: int | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`."""
        return cls(**{**values, "bleu": Figure(**values["bleu"]), "chrf": Figure(**values["chrf"])})


@dataclass(frozen=True)
class Parity:
    """A candidate beside its original.

    Args:
        sentences: how many both translated.
        tokens: share in [0, 1] of the sentences whose tokens are the same.
        original: figures of the original.
        candidate: figures of the candidate.
        bleu: candidate minus original, by paired bootstrap.
        chrf: the same.
    """

    sentences: int
    tokens: float
    original: Side
    candidate: Side
    bleu: Comparison
    chrf: Comparison

    def within(self, allowed_loss: float = ALLOWED_LOSS) -> bool:
        """Whether no more is lost than allowed, were the difference at the lower end of its interval.

        Args:
            allowed_loss: BLEU, 0 or more.
        """
        return self.bleu.low >= -allowed_loss

    @property
    def speedup(self) -> float:
        """How many times as many sentences a second."""
        return self.candidate.sentences_per_second / self.original.sentences_per_second

    @property
    def said(self) -> str:
        """The difference in one line, without a full stop."""
        return (
            f"BLEU {self.candidate.bleu.score:.1f} instead of {self.original.bleu.score:.1f} "
            f"({self.bleu.difference:+z.2f}, 95% interval {self.bleu.low:+z.2f} to {self.bleu.high:+z.2f}), "
            f"{self.tokens:.0%} of {self.sentences:,} sentences token for token the same"
        )

    def accepted(self, allowed_loss: float) -> str:
        """What is told of a candidate that was written though it loses more; "" of one that does not.

        Args:
            allowed_loss: BLEU.
        """
        if self.within(allowed_loss):
            return ""
        return (
            f"more than the {allowed_loss:g} BLEU that may be lost at the lower end of the interval. The loss was "
            "accepted with --accept-loss."
        )

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        sides = {name: Side.from_json(values[name]) for name in ("original", "candidate")}
        differences = {name: Comparison(**values[name]) for name in ("bleu", "chrf")}
        return cls(**{**values, **sides, **differences})


def compare(original: Outputs, candidate: Outputs, references: Sequence[str], language: str) -> Parity:
    """Compare what two models made of the same sentences.

    Args:
        original: of the model that the other was made of.
        candidate: of that one.
        references: one for each sentence.
        language: code of the language translated into; decides how BLEU finds words.
    Raises:
        DataError: different counts, or nothing to score.
    """
    if len(original.tokens) != len(candidate.tokens):
        raise DataError(
            f"expected translations of the same sentences: got {len(original.tokens):,} and "
            f"{len(candidate.tokens):,}; decode the same text with both"
        )
    before, after = (Tally.of(outputs.texts, references, language) for outputs in (original, candidate))
    pairs = zip(original.tokens, candidate.tokens, strict=True)
    n_same = sum(list(one) == list(other) for one, other in pairs)
    return Parity(
        sentences=len(references),
        tokens=n_same / len(references),
        original=_side(before, original),
        candidate=_side(after, candidate),
        bleu=after.compare(before, "bleu"),
        chrf=after.compare(before, "chrf"),
    )


def check_allowed_loss(allowed_loss: float) -> None:
    """Refuse a limit that is none.

    Raises:
        OptionError: it is negative, NaN or infinite.
    """
    if not (math.isfinite(allowed_loss) and allowed_loss >= 0):
        raise OptionError(
            f"the allowed loss is a number of points, 0 or more: got {allowed_loss}; to allow any loss, say "
            "--accept-loss"
        )


def require(parities: Mapping[str, Parity], allowed_loss: float = ALLOWED_LOSS) -> None:
    """Refuse a candidate that loses too much in any direction.

    Args:
        parities: by a name, as "en → de".
        allowed_loss: BLEU.
    Raises:
        QualityError: says where, and with which figures.
    """
    for name, parity in parities.items():
        if not parity.within(allowed_loss):
            raise QualityError(
                f"{name} loses more than {allowed_loss:g} BLEU at the lower end of the interval: {parity.said}; "
                "nothing was written; allow it with --accept-loss, or test on more sentences if the interval is wide"
            )


def _side(tally: Tally, outputs: Outputs) -> Side:
    # A clock that saw nothing pass would make the speed infinite, which JSON cannot say.
    speed = len(tally) / max(outputs.seconds, 1e-9)
    return Side(tally.figure("bleu"), tally.figure("chrf"), speed, outputs.n_bytes, outputs.peak_bytes)
