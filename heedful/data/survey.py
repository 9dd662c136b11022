"""Reading a parallel text once: counting what is wrong with its pairs, and judging the whole at the end."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heedful.data import repetition
from heedful.data.faults import excerpt, pair_faults
from heedful.data.findings import MAX_EXAMPLES, Example, Finding, make_finding
from heedful.data.languages import count_units, language_of_text, main_script, same_language
from heedful.data.sentences import holds_several
from heedful.data.split import sentence_identities
from heedful.data.text import ParallelText, Side, identity

# More than this share of pairs with equal sides is no translation.
MAX_IDENTICAL = 0.5
MIN_CORRELATION, MIN_CORRELATED = 0.2, 200
_SAMPLE_LINES, _SAMPLE_CHARACTERS = 2000, 400
_SIDES: tuple[Side, Side] = ("source", "target")


@dataclass
class _Tally:
    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, example: Example) -> None:
        self.count += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(example)


class Survey:
    """Counts while the text is read, and judges at the end.

    Args:
        text: that is read.
        max_units: longest line, in words, or characters where the script has no spaces.

    Attributes:
        n_lines: read so far.
        n_usable: those with text on both sides.
        n_several: of these, those that hold several sentences on a side.
        scripts: that most lines of each side are written in, once judged.
        languages: that each side seems to be in, once judged.
        findings: in the order in which they were made.
    """

    def __init__(self, text: ParallelText, max_units: int) -> None:
        self._files = {side: str(text.path(side)) for side in _SIDES}
        self._max_units = max_units
        self.n_lines = self.n_usable = 0
        self.n_several: dict[Side, int] = dict.fromkeys(_SIDES, 0)
        self._tallies: dict[str, _Tally] = {}
        self._of_script: dict[Side, dict[str, _Tally]] = {side: {} for side in _SIDES}
        self._samples: dict[Side, list[str]] = {side: [] for side in _SIDES}
        self._identities = {side: array("Q") for side in _SIDES}
        # Sums of x, y, xx, yy, xy over the logarithms of both lengths; and of the lengths.
        self._moments = np.zeros(5)
        self._units = np.zeros(2)
        self._pending: list[tuple[int, int]] = []
        self.scripts: dict[Side, str | None] = dict.fromkeys(_SIDES)
        self.languages: dict[Side, str | None] = dict.fromkeys(_SIDES)
        self.findings: list[Finding] = []

    def add(self, line: int, source: str, target: str) -> None:
        """Look at a pair."""
        self.n_lines = line
        usable = bool(source.strip() and target.strip())
        for fault in pair_faults(source, target, self._max_units):
            self._note(fault.kind, Example(self._files[fault.side], line, fault.what))
        for side, sentence in zip(_SIDES, (source, target), strict=True):
            self._identities[side].append(identity(sentence))
            if usable:
                self._look_at_script(side, line, sentence)
                self.n_several[side] += holds_several(sentence)
        if usable:
            self.n_usable += 1
            self._pending.append((count_units(source), count_units(target)))
            if len(self._pending) >= 1 << 12:
                self._add_moments()

    def _note(self, kind: str, example: Example) -> None:
        """Count something of a kind."""
        self._tallies.setdefault(kind, _Tally()).add(example)

    def _look_at_script(self, side: Side, line: int, text: str) -> None:
        """Count the line for its script, and keep it as a sample of the language."""
        if len(self._samples[side]) < _SAMPLE_LINES:
            self._samples[side].append(text[:_SAMPLE_CHARACTERS])
        script = main_script(text)
        if script is not None:
            tally = self._of_script[side].setdefault(script, _Tally())
            if len(tally.examples) < MAX_EXAMPLES:
                tally.add(Example(self._files[side], line, f"{script}: {excerpt(text)}"))
            else:
                tally.count += 1

    def _add_moments(self) -> None:
        """Empty the list of lengths into their sums."""
        if self._pending:
            units = np.array(self._pending, dtype=np.float64)
            x, y = np.log1p(units).T
            self._moments += [x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()]
            self._units += units.sum(axis=0)
            self._pending.clear()

    def judge_whole(self, named: dict[Side, str | None]) -> None:
        """What can be said of the whole text: its size, scripts, languages, and whether the sides go together."""
        self._add_moments()
        for kind, tally in self._tallies.items():
            self._find(kind, tally.count, tally.examples)
        if self.n_usable < 2:
            self._find("size", self.n_usable)
        identical = self._tallies.get("identical")
        if identical and identical.count > MAX_IDENTICAL * self.n_usable:
            self._find("same", identical.count, identical.examples)
        for side in _SIDES:
            counts = {script: tally.count for script, tally in self._of_script[side].items()}
            self.scripts[side] = max(counts, key=lambda script: (counts[script], script), default=None)
            self.languages[side] = language_of_text(self._samples[side])
            self._judge_scripts(side)
        self._judge_languages(named)
        self._judge_alignment()

    def _judge_scripts(self, side: Side) -> None:
        """Lines in another script than most; Chinese characters alone are no other script in a Japanese text."""
        main = self.scripts[side]
        others = {
            script: tally
            for script, tally in self._of_script[side].items()
            if script != main and {script, main} != {"Han", "Kana"}
        }
        count = sum(tally.count for tally in others.values())
        examples = sorted((e for tally in others.values() for e in tally.examples), key=lambda e: e.line)
        if count:
            self._find("script", count, examples)

    def _judge_languages(self, named: dict[Side, str | None]) -> None:
        """Whether the sides are in the languages that the user named."""
        guesses = self.languages
        wrong = [side for side in _SIDES if _differ(named[side], guesses[side])]
        crossed = [_differ(named[side], guesses[other]) for side, other in (_SIDES, _SIDES[::-1])]
        known = all(named.values()) and all(guesses.values())
        kind = "swapped" if known and len(wrong) == 2 and not any(crossed) else "language"
        examples = [
            Example(self._files[side], 1, f"seems to be {guesses[side]}, named {named[side]}") for side in wrong
        ]
        if wrong:
            self.findings.append(make_finding(kind, len(wrong), 2, examples))

    def _judge_alignment(self) -> None:
        """Long sentences have long translations: where they do not, lines do not belong together."""
        if self.n_usable < MIN_CORRELATED:
            return
        x, y, xx, yy, xy = self._moments / self.n_usable
        spread = float(np.sqrt(max(0.0, xx - x * x) * max(0.0, yy - y * y)))
        # Lines of nearly equal length tell nothing.
        if spread > 0.01 and (xy - x * y) / spread < MIN_CORRELATION:
            self._find("alignment", self.n_usable)

    def judge_repetitions(self) -> None:
        """Repeated pairs, and sources translated in several ways."""
        sources, targets = self._all_identities()
        repeated = repetition.repeated_pairs(sources, targets)
        if len(repeated):
            examples = self._examples("source", repeated, "the same as line ")
            self._find("duplicate", len(repeated), examples)
        ambiguous = repetition.ambiguous_sources(sources, targets)
        if len(ambiguous):
            examples = self._examples("source", ambiguous, "translates otherwise the source of line ")
            self._find("ambiguous", len(ambiguous), examples)

    def judge_leakage(self, held_out: ParallelText) -> None:
        """Held-out pairs and sentences that occur in the text."""
        train, held = self._all_identities(), sentence_identities(held_out.pairs())
        whole = repetition.shared_pairs(held, train)
        if len(whole):
            examples = self._leaks(held_out, "source", whole)
            self.findings.append(make_finding("leaked_pairs", len(whole), len(held[0]), examples))
        lines: set[int] = set()
        examples = []
        for number, side in enumerate(_SIDES):
            single = repetition.shared(held[number], train[number]).without(whole.lines)
            lines.update(single.lines.tolist())
            examples += self._leaks(held_out, side, single)
        if lines:
            self.findings.append(make_finding("leaked_sentences", len(lines), len(held[0]), examples))

    def _leaks(self, held_out: ParallelText, side: Side, shared: repetition.Repetitions) -> list[Example]:
        # The name alone: the report shows it to people who have another disk.
        file, known = str(held_out.path(side)), f"{Path(self._files[side]).name}, the training text"
        return [Example(file, line, f"is line {place:,} of {known}") for line, place in _first(shared)]

    def _examples(self, side: Side, repeats: repetition.Repetitions, what: str) -> list[Example]:
        return [Example(self._files[side], line, f"{what}{earlier:,}") for line, earlier in _first(repeats)]

    def _find(self, kind: str, count: int, examples: Sequence[Example] = ()) -> None:
        self.findings.append(make_finding(kind, count, self.n_lines, examples))

    def mean_units(self) -> dict[Side, float]:
        """Words (characters where the script has no spaces) a usable line."""
        return {side: float(total) / max(1, self.n_usable) for side, total in zip(_SIDES, self._units, strict=True)}

    def _all_identities(self) -> tuple[np.ndarray, np.ndarray]:
        """Of every line, of both sides."""
        source, target = (np.frombuffer(self._identities[side], np.uint64) for side in _SIDES)
        return source, target


def _differ(named: str | None, guessed: str | None) -> bool:
    return named is not None and guessed is not None and not same_language(named, guessed)


def _first(repeats: repetition.Repetitions) -> list[tuple[int, int]]:
    """The first lines that repeat something, and what they repeat; counted from 1."""
    lines, earlier = repeats.lines[:MAX_EXAMPLES] + 1, repeats.earlier[:MAX_EXAMPLES] + 1
    return list(zip(lines.tolist(), earlier.tolist(), strict=True))
