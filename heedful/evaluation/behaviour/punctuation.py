"""The mark at the end of a sentence: kept in kind, full-width marks counting as their kin; and its absence borne."""

from collections.abc import Sequence
from functools import partial

from heedful.evaluation.behaviour.comparison import MEASURE, PASSES, SAME, likeness
from heedful.evaluation.behaviour.probe import Judgement, Material, Probe, Series
from heedful.evaluation.behaviour.writing import MARKS, bare, ending, final_kind, with_mark

# With fewer real questions than this, statements with another mark stand in for them.
ENOUGH = 10


def punctuation_series(material: Material) -> list[Series]:
    """Statements, questions and exclamations; then sentences whose mark was taken away."""
    no_marks = "no sentence ends in a mark of the same kind as its translation"
    passes = "the output ends in a mark of that kind, of any width"
    found = [
        Series(f"{kind}s", f"{_with_article(kind)} ends as one", passes, _of_kind(material, kind), no_marks)
        for kind in MARKS
    ]
    bared = [Probe((source, _without_mark(source)), _judge_bare) for source, _ in material.plain if final_kind(source)]
    title, passes = "without its final mark: about the same translation", f"{PASSES}, outer marks left aside too"
    return [*found, Series("missing_mark", title, passes, bared, "no sentence ends in a mark", measure=MEASURE)]


def _of_kind(material: Material, kind: str) -> list[Probe]:
    """Real sentences of a kind; where there are few, and other sentences end as their translations do, made ones."""
    ends = [(source, final_kind(source)) for source, reference in material.pairs if _alike(source, reference)]
    texts = material.draw(kind, [source for source, found in ends if found == kind])
    if len(texts) < ENOUGH and kind != "statement":
        made = [with_mark(source, kind) for source, found in ends if found == "statement"]
        texts += material.draw(f"made {kind}", made)[: material.n_probes - len(texts)]
    return [Probe((text,), partial(_judge_kind, kind)) for text in texts]


def _alike(source: str, reference: str) -> bool:
    return final_kind(source) == final_kind(reference) != ""


def _judge_kind(kind: str, outputs: Sequence[str]) -> Judgement:
    found = final_kind(outputs[-1])
    return Judgement("" if found == kind else f"ends as {_with_article(found) if found else 'none of the three'}")


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind == "exclamation" else f"a {kind}"


def _without_mark(text: str) -> str:
    body, _, closing = ending(text)
    return body + closing


def _judge_bare(outputs: Sequence[str]) -> Judgement:
    value = likeness(*(bare(output) for output in reversed(outputs)))
    return Judgement("" if value >= SAME else f"chrF {value:.0f} against {outputs[0]!r}", value)
