"""How good tags are: F1 of whole spans, as conlleval counts them, and accuracy of single tags."""

from collections.abc import Sequence

import numpy as np

from heedful.errors import DataError
from heedful.evaluation.labels import Tally

# Tags of one word that is a span by itself, or its last word, in schemes that tell them apart.
_ENDS = ("E", "S", "L", "U")
_BEGINS = ("B", "S", "U")


def spans_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The spans that tags tell of, in order: first word, the word behind the last, what it is.

    B-, I- and O, also with E- or L- for the last word and S- or U- for a single one; a span that begins with I- counts.

    Args:
        tags: of the words of a sentence.
    Source:
        Tjong Kim Sang and De Meulder 2003, arXiv:cs/0306050, and its script conlleval.
    """
    found: list[tuple[int, int, str]] = []
    begin, name = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        mark, _, kind = tag.partition("-")
        goes_on = name and kind == name and mark not in _BEGINS
        if name and not goes_on:
            found.append((begin, place, name))
            name = ""
        if kind and not name:
            begin, name = place, kind
        if name and mark in _ENDS:
            found.append((begin, place + 1, name))
            name = ""
    return found


def marks_spans(tags: Sequence[str]) -> bool:
    """Whether tags are those of spans (B-..., I-..., O), and not one for each word.

    Args:
        tags: each once.
    """
    marks = [tag.partition("-") for tag in tags if tag != "O"]
    return bool(marks) and all(dash and kind and len(mark) == 1 for mark, dash, kind in marks)


def tally_of_tags(predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> Tally:
    """Span F1 where the true tags mark spans, and accuracy of single tags.

    Args:
        predicted: tags of each sentence.
        truth: as many.
    Raises:
        DataError: different counts, or nothing to score.
    """
    if len(predicted) != len(truth) or not truth:
        raise DataError(f"expected tags of each sentence: got {len(predicted):,} for {len(truth):,} sentences")
    for number, (ours, theirs) in enumerate(zip(predicted, truth, strict=True), 1):
        if len(ours) != len(theirs):
            raise DataError(f"sentence {number} has {len(theirs)} words: got {len(ours)} tags")
    both = list(zip(predicted, truth, strict=True))
    alike = np.array(
        [[sum(a == b for a, b in zip(ours, theirs, strict=True)), len(theirs)] for ours, theirs in both], float
    )
    if not marks_spans(sorted({tag for tags in truth for tag in tags})):
        return Tally({"accuracy": alike})
    rows = []
    for ours, theirs in both:
        told, true = set(spans_of(ours)), set(spans_of(theirs))
        rows.append([len(told & true), len(told), len(true)])
    return Tally({"span_f1": np.array(rows, float), "accuracy": alike})
