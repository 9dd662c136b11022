"""Typos: letters swapped and dropped inside words, or characters where there are no words."""

from heedful.evaluation.behaviour.comparison import MEASURE, PASSES, judge_same
from heedful.evaluation.behaviour.probe import Material, Probe, Series
from heedful.evaluation.behaviour.writing import is_spaced

# One typo for so many words or characters, one at least.
EVERY_WORDS, EVERY_CHARACTERS = 6, 10
# Shorter words become other words.
MIN_LETTERS = 4


def noise_series(material: Material) -> list[Series]:
    """Each sentence with typos against the same without."""
    missing = "no sentence is long enough for a typo"
    found = []
    for name, title in (("swapped", "letters swapped"), ("dropped", "letters dropped")):
        noisy = [(source, with_typos(material, source, name)) for source, _ in material.plain]
        probes = [Probe((source, text), judge_same) for source, text in noisy if text != source]
        title = f"{title}: about the same translation"
        found.append(Series(f"typos_{name}", title, PASSES, probes, missing, measure=MEASURE))
    return found


def with_typos(material: Material, text: str, kind: str) -> str:
    """A sentence with typos.

    Args:
        material: whose seed decides where they are.
        text: without.
        kind: "swapped" or "dropped".
    """
    places = _places(text)
    every = EVERY_WORDS if is_spaced([text]) else EVERY_CHARACTERS
    n_typos = max(1, len(text.split() if is_spaced([text]) else text) // every)
    ranked = sorted(places, key=lambda place: material.chance(f"typo {kind}", (text, place)))
    for place in sorted(ranked[:n_typos], reverse=True):
        first, second = text[place], text[place + 1]
        text = text[:place] + (second + first if kind == "swapped" else second) + text[place + 2 :]
    return text


def _places(text: str) -> list[int]:
    """Where a letter may be swapped with its right neighbour or dropped; never two places side by side.

    The first letter of a word and the one behind it stay, as they do under most people's fingers.
    """
    spaced = is_spaced([text])
    places: list[int] = []
    start = 0
    for at in range(len(text) - 1):
        if not text[at].isalpha():
            start = at + 1
        length = _run_length(text, start)
        inside = at > start if spaced else True
        both = text[at].isalpha() and text[at + 1].isalpha() and text[at] != text[at + 1]
        fits = both and inside and (length >= MIN_LETTERS if spaced else length > 1)
        if fits and (not places or at > places[-1] + 1):
            places.append(at)
    return places


def _run_length(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end].isalpha():
        end += 1
    return end - start
