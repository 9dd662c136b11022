"""What a model forgets when it goes on learning: the sentences its old run was scored on, before and after.

French 1999, "Catastrophic forgetting in connectionist networks". Answers from before are kept, so that nothing else of
the old run is needed in the end, and chance is judged on pairs of answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.decoding import Search
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Tally
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.facts import FIGURE_NAMES, Section
from heedful.tasks.inheritance import Inheritance
from heedful.tasks.loading import task_of
from heedful.tasks.preparation import READY
from heedful.tasks.translator import Direction, Translator

BEFORE = "before.json"
# Evenly spread over those that the old run was scored on: enough for an interval of a few points.
MAX_SCORED = 500
FIGURES = ("bleu", "chrf")


@dataclass(frozen=True)
class Forgetting:
    """What came of it.

    Args:
        name: of the old run.
        data: of the sentences.
        before: figures of the old run, by name.
        after: figures of the new one.
        comparisons: after minus before.
        n_sentences: how many.
    """

    name: str
    data: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    comparisons: Mapping[str, Comparison]
    n_sentences: int

    @property
    def said(self) -> str:
        """One sentence."""
        found = self.comparisons["bleu"]
        digits = found.digits(1)
        span = f"95% interval {found.low:+.{digits}f} to {found.high:+.{digits}f}, p = {found.p_in_words}"
        change = f"{found.difference:+.{digits}f} BLEU ({span})"
        if not found.clear:
            return f"On the old domain no change can be shown: {change}."
        return f"On the old domain it is {'better than' if found.difference > 0 else 'worse than'} before: {change}."

    @property
    def section(self) -> Section:
        """For the card and the report."""
        about = (
            f"Scored on {self.n_sentences:,} of the held-out sentences of {self.name} ({self.data}), which neither "
            "training has seen unless they stand in the new text."
        )
        rows = []
        for name, found in self.comparisons.items():
            digits = found.digits(1)
            span = f"{found.difference:+.{digits}f} ({found.low:+.{digits}f} to {found.high:+.{digits}f})"
            rows.append([FIGURE_NAMES[name][0], f"{self.before[name]:.1f}", f"{self.after[name]:.1f}", span])
        return Section(
            "What it forgot", [self.said, about], ("figure", f"{self.name} before", "after", "after minus before"), rows
        )

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        comparisons = {name: found.to_json() for name, found in self.comparisons.items()}
        return {
            "run": self.name,
            "data": self.data,
            "sentences": self.n_sentences,
            "before": dict(self.before),
            "after": dict(self.after),
            "comparisons": comparisons,
        }


def remember(place: Path, inheritance: Inheritance, directions: Sequence[Direction], device: str | None) -> None:
    """Translate what the old run was scored on, and write it down; or why that cannot be.

    Args:
        place: `training/begun/` of the new run.
        inheritance: what it begins with.
        directions: of the new run.
        device: "cpu" or "cuda"; None chooses.
    """
    path = inheritance.paths[0]
    write_json(place / BEFORE, {"run": path.resolve().name, **_remembered(path, directions, device)})


def _remembered(path: Path, directions: Sequence[Direction], device: str | None) -> dict[str, Any]:
    if task_of(path) != "translation":
        return {"why_not": "it translated nothing before"}
    ready = RunDirectory(path).begun / READY
    if not ready.is_file():
        return {"why_not": "the sentences that it was scored on are gone with its training folder"}
    translator = Translator.load(path, device)
    direction = next((way for way in translator.directions if way in directions), None)
    if direction is None:
        ways = " and ".join(" → ".join(way) for way in translator.directions)
        return {"why_not": f"it translated {ways}, which this run does not learn"}
    stored = read_json(ready)
    data = "test" if stored["test"] else "dev"
    pairs = stored[data]
    n = min(len(pairs), MAX_SCORED)
    chosen = [pairs[place * len(pairs) // n] for place in range(n)]
    if direction != translator.directions[0]:
        chosen = [[target, source] for source, target in chosen]
    found = translator.answer([source for source, _ in chosen], to=direction[1], leave_out=True).texts
    return {"data": data, "direction": direction, "pairs": chosen, "hypotheses": found}


def measure(
    place: Path, translator: Translator, search: Search, progress: Callable[[int, int], None] | None = None
) -> tuple[Section, dict[str, Any]] | None:
    """What the new model has forgotten.

    Args:
        place: `training/begun/` of the run.
        translator: finished.
        search: how it decodes.
        progress: is told (sentences done, sentences in all).
    Returns:
        What is told of it, and its plain values; None of a run from scratch.
    """
    if not (place / BEFORE).is_file():
        return None
    stored = read_json(place / BEFORE)
    if "why_not" in stored:
        said = f"What it forgot of {stored['run']} was not measured: {stored['why_not']}."
        return Section("What it forgot", [said]), {"run": stored["run"], "why_not": stored["why_not"]}
    pairs, to = stored["pairs"], stored["direction"][1]
    references = [target for _, target in pairs]
    answers = translator.answer(
        [source for source, _ in pairs], to=to, search=search, progress=progress, leave_out=True
    )
    before, after = (Tally.of(texts, references, to) for texts in (stored["hypotheses"], answers.texts))
    then, now = ({name: tally.figure(name).score for name in FIGURES} for tally in (before, after))
    comparisons = {name: after.compare(before, name) for name in FIGURES}
    found = Forgetting(stored["run"], stored["data"], then, now, comparisons, len(pairs))
    return found.section, found.to_json()
