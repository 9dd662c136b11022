"""Whether a training learned its text by heart: how far dev loss and training loss lie apart, and when dev turned."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["overfits", "memorises", "fits", "unclear"]

# Fewer looks at the dev set than this say nothing about when it was best.
FEWEST = 4
# Best before three quarters of the training is early: the rest of it brought nothing.
EARLY = 0.75
# A dev loss this share above its lowest has turned; smaller rises come and go.
RISE = 0.02
# Gaps in nats a token: from here on the training text is known by heart in part, up to there hardly learned better.
WIDE, NARROW = math.log(1.5), math.log(1.05)


@dataclass(frozen=True)
class Look:
    """An evaluation during a training.

    Args:
        step: after which.
        score: on dev; higher is better.
        dev_nll: nats a token on dev.
        train_nll: nats a token of the training batches since the evaluation before, dropout and regularisation
            included; None where none was logged.
    """

    step: int
    score: float
    dev_nll: float
    train_nll: float | None = None


@dataclass(frozen=True)
class Overfitting:
    """What the losses say.

    Args:
        verdict: "overfits": the dev loss turned early and rose; "memorises": it did not, and the training text is known
            much better than dev; "fits": neither; "unclear": too few looks at dev.
        gap: dev loss minus training loss of the weights that were kept, nats a token.
        best_at: the first best dev score, as a share of the training in (0, 1]; None when that is unclear.
        turned_at: the same for the lowest dev loss.
        rise: how far the dev loss ended above its lowest, as a share of it.
        grown: how much the gap grew after that, nats a token; None where no training loss was logged.
    """

    verdict: Verdict
    gap: float
    best_at: float | None
    turned_at: float | None
    rise: float
    grown: float | None

    @property
    def ended_early(self) -> bool:
        """The best dev score came before the last quarter of the training."""
        return self.best_at is not None and self.best_at <= EARLY

    @property
    def still_learning(self) -> bool:
        """The last look at dev was the best one."""
        return self.best_at == 1.0

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


def judge(looks: Sequence[Look], train_nll: float, dev_nll: float) -> Overfitting:
    """Look at a finished training.

    Args:
        looks: the evaluations in order.
        train_nll: of the weights that were kept, nats a token on training pairs, without dropout and regularisation.
        dev_nll: of the same weights in the same way on dev.
    """
    gap = dev_nll - train_nll
    if len(looks) < FEWEST:
        return Overfitting("unclear", gap, None, None, 0.0, None)
    last = looks[-1]
    best, lowest = max(looks, key=lambda look: look.score), min(looks, key=lambda look: look.dev_nll)
    turned_at, rise = lowest.step / last.step, last.dev_nll / lowest.dev_nll - 1
    turned = turned_at <= EARLY and rise >= RISE
    verdict: Verdict = "overfits" if turned else "memorises" if gap >= WIDE else "fits"
    return Overfitting(verdict, gap, best.step / last.step, turned_at, rise, _growth(lowest, last))


def _growth(lowest: Look, last: Look) -> float | None:
    """How much the gap grew between two looks: dropout adds about the same to the training loss of both."""
    if lowest.train_nll is None or last.train_nll is None:
        return None
    return (last.dev_nll - last.train_nll) - (lowest.dev_nll - lowest.train_nll)
