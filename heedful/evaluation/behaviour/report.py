"""What the suite found: for each check how often it was passed, with examples of where it was not."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A translation that failed a check.

    Args:
        source: what was translated.
        output: its translation.
        why: what is wrong with it.
    """

    source: str
    output: str
    why: str


@dataclass(frozen=True)
class Check:
    """One kind of behaviour, counted.

    Args:
        name: one word, as "numbers".
        title: what is tried, for people.
        passes: what counts as passed, in one line.
        tried: probes that were translated.
        passed: how many of them came out right.
        examples: a handful of the others.
        note: what the counts do not say, or "".
        measure: what `mean` is the mean of, or "".
        mean: over the probes; None where nothing is measured.
    """

    name: str
    title: str
    passes: str
    tried: int
    passed: int
    examples: tuple[Example, ...] = ()
    note: str = ""
    measure: str = ""
    mean: float | None = None

    @property
    def rate(self) -> float:
        """The share in [0, 1] that passed."""
        return self.passed / self.tried

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values, the rate among them."""
        return {**asdict(self), "rate": self.rate}


@dataclass(frozen=True)
class LeftOut:
    """A check that could not be made.

    Args:
        name: of the check.
        title: of the check.
        reason: what it would have needed.
    """

    name: str
    title: str
    reason: str


@dataclass(frozen=True)
class Behaviour:
    """The suite's whole answer. There is no total: one figure would hide what matters.

    Args:
        source: language code.
        target: language code.
        seed: of every choice.
        n_pairs: sentence pairs that the probes were made from.
        n_translated: different texts that were translated.
        checks: those that could be made.
        left_out: the others.
    """

    source: str
    target: str
    seed: int
    n_pairs: int
    n_translated: int
    checks: tuple[Check, ...]
    left_out: tuple[LeftOut, ...]

    def check(self, name: str) -> Check | None:
        """The check of that name; None when it was left out."""
        return next((check for check in self.checks if check.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**asdict(self), "checks": [check.to_json() for check in self.checks]}
