"""What a verdict is made of: kinds of findings with their gravity and advice, and where each shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["fatal", "warning", "note"]
MAX_EXAMPLES = 5

# Kind: severity, title, advice.
KINDS: dict[str, tuple[Severity, str, str]] = {
    "size": ("fatal", "Too little text", "give at least 2 pairs with text on both sides; thousands for a useful model"),
    "empty": ("warning", "Empty lines", "they are left out of training; check that the files are aligned"),
    "identical": ("warning", "Both sides the same", "remove untranslated lines: the model learns to copy from them"),
    "same": ("fatal", "The two sides are one text", "give the translation as target: is the same file given twice?"),
    "swapped": ("warning", "Sides seem swapped", "exchange source and target, or their languages"),
    "language": ("warning", "Another language than named", "check the file and the language named for it"),
    "alignment": ("warning", "Lengths do not go together", "check that line i of both files is the same sentence"),
    "ratio": ("warning", "One side over 9 times longer", "remove these pairs: they are hardly translations"),
    "script": ("warning", "Another script than the rest", "remove these lines, or move them to their language"),
    "duplicate": ("note", "Repeated pairs", "remove repeats, unless their frequency is meant"),
    "ambiguous": ("note", "Sources with several translations", "harmless when all are right; scores look lower for it"),
    "leaked_pairs": ("warning", "Held-out pairs in the training text", "remove them from one: scores are too high"),
    "leaked_sentences": ("warning", "Held-out sentences in the training", "remove them from one: scores are too high"),
    "long": ("note", "Very long lines", "split them into sentences; lines over the model's window are left out"),
    "control": ("warning", "Control characters", "remove them: they are no text"),
    "bidi": ("note", "Direction marks", "remove them unless the language is written from right to left"),
    "mojibake": ("warning", "Garbled characters", "decode the original again: it was read in a wrong encoding"),
    "unnormalised": ("note", "Not in normal form C", "nothing to do: text is normalised when it is read"),
    "spaces": ("note", "Odd spaces", "strip and single them: the model learns to write them"),
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Where a finding shows.

    Args:
        file: path of the file.
        line: counted from 1.
        what: an excerpt, or what it repeats.
    """

    file: str
    line: int
    what: str


@dataclass(frozen=True)
class Finding:
    """One kind of thing that is wrong.

    Args:
        kind: one word, stable.
        title: for people.
        severity: "fatal" when training would make no sense, "warning" when it would suffer, "note" otherwise.
        count: lines or pairs.
        share: of all lines, or of the held-out ones.
        examples: at most MAX_EXAMPLES, the first ones.
        advice: what to do.
    """

    kind: str
    title: str
    severity: Severity
    count: int
    share: float
    examples: tuple[Example, ...]
    advice: str


def make_finding(kind: str, count: int, total: int, examples: Sequence[Example] = ()) -> Finding:
    """A finding with the gravity, title and advice of its kind; the first examples are kept.

    Args:
        kind: a key of KINDS.
        count: lines or pairs.
        total: of which these are so many.
        examples: any number.
    """
    severity, title, advice = KINDS[kind]
    share = count / total if total else 0.0
    return Finding(kind, title, severity, count, share, tuple(examples[:MAX_EXAMPLES]), advice)


def by_gravity(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first."""
    grave, kinds = ("fatal", "warning", "note"), list(KINDS)
    return tuple(sorted(findings, key=lambda found: (grave.index(found.severity), kinds.index(found.kind))))
