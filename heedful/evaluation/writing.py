"""How good what was written is: ROUGE and BLEU against one or several references, with intervals; and how varied."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from sacrebleu.metrics.bleu import BLEU

from heedful.errors import DataError
from heedful.evaluation.rouge import ngrams, rouge_l, rouge_n, words_of
from heedful.evaluation.significance import N_RESAMPLES, SEED, Array, Comparison, bootstrap_interval, paired_bootstrap
from heedful.evaluation.translation import Figure, bleu_metric, bleu_of_sums

# The first is the headline, of systems beside it too: by the same one the best weights are chosen.
_ROUGE = {"rouge_l": "ROUGE-L", "rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2"}
FIGURES = (*_ROUGE, "bleu")


@dataclass(frozen=True, eq=False)
class Tally:
    """What each text adds to the figures: the score of all, of some or of a draw of them is then a sum away.

    Args:
        statistics: (n_texts, n_statistics) for each figure, by its name.
        language: code of the texts, or ""; decides how BLEU finds words.
        n_references: the most that a text has.
    """

    statistics: Mapping[str, Array]
    language: str
    n_references: int

    @classmethod
    def of(cls, written: Sequence[str], references: Sequence[Sequence[str]], language: str = "") -> Self:
        """Look at texts beside their references.

        Args:
            written: by a model.
            references: of each text one at least.
            language: code of the texts; "" where it is not known.
        Raises:
            DataError: different counts, or nothing to score.
        """
        if len(written) != len(references) or not written:
            raise DataError(
                f"scoring needs references for each text: got {len(written):,} texts and references for "
                f"{len(references):,}"
            )
        pairs = list(zip(written, references, strict=True))
        found = {
            "rouge_l": [rouge_l(text, known) for text, known in pairs],
            "rouge_1": [rouge_n(text, known, 1) for text, known in pairs],
            "rouge_2": [rouge_n(text, known, 2) for text, known in pairs],
        }
        statistics = {name: np.array([[value, 1.0] for value in values]) for name, values in found.items()}
        most = max(map(len, references))
        # Where a text has fewer references than others, sacreBLEU passes over empty ones.
        columns = [[known[place] if place < len(known) else "" for known in references] for place in range(most)]
        metric = bleu_metric(language)
        statistics["bleu"] = np.array(metric._extract_corpus_statistics(list(written), columns), dtype=np.float64)
        return cls(statistics, language, most)

    def score(self, name: str) -> float:
        """One figure, 0 to 100."""
        return float(_SUMS[name](self.statistics[name].sum(0)[None])[0])

    def figure(self, name: str) -> Figure:
        """One figure with its interval."""
        return Figure(self.score(name), *bootstrap_interval(self.statistics[name], _SUMS[name]), self._signature(name))

    def figures(self) -> dict[str, dict[str, Any]]:
        """All of them, as scores.json has them."""
        return {name: asdict(self.figure(name)) for name in self.statistics}

    def compare(self, other: "Tally", name: str) -> Comparison:
        """This system against another on the same texts, by paired bootstrap.

        Args:
            other: of the other system.
            name: of a figure.
        """
        return paired_bootstrap(self.statistics[name], other.statistics[name], _SUMS[name])

    def _signature(self, name: str) -> str:
        if name in _ROUGE:
            best = "max" if self.n_references > 1 else "one"
            return f"{_ROUGE[name]}|F1|refs:{best}|case:lower|stem:no|tok:words|bs:{N_RESAMPLES}|seed:{SEED}"
        metric: BLEU = bleu_metric(self.language)
        metric.num_refs, metric.n_bootstrap, metric.seed = self.n_references, N_RESAMPLES, str(SEED)
        return metric.get_signature().format()


def distinct(texts: Sequence[str], n: int) -> float:
    """How many of all n-grams of some texts are different ones, in percent: the lower the more alike the texts.

    It falls as there are more texts, so only figures of as many texts of like length can be compared; and a bootstrap
    would draw texts twice, so it has no interval.

    Args:
        texts: any number.
        n: words of an n-gram.
    Source:
        Li et al. 2016, arXiv:1510.03055, section 5.
    """
    counted = [ngrams(words_of(text), n) for text in texts]
    total = sum(one.total() for one in counted)
    return 100 * len(set().union(*counted)) / total if total else 0.0


def _mean(sums: Array) -> Array:
    return np.asarray(100 * sums[:, 0] / sums[:, 1])


_SUMS = {**dict.fromkeys(_ROUGE, _mean), "bleu": bleu_of_sums}
