"""Answers that were given before: to a text the answer of the nearest text, by the words that both have."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heedful.evaluation.rouge import words_of


class Nearest:
    """TF-IDF vectors of known texts, and their answers. A rare word weighs more than a common one.

    Args:
        sources: known texts.
        targets: the answer to each.

    Source:
        Salton and Buckley 1988, "Term-weighting approaches in automatic text retrieval".
    """

    def __init__(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        self._targets = targets
        counts = [Counter(words_of(source)) for source in sources]
        found = Counter(word for count in counts for word in count)
        self._idf = {word: float(np.log((1 + len(sources)) / (1 + n)) + 1) for word, n in found.items()}
        places: dict[str, list[int]] = {}
        weights: dict[str, list[float]] = {}
        for place, count in enumerate(counts):
            norm = self._norm(count) or 1.0
            for word, n in count.items():
                places.setdefault(word, []).append(place)
                weights.setdefault(word, []).append(n * self._idf[word] / norm)
        self._rows = {word: (np.array(places[word]), np.array(weights[word])) for word in places}

    def answer(self, source: str) -> str:
        """The answer to the nearest known text by the cosine; the first one where no word is known.

        Args:
            source: any text.
        """
        likeness = np.zeros(len(self._targets))
        for word, n in Counter(words_of(source)).items():
            if word in self._rows:
                places, weights = self._rows[word]
                likeness[places] += n * self._idf[word] * weights
        return self._targets[int(likeness.argmax())]

    def _norm(self, count: Counter[str]) -> float:
        return float(np.sqrt(sum((n * self._idf[word]) ** 2 for word, n in count.items())))
