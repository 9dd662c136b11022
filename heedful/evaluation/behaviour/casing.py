"""The same sentence in capitals, in small letters, in title case: the translation should say the same."""

from collections.abc import Callable

from heedful.evaluation.behaviour.comparison import MEASURE, PASSES, judge_same
from heedful.evaluation.behaviour.probe import Material, Probe, Series

CASINGS: dict[str, tuple[str, Callable[[str], str]]] = {
    "upper": ("all capitals", str.upper),
    "lower": ("all small letters", str.lower),
    "title": ("a capital on every word", lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split())),
}


def casing_series(material: Material) -> list[Series]:
    """Three ways to write each sentence, each compared with the translation of the plain one; case does not count."""
    missing = f"the script of {material.source!r} has no large and small letters"
    found = []
    for name, (title, write) in CASINGS.items():
        probes = [
            Probe((source, write(source)), judge_same)
            for source, _ in (material.plain if material.cased else ())
            if write(source) != source
        ]
        title = f"{title}: about the same translation"
        found.append(Series(f"casing_{name}", title, PASSES, probes, missing, measure=MEASURE))
    return found
