"""How good translations are: BLEU, chrF and TER by sacreBLEU, each with its signature and its 95% interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from heedful.errors import DataError
from heedful.evaluation.significance import (
    N_RESAMPLES,
    SEED,
    Array,
    Comparison,
    ScoreSums,
    bootstrap_interval,
    paired_bootstrap,
)

_CHINESE = {"zh", "zho", "chi", "cmn", "yue", "wuu", "lzh"}
# Written without spaces between words, and no tokenizer of theirs comes with sacreBLEU alone: characters are compared.
_UNSPACED = {"ja", "jpn", "th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bo", "bod", "dz", "dzo"}
_IDEOGRAPHIC = _CHINESE | {"ja", "jpn"}
# Of the others a higher score is the better one.
LOWER_IS_BETTER = frozenset({"ter"})


@dataclass(frozen=True)
class Figure:
    """A score and how sure it is.

    Args:
        score: 0 to 100 (TER may exceed 100).
        low: lower end of the 95% bootstrap interval.
        high: upper end.
        signature: sacreBLEU's, everything needed to compute it again.
    """

    score: float
    low: float
    high: float
    signature: str


@dataclass(frozen=True)
class Scores:
    """The figures of one set of translations.

    Args:
        bleu: cased.
        bleu_lowercase: the same without case.
        chrf: chrF2, over characters.
        ter: edits per hundred words of the reference; lower is better.
    """

    bleu: Figure
    bleu_lowercase: Figure
    chrf: Figure
    ter: Figure

    def to_json(self) -> dict[str, dict[str, Any]]:
        """A dict of plain values: {"bleu": {"score": ..., "low": ..., "high": ..., "signature": ...}, ...}."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Mapping[str, Any]]) -> Self:
        """The inverse of `to_json`; other keys are passed over."""
        return cls(**{item.name: Figure(**values[item.name]) for item in fields(cls)})


@dataclass(frozen=True, eq=False)
class Tally:
    """What each sentence adds to the figures: the score of all, of some or of a draw of them is then a sum away.

    Args:
        statistics: (n_sentences, n_statistics) for each figure, by its name in `Scores`.
        language: code of the language translated into, as "de" or "zh"; decides how BLEU and TER find words.
    """

    statistics: Mapping[str, Array]
    language: str

    @classmethod
    def of(cls, hypotheses: Sequence[str], references: Sequence[str], language: str) -> Self:
        """Look at translations beside one reference each.

        Args:
            hypotheses: detokenised translations.
            references: detokenised, as many.
            language: code of the language translated into.
        Raises:
            DataError: different counts, or nothing to score.
        """
        _check(hypotheses, references)
        metrics = _metrics(language).items()
        return cls({name: _statistics(metric, hypotheses, references) for name, metric in metrics}, language)

    @classmethod
    def pooled(cls, tallies: Sequence[Self]) -> Self:
        """What several systems add together, sentence by sentence, as of trainings with several seeds.

        Args:
            tallies: one or more, of the same sentences.
        Returns:
            Its figures are those of all translations together; its intervals tell what other sentences would do, and
            not what other systems would.
        """
        statistics = {name: np.sum([each.statistics[name] for each in tallies], 0) for name in tallies[0].statistics}
        return cls(statistics, tallies[0].language)

    def __len__(self) -> int:
        """How many sentences."""
        return len(self.statistics["bleu"])

    def scores(self) -> Scores:
        """All figures of all sentences."""
        return Scores(**{name: self.figure(name) for name in self.statistics})

    def figure(self, name: str, rows: NDArray[np.integer] | None = None) -> Figure:
        """One figure with its interval.

        Args:
            name: a field of `Scores`.
            rows: the sentences that count; None are all.
        """
        statistics, metric = self._of(name, rows), _metrics(self.language)[name]
        # In sacreBLEU's own arithmetic, so that the figure is the very number that its command line prints.
        whole = metric._compute_score_from_stats(statistics.sum(0).astype(int).tolist()).score
        low, high = bootstrap_interval(statistics, _SUMS[name])
        metric.num_refs, metric.n_bootstrap, metric.seed = 1, N_RESAMPLES, str(SEED)
        return Figure(float(whole), low, high, metric.get_signature().format())

    def compare(self, other: "Tally", name: str, rows: NDArray[np.integer] | None = None) -> Comparison:
        """This system against another on the same sentences, by paired bootstrap.

        Args:
            other: of the other system.
            name: of a figure, a field of `Scores`.
            rows: the sentences that count; None are all.
        Raises:
            DataError: different counts.
        """
        if len(self) != len(other):
            raise DataError(
                f"expected translations of the same sentences: got {len(self):,} and {len(other):,}; give as many of "
                "each"
            )
        return paired_bootstrap(self._of(name, rows), other._of(name, rows), _SUMS[name])

    def _of(self, name: str, rows: NDArray[np.integer] | None) -> Array:
        return self.statistics[name] if rows is None else self.statistics[name][rows]


