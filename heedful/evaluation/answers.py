"""How good answers from a text are: exact match and F1, as SQuAD and CMRC 2018 count them, each with its interval."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from heedful.errors import DataError
from heedful.evaluation.significance import (
    N_RESAMPLES,
    SEED,
    Array,
    Comparison,
    bootstrap_interval,
    paired_bootstrap,
)

# What an answer is compared by: the words of SQuAD, or the characters of CMRC 2018.
Units = Literal["words", "characters"]
NORMS: dict[Units, str] = {"words": "squad", "characters": "cmrc2018"}

_MARKS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def units_of(texts: Iterable[str]) -> Units:
    """By what the answers of such texts are compared: characters where most letters are Chinese.

    Args:
        texts: contexts.
    """
    n_han = n_letters = 0
    for text in texts:
        n_han += len(_HAN.findall(text))
        n_letters += sum(map(str.isalpha, text))
    return "characters" if 2 * n_han > n_letters else "words"


def plain(text: str, units: Units) -> str:
    """An answer as it is compared: in small letters, without marks, in English without articles.

    Args:
        text: an answer.
        units: by what it is compared.
    Source:
        Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1; Cui et al. 2019, arXiv:1810.07366, section 3.
    """
    if units == "words":
        return " ".join(_ARTICLES.sub(" ", text.lower().translate(_MARKS)).split())
    return "".join(letter for letter in text.lower().strip() if unicodedata.category(letter)[0] not in "PS")


def exact_match(answer: str, golds: Sequence[str], units: Units) -> float:
    """1 when an answer equals one of those that were given, else 0; without any, when it is empty.

    Args:
        answer: empty where none was found.
        golds: what people answered; none where the text does not answer.
        units: by what they are compared.
    """
    mine = plain(answer, units)
    return float(any(mine == plain(gold, units) for gold in golds or [""]))


def f1(answer: str, golds: Sequence[str], units: Units) -> float:
    """What an answer shares with the one that it is closest to, from 0 to 1.

    Words in common count wherever they stand; characters only in the longest run that both have.

    Args:
        answer: empty where none was found.
        golds: what people answered; none where the text does not answer.
        units: by what they are compared.
    """
    return max(_f1(answer, gold, units) for gold in golds or [""])


@dataclass(frozen=True, eq=False)
class Tally:
    """What each question adds to the figures.

    Args:
        f1: (n_questions,) from 0 to 1.
        exact: (n_questions,) 0 or 1.
        answerable: (n_questions,) bool: whether its text answers it.
        units: by what answers are compared.
    """

    f1: Array
    exact: Array
    answerable: np.ndarray
    units: Units

    @classmethod
    def of(cls, answers: Sequence[str], golds: Sequence[Sequence[str]], units: Units) -> Self:
        """Compare answers with those that people gave.

        Args:
            answers: one a question; empty where none was found.
            golds: of each question, none where its text does not answer it.
            units: by what they are compared.
        Raises:
            DataError: different counts, or nothing to score.
        """
        if len(answers) != len(golds) or not answers:
            raise DataError(f"expected an answer to each question: got {len(answers):,} and {len(golds):,} questions")
        pairs = list(zip(answers, golds, strict=True))
        return cls(
            np.array([f1(answer, several, units) for answer, several in pairs]),
            np.array([exact_match(answer, several, units) for answer, several in pairs]),
            np.array([bool(several) for several in golds]),
            units,
        )

    def __len__(self) -> int:
        """How many questions."""
        return len(self.f1)

    def score(self, name: str) -> float:
        """A figure alone, "f1" or "exact_match", 0 to 100."""
        return float(100 * self._each(name).mean())

    def figures(self) -> dict[str, dict[str, Any]]:
        """Both: {"f1": {"score": ..., "low": ..., "high": ..., "signature": ...}, "exact_match": ...}."""
        found = {}
        for name in ("f1", "exact_match"):
            low, high = bootstrap_interval(self._each(name)[:, None], self._mean)
            signature = f"{name}|norm:{NORMS[self.units]}|n:{len(self)}|bs:{N_RESAMPLES}|seed:{SEED}"
            found[name] = {"score": self.score(name), "low": low, "high": high, "signature": signature}
        return found

    def part(self, wanted: np.ndarray) -> "Tally":
        """The same of some questions.

        Args:
            wanted: (n_questions,) bool.
        """
        return Tally(self.f1[wanted], self.exact[wanted], self.answerable[wanted], self.units)

    def compare(self, other: "Tally", name: str) -> Comparison:
        """This system against another on the same questions, by paired bootstrap.

        Args:
            other: of the other system.
            name: "f1" or "exact_match".
        Raises:
            DataError: different counts.
        """
        if len(self) != len(other):
            raise DataError(f"expected answers to the same questions: got {len(self):,} and {len(other):,}")
        return paired_bootstrap(self._each(name)[:, None], other._each(name)[:, None], self._mean)

    def _each(self, name: str) -> Array:
        return {"f1": self.f1, "exact_match": self.exact}[name]

    def _mean(self, sums: Array) -> Array:
        return np.asarray(100 * sums[:, 0] / len(self))


def best_threshold(margins: Sequence[float], answered: Sequence[float], refused: Sequence[float]) -> float:
    """From what margin on it is best to say that a text does not answer: the one with the highest score in all.

    Args:
        margins: of each question, by how much "no answer" is likelier than the best answer, in nats.
        answered: of each, the score of its best answer.
        refused: of each, the score of saying nothing.
    Returns:
        A margin between two of those given, or beyond them.
    Source:
        Rajpurkar et al. 2018, arXiv:1806.03822, section 5.
    """
    order = np.argsort(np.asarray(margins), kind="stable")
    sorted_margins, gains = np.asarray(margins)[order], (np.asarray(answered) - np.asarray(refused))[order]
    edges = [sorted_margins[0] - 1.0, *(sorted_margins[1:] + sorted_margins[:-1]) / 2, sorted_margins[-1] + 1.0]
    # Questions of the same margin are answered alike, so there is no place between them.
    open_places = np.concatenate([[True], np.diff(sorted_margins) > 0, [True]])
    totals = np.where(open_places, np.concatenate([[0.0], np.cumsum(gains)]), -np.inf)
    return float(edges[int(totals.argmax())])


def _f1(answer: str, gold: str, units: Units) -> float:
    if units == "words":
        mine, theirs = (plain(text, units).split() for text in (answer, gold))
        common = (Counter(mine) & Counter(theirs)).total()
    else:
        mine, theirs = (_UNIT.findall(text.lower()) for text in (answer, gold))
        common = _longest_run(mine, theirs)
    if not mine or not theirs:
        return float(mine == theirs)
    return 2 * common / (len(mine) + len(theirs))


def _longest_run(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """The length of the longest run of units that both have."""
    best, before = 0, [0] * (len(theirs) + 1)
    for unit in mine:
        now = [0] + [before[place] + 1 if unit == other else 0 for place, other in enumerate(theirs)]
        best, before = max(best, *now), now
    return best
