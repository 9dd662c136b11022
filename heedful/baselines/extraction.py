"""Summaries that nobody wrote: the first sentence of a text, and the one of its sentences that fits best, an oracle."""

from collections.abc import Sequence

from heedful.data.sentences import sentences_in
from heedful.evaluation.rouge import rouge_n


def lead(text: str) -> str:
    """The first sentence; hard to beat where the point comes first.

    Args:
        text: on one line.
    """
    return _sentences(text)[0]


def oracle(text: str, references: Sequence[str]) -> str:
    """The sentence of the text that shares most words with a reference: no system that copies one sentence is better.

    It looks at the reference, which no system may.

    Args:
        text: on one line.
        references: one at least.
    Source:
        Nallapati et al. 2017, arXiv:1611.04230, section 3.2, for a single sentence.
    """
    return max(_sentences(text), key=lambda sentence: rouge_n(sentence, references, 1))


def _sentences(text: str) -> list[str]:
    """One at least."""
    return [text[low:high] for low, high in sentences_in(text)] or [text]