def score(hypotheses: Sequence[str], references: Sequence[str], language: str) -> Scores:
    """Score translations against one reference each.

    Args:
        hypotheses: detokenised translations.
        references: detokenised, as many.
        language: code of the language translated into, as "de" or "zh"; decides how BLEU and TER find words.
    Raises:
        DataError: different counts, or nothing to score.
    """
    return Tally.of(hypotheses, references, language).scores()


def compare(
    hypotheses: Sequence[str], others: Sequence[str], references: Sequence[str], language: str
) -> dict[str, Comparison]:
    """Compare two systems on the same sentences by paired bootstrap, for each of the four figures.

    Args:
        hypotheses: translations of the first system.
        others: translations of the second, as many.
        references: as many.
        language: code of the language translated into.
    Raises:
        DataError: different counts, or nothing to score.
    """
    ours, theirs = (Tally.of(lines, references, language) for lines in (hypotheses, others))
    return {name: ours.compare(theirs, name) for name in ours.statistics}


def corpus_bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> float:
    """Cased BLEU alone, without interval: for a look at the dev set during training.

    Args:
        hypotheses: detokenised translations.
        references: as many.
        language: code of the language translated into.
    Raises:
        DataError: different counts, or nothing to score.
    """
    _check(hypotheses, references)
    return float(bleu_metric(language).corpus_score(hypotheses, [references]).score)


def sentence_chrf(hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
    """The chrF of each sentence by itself, 0 to 100: what to sort by for the best and the worst.

    Args:
        hypotheses: detokenised translations.
        references: as many.
    Raises:
        DataError: different counts, or nothing to score.
    """
    _check(hypotheses, references)
    return [float(value) for value in _chrf_of_sums(_statistics(CHRF(), hypotheses, references))]


def bleu_metric(language: str, lowercase: bool = False) -> BLEU:
    """BLEU as the language wants it: over characters where words are written without spaces.

    Args:
        language: code of the language, or "".
        lowercase: whether case does not count.
    """
    base = _base(language)
    tokenizer = "zh" if base in _CHINESE else "char" if base in _UNSPACED else "13a"
    return BLEU(tokenize=tokenizer, lowercase=lowercase, force=True)


def _metrics(language: str) -> dict[str, Metric]:
    ideographic = _base(language) in _IDEOGRAPHIC
    return {
        "bleu": bleu_metric(language),
        "bleu_lowercase": bleu_metric(language, lowercase=True),
        "chrf": CHRF(),
        "ter": TER(normalized=ideographic, asian_support=ideographic),
    }


def _base(language: str) -> str:
    """ "zh" of "zh-CN" or "zh_Hans"."""
    return language.replace("_", "-").split("-")[0].lower()


def _statistics(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> Array:
    """Whole numbers, (n_sentences, n_statistics): what the metric sums up over sentences before it scores them."""
    return np.array(metric._extract_corpus_statistics(hypotheses, [references]), dtype=np.float64)


def bleu_of_sums(sums: Array) -> Array:
    """Lengths of translation and reference, then 4 counts of matching n-grams and 4 of all; "exp" smoothing."""
    length, reference, correct, total = sums[:, 0], sums[:, 1], sums[:, 2:6], sums[:, 6:10]
    missed = correct == 0
    possible = np.maximum(total, 1)
    halvings = 2.0 ** np.cumsum(missed, axis=1)
    precisions = np.where(missed, 1 / (halvings * possible), correct / possible)
    penalty = np.exp(np.minimum(0, 1 - reference / np.maximum(length, 1)))
    defined = (total > 0).all(axis=1) & (correct > 0).any(axis=1)
    return np.where(defined, 100 * penalty * np.exp(np.log(precisions).mean(axis=1)), 0.0)


def _chrf_of_sums(sums: Array) -> Array:
    """For each of 6 orders: n-grams of the translation, of the reference, and matching; beta is 2."""
    ours, theirs, matching = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    present = (ours > 0) & (theirs > 0)
    n_orders = np.maximum(present.sum(axis=1), 1)
    precision = (present * matching / np.maximum(ours, 1)).sum(axis=1) / n_orders
    recall = (present * matching / np.maximum(theirs, 1)).sum(axis=1) / n_orders
    weighted = 4 * precision + recall
    return np.where(weighted > 0, 100 * 5 * precision * recall / np.where(weighted > 0, weighted, 1), 0.0)


def _ter_of_sums(sums: Array) -> Array:
    """Edits, and words of the reference."""
    edits, words = sums[:, 0], sums[:, 1]
    return 100 * np.where(words > 0, edits / np.where(words > 0, words, 1), (edits > 0).astype(np.float64))


_SUMS: dict[str, ScoreSums] = {
    "bleu": bleu_of_sums,
    "bleu_lowercase": bleu_of_sums,
    "chrf": _chrf_of_sums,
    "ter": _ter_of_sums,
}


def _check(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    if len(hypotheses) != len(references):
        raise DataError(
            f"expected one reference for each translation: got {len(hypotheses):,} translations and "
            f"{len(references):,} references; give files of equally many lines"
        )
    if not hypotheses:
        raise DataError("expected at least one sentence to score: got none; check that the file is not empty")
