"""Several sentences at once: the translation should be as long as the reference, and no sentence should be missing."""

from collections.abc import Sequence
from functools import partial

from heedful.evaluation.behaviour.probe import Judgement, Material, Probe, Series
from heedful.evaluation.behaviour.writing import bare, final_kind, joined, units

SIZES = (2, 3, 4)
# Output against reference, in words or characters: outside of it something is missing or was added.
LEAST, MOST = 0.7, 1.5
# The share of what a sentence is translated into by itself that must come back when others stand around it.
SEEN = 0.3


def length_series(material: Material) -> list[Series]:
    """Two to four sentences joined, those that end in a mark."""
    whole = [pair for pair in material.plain if all(final_kind(side) for side in pair)]
    probes: list[Probe] = []
    at = 0
    while True:
        size = SIZES[len(probes) % len(SIZES)]
        chosen = whole[at : at + size]
        if len(chosen) < size:
            break
        sources, references = zip(*chosen, strict=True)
        probes.append(Probe((*sources, joined(sources)), partial(_judge, joined(references))))
        at += size
    title = "two to four sentences at once: all are translated"
    missing = "not enough sentences that end in a mark"
    passes = (
        f"{LEAST:g} to {MOST:g} times as long as the reference, with {SEEN:.0%} of what each sentence gives by itself"
    )
    return [Series("long_input", title, passes, probes, missing, measure="length against the reference")]


def _judge(reference: str, outputs: Sequence[str]) -> Judgement:
    *alone, output = outputs
    ratio = len(units(output)) / len(units(reference))
    if not LEAST <= ratio <= MOST:
        return Judgement(f"{ratio:.2f} times as long as the reference", ratio)
    there = _parts(output)
    for number, translation in enumerate(alone, 1):
        wanted = _parts(translation)
        if wanted and len(wanted & there) < SEEN * len(wanted):
            return Judgement(f"sentence {number} of {len(alone)} seems to be missing", ratio)
    return Judgement("", ratio)


def _parts(text: str) -> set[str]:
    """The words of a text, or its characters."""
    return {bare(unit) for unit in units(text)} - {""}
