"""A search is a value: how to go from a model's probabilities to texts; and a hypothesis is what it finds."""

from dataclasses import dataclass
from typing import Literal

from heedful.errors import OptionError

# Far more than helps: past ten or so a wider beam finds worse texts, and its memory grows with its width.
MAX_WIDTH = 1000
# Here only the length counts any more.
MAX_PENALTY = 100.0

Stopped = Literal["eos", "length", "repetition"]


@dataclass(frozen=True)
class Hypothesis:
    """One answer of a search.

    Args:
        tokens: forced prefix included, end of sentence left out.
        score: what hypotheses of one sentence are ranked by: a beam's is divided by its length penalty, all others are
            the log-probability itself.
        log_probability: in nats, under the model as it is (temperature and filters left out), of all tokens after the
            prefix and of the end of sentence where there is one.
        stopped: "eos": the model ended it; "length": cut at the limit; "repetition": cut in a loop.
    """

    tokens: list[int]
    score: float
    log_probability: float
    stopped: Stopped


@dataclass(frozen=True)
class Greedy:
    """The likeliest token at every step."""

    @property
    def width(self) -> int:
        """Rows of a decoding step that one sentence takes."""
        return 1


@dataclass(frozen=True)
class Beam:
    """The best few beginnings go on side by side, until none of them can win any more.

    Args:
        width: beginnings kept for each sentence.
        length_penalty: alpha; a log-probability is divided by ((5 + length) / 6) ** alpha, the length counting the end
            of sentence. 0 ranks by the plain log-probability, which favours short texts.
        n_best: hypotheses wanted, at most `width`; best first.
    Source:
        Wu et al. 2016, arXiv:1609.08144, equation 14.
    """

    width: int = 5
    length_penalty: float = 1.0
    n_best: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MAX_WIDTH:
            raise OptionError(f"a beam's width is a whole number from 1 to {MAX_WIDTH:,}: got width={self.width}")
        if not 0 <= self.length_penalty <= MAX_PENALTY:
            raise OptionError(f"length_penalty is a number from 0 to {MAX_PENALTY:g}: got {self.length_penalty}")
        expected = f"n_best is a whole number from 1 to the beam's width, here {self.width}: got n_best={self.n_best}"
        if self.n_best < 1:
            raise OptionError(f"{expected}; 1 gives the best answer alone")
        if self.n_best > self.width:
            raise OptionError(f"{expected}; widen the beam to {self.n_best}, or ask for {self.width} at most")

    def divisor(self, length: int) -> float:
        """What the log-probability of so many tokens is divided by."""
        return float(((5 + length) / 6) ** self.length_penalty)


@dataclass(frozen=True)
class Sampling:
    """Tokens drawn at random, as probable as the model says.

    Args:
        temperature: the logits are divided by it; below 1 bolder, above 1 wilder.
        top_k: only among so many of the likeliest tokens; None among all.
        top_p: only among the likeliest tokens that together reach this probability; None among all.
        seed: of the random streams. A sentence's stream follows from the seed and its own tokens: the same text is
            answered alike alone and in any company.
        n_best: independent samples of each sentence, in the order drawn.
    Source:
        top_k: Fan et al. 2018, arXiv:1805.04833; top_p: Holtzman et al. 2020, arXiv:1904.09751.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    n_best: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.temperature < float("inf"):
            raise OptionError(
                f"temperature is a number above 0: got {self.temperature}; for no chance take Greedy(), or top_k=1"
            )
        if self.top_k is not None and self.top_k < 1:
            raise OptionError(f"top_k is at least 1, or None for all tokens: got {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise OptionError(f"top_p is a probability in (0, 1], or None for all tokens: got {self.top_p}")
        if self.n_best < 1:
            raise OptionError(f"n_best is at least 1: got {self.n_best}")

    @property
    def width(self) -> int:
        """Rows of a decoding step that one sentence takes."""
        return self.n_best


Search = Greedy | Beam | Sampling
