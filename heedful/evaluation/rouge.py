"""ROUGE: how much of a reference stands in what was written, in words, pairs of words, and in their order.

Lin 2004, "ROUGE: A package for automatic evaluation of summaries": F1, over lower-cased words, without stemming. Of
ASCII text the words are those of Google's rouge_score; letters of other scripts are letters here, and characters of
scripts without spaces are words each. Of several references the best counts.
"""

import re
from collections import Counter
from collections.abc import Sequence

_UNSPACED = r"\u2e80-\u2fff\u3005-\u3007\u3040-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def words_of(text: str) -> list[str]:
    """The words that count."""
    return _WORD.findall(text.lower())


def rouge_n(written: str, references: Sequence[str], n: int) -> float:
    """F1 of n-grams, each counted as often as it stands in both.

    Args:
        written: by a model.
        references: one at least.
        n: words of an n-gram.
    Returns:
        0 to 1.
    """
    ours = ngrams(words_of(written), n)
    return max(_overlap(ours, ngrams(words_of(reference), n)) for reference in references)


def rouge_l(written: str, references: Sequence[str]) -> float:
    """F1 of the longest common subsequence of words, the whole text as one sequence.

    Args:
        written: by a model.
        references: one at least.
    Returns:
        0 to 1.
    """
    ours = words_of(written)
    theirs = [words_of(reference) for reference in references]
    return max(_f1(common_length(ours, other), len(ours), len(other)) for other in theirs)


def ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """How often each n-gram stands in a text."""
    return Counter(tuple(words[place : place + n]) for place in range(len(words) - n + 1))


def common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Words of the longest sequence that stands in both in this order, with gaps."""
    lengths = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for place, other in enumerate(second, 1):
            above = lengths[place]
            lengths[place] = diagonal + 1 if word == other else max(above, lengths[place - 1])
            diagonal = above
    return lengths[-1]


def _overlap(ours: Counter[tuple[str, ...]], theirs: Counter[tuple[str, ...]]) -> float:
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def _f1(both: int, ours: int, theirs: int) -> float:
    return 2 * both / (ours + theirs) if both else 0.0
