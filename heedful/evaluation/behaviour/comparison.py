"""Whether two translations say the same, as far as their characters tell."""

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from heedful.evaluation.behaviour.probe import Judgement
from heedful.evaluation.behaviour.writing import is_spaced

# chrF from which two translations count as the same: one or two words of ten may differ.
SAME = 50.0
MEASURE = "chrF between the two translations"
PASSES = f"chrF, case left aside, is {SAME:.0f} at least between the translations of both"
# A word of Chinese has one character or two: runs of six would span half a sentence, and one change break them all.
ORDERS = {True: 6, False: 2}


def likeness(one: str, other: str) -> float:
    """chrF of one text against the other, 0 to 100, case left aside; 100 for two empty ones."""
    if not one.strip() and not other.strip():
        return 100.0
    metric = CHRF(char_order=ORDERS[is_spaced([other])])
    return float(metric.sentence_score(one.casefold(), [other.casefold()]).score)


def judge_same(outputs: Sequence[str]) -> Judgement:
    """The last translation against the first."""
    value = likeness(outputs[-1], outputs[0])
    return Judgement("" if value >= SAME else f"chrF {value:.0f} against {outputs[0]!r}", value)
