"""The verdict on a parallel text: what is wrong with it, where, how much of it, and what to do."""

from dataclasses import asdict, dataclass
from typing import Any

from heedful.data.findings import Finding, by_gravity
from heedful.data.survey import Survey
from heedful.data.text import ParallelText, Side

# In words, or characters where the script has no spaces; the usual limit of machine translation is 100 to 250.
MAX_UNITS = 150


@dataclass(frozen=True)
class Verdict:
    """All findings, the gravest first.

    Args:
        n_lines: of each side.
        n_usable: pairs with text on both sides.
        languages: that each side seems to be in, or None.
        scripts: that most lines of each side are written in, or None.
        n_several: usable pairs with several sentences on a side, by the side.
        mean_units: words (characters where the script has no spaces) a usable line, of each side.
        findings: what is wrong.
    """

    n_lines: int
    n_usable: int
    languages: dict[Side, str | None]
    scripts: dict[Side, str | None]
    n_several: dict[Side, int]
    mean_units: dict[Side, float]
    findings: tuple[Finding, ...]

    @property
    def fatal(self) -> list[Finding]:
        """The findings for which `train` refuses the text."""
        return [finding for finding in self.findings if finding.severity == "fatal"]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def inspect(
    text: ParallelText,
    source_language: str | None = None,
    target_language: str | None = None,
    *,
    held_out: ParallelText | None = None,
    test: ParallelText | None = None,
    max_units: int = MAX_UNITS,
) -> Verdict:
    """Read a parallel text once and judge it; some bytes a line are kept, never the text.

    Args:
        text: to train on.
        source_language: code that the user named; None names none.
        target_language: the same for the other side.
        held_out: a development text that must not occur in it.
        test: another one, for the final scores.
        max_units: longest line, in words, or characters where the script has no spaces.
    Raises:
        DataError: the text cannot be read: what `ParallelText.pairs` refuses.
    """
    survey = Survey(text, max_units)
    for line, (source, target) in enumerate(text.pairs(), 1):
        survey.add(line, source, target)
    survey.judge_whole({"source": source_language, "target": target_language})
    survey.judge_repetitions()
    for other in (held_out, test):
        if other is not None:
            survey.judge_leakage(other)
    return Verdict(
        survey.n_lines,
        survey.n_usable,
        survey.languages,
        survey.scripts,
        survey.n_several,
        survey.mean_units(),
        by_gravity(survey.findings),
    )
