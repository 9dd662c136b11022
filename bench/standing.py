"""What the turns of a contest come to: a row for each system and each width of the beam, as a table and as a chart."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.table import Table

from bench.floor import n_tokens, share_of_floor, useful_flops
from bench.rivals import Setting, Turn
from heedful.architecture import Architecture
from heedful.cli.console import percent
from heedful.run.charts import escape, number

OURS, RIVAL = "heedful", "CTranslate2"
# The first of these that takes part is what answers are compared with.
EXACT = ("CTranslate2 float32", "transformers float32")


@dataclass
class Entry:
    """One setting in one discipline, with its turns.

    Args:
        setting: of a library.
        width: of the beam; 1 takes the likeliest token.
        alone: one sentence at a time, not all at once.
        rows: sentences of a batch.
        trial: seconds of its turn before the rounds, those of all calls together.
        turns: those of the rounds.
    """

    setting: Setting
    width: int
    alone: bool
    rows: int
    trial: float = 0.0
    turns: list[Turn] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What sets it apart within its system."""
        return f"{self.setting.name}, batches of {self.rows}" if self.rows > 1 else self.setting.name

    @property
    def scores(self) -> list[float]:
        """What counts of each turn, in seconds: all of it, or the median of its sentences."""
        return [statistics.median(turn.seconds) for turn in self.turns]


@dataclass(frozen=True)
class Text:
    """What is translated, and what is known of it.

    Args:
        shape: of the model.
        n_sources: tokens of all sources, by sentence.
        end: 1 where an answer has an end of sentence that counts as a token.
        bleu: of all answers; None where there is nothing to compare them with.
        peaks: flops a second of one core, by type.
        cores: that are used.
    """

    shape: Architecture
    n_sources: Sequence[int]
    end: int
    bleu: Callable[[Sequence[Sequence[int]]], float] | None
    peaks: Mapping[str, float]
    cores: int


@dataclass(frozen=True)
class Row:
    """A system at one width; None where there is nothing to say.

    Args:
        system: its name.
        width: of the beam.
        setting: its best for all sentences at once.
        sentences: a second.
        tokens: a second, ends of sentences counted.
        ratios: to others, sentences a second: see `ratios`.
        floor: the least possible time over the time it took.
        bleu: of its answers.
        same: share of answers equal to those of the one that computes exactly.
        alone: its best setting for one sentence at a time.
        p50: seconds, of one sentence.
        p95: seconds.
        alone_ratios: the same of the median time of a sentence; above 1 it is faster than the other.
        memory: bytes at most.
    """

    system: str
    width: int
    setting: str
    sentences: float
    tokens: float
    ratios: Mapping[str, float]
    floor: float
    bleu: float | None
    same: float
    alone: str | None
    p50: float | None
    p95: float | None
    alone_ratios: Mapping[str, float]
    memory: int


def finalists(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The few of each system and discipline that were fastest in the trial, in the order of the entries."""
    groups: dict[tuple[str, int, bool], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.setting.system, entry.width, entry.alone), []).append(entry)
    chosen = {id(entry) for group in groups.values() for entry in sorted(group, key=lambda e: e.trial)[:most]}
    return [entry for entry in entries if id(entry) in chosen]


def ratios(entry: Entry, entries: Sequence[Entry]) -> dict[str, float]:
    """How many times as fast it is as others: the median over the rounds of their best time in a round over its own.

    Args:
        entry: with a turn for each round.
        entries: all, with as many.
    Returns:
        a number for each system that is not ours, and one for RIVAL in any type.
    """
    found = {}
    systems = dict.fromkeys(e.setting.system for e in entries if not e.setting.system.startswith(OURS))
    for name in (RIVAL, *systems):
        others = [
            e.scores
            for e in entries
            if e.setting.system.startswith(name) and (e.width, e.alone) == (entry.width, entry.alone)
        ]
        if others:
            rounds = zip(entry.scores, *others, strict=True)
            found[name] = statistics.median(min(theirs) / own for own, *theirs in rounds)
    return found


def standing(entries: Sequence[Entry], text: Text, memory: Mapping[str, int]) -> list[Row]:
    """A row for each system and width, from the fastest of its settings.

    Args:
        entries: with as many turns each.
        text: that was translated.
        memory: bytes of the process of each setting, by its key.
    """
    widths = list(dict.fromkeys(entry.width for entry in entries))
    systems = list(dict.fromkeys(entry.setting.system for entry in entries))
    rows = []
    for width in widths:
        best = {system: _best(entries, system, width, alone=False) for system in systems}
        exact = next((found for name in (*EXACT, *systems) if (found := best.get(name)) is not None), None)
        for system, many in best.items():
            if many is not None and exact is not None:
                alone = _best(entries, system, width, alone=True)
                rows.append(_row(many, alone, exact, entries, text, memory))
    return rows


def _best(entries: Sequence[Entry], system: str, width: int, alone: bool) -> Entry | None:
    those = [e for e in entries if (e.setting.system, e.width, e.alone) == (system, width, alone)]
    return min(those, key=lambda entry: statistics.median(entry.scores), default=None)


def _row(
    many: Entry,
    alone: Entry | None,
    exact: Entry,
    entries: Sequence[Entry],
    text: Text,
    memory: Mapping[str, int],
) -> Row:
    answers, seconds = many.turns[-1].answers, statistics.median(many.scores)
    written = n_tokens(answers, text.end)
    flops = useful_flops(text.shape, many.width, sum(text.n_sources), written)
    each = [second for turn in alone.turns for second in turn.seconds] if alone else []
    equal = sum(list(a) == list(b) for a, b in zip(answers, exact.turns[-1].answers, strict=True))
    return Row(
        system=many.setting.system,
        width=many.width,
        setting=many.name,
        sentences=len(answers) / seconds,
        tokens=written / seconds,
        ratios=ratios(many, entries),
        floor=share_of_floor(flops, seconds, text.peaks[many.setting.dtype], text.cores),
        bleu=None if text.bleu is None else text.bleu(answers),
        same=equal / len(answers),
        alone=alone.name if alone else None,
        p50=float(np.percentile(each, 50)) if each else None,
        p95=float(np.percentile(each, 95)) if each else None,
        alone_ratios=ratios(alone, entries) if alone else {},
        memory=max(memory[entry.setting.key] for entry in (many, alone) if entry is not None),
    )


def width_name(width: int) -> str:
    """As people call it."""
    return "greedy" if width == 1 else f"beam {width}"


def table(rows: Sequence[Row]) -> Table:
    """All rows, a part for each width."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column("")
    heads = (
        "sentences/s", "tokens/s", "to the best\nCTranslate2", "of the\nfloor", "BLEU", "same",
        "p50, ms", "p95, ms", "to the best\nCTranslate2", "memory,\nMB",
    )  # fmt: skip
    for head in heads:
        made.add_column(head, justify="right", vertical="bottom", no_wrap=True)
    for width in dict.fromkeys(row.width for row in rows):
        made.add_row(f"[bold]{width_name(width)}[/bold]")
        for row in rows:
            if row.width == width:
                made.add_row(f"  {row.system}", *_cells(row))
    return made


def _cells(row: Row) -> list[str]:
    return [
        f"{row.sentences:,.0f}",
        f"{row.tokens:,.0f}",
        _said(row.ratios.get(RIVAL), "{:.2f}x"),
        percent(row.floor),
        _said(row.bleu, "{:.2f}"),
        percent(row.same),
        _said(row.p50, "{:.2f}", 1e3),
        _said(row.p95, "{:.2f}", 1e3),
        _said(row.alone_ratios.get(RIVAL), "{:.2f}x"),
        f"{row.memory / 1e6:,.0f}",
    ]


def comparison(rows: Sequence[Row]) -> Table:
    """How many times as fast ours are as each of the others, all sentences at once and one at a time."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    others = list(dict.fromkeys(name for row in rows for name in row.ratios if name != RIVAL))
    for head in ("times as fast as", *others):
        made.add_column(head, justify="left" if head == "times as fast as" else "right", no_wrap=True)
    for row in rows:
        if row.system.startswith(OURS):
            name = f"{row.system}, {width_name(row.width)}"
            made.add_row(name, *(_said(row.ratios.get(other), "{:.2f}") for other in others))
            made.add_row(f"{name}, alone", *(_said(row.alone_ratios.get(other), "{:.2f}") for other in others))
    return made


def _said(value: float | None, form: str, factor: float = 1.0) -> str:
    return "-" if value is None else form.format(value * factor)


def settings_in_words(rows: Sequence[Row]) -> list[str]:
    """Which setting of each system is quoted, a line for each row."""
    return [
        f"{width_name(row.width)}, {row.system}: {row.setting}" + (f"; alone {row.alone}" if row.alone else "")
        for row in rows
    ]


# The chart, in units of its picture.
_NAMES, _BARS, _LINE, _HEAD = 190, 300, 22, 34
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.h{font-weight:600}.v{fill:#555}"
    ".heedful{fill:#0b6e99}.other{fill:#b8b8b8}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}.v{fill:#bbb}.other{fill:#666}}"
)


def chart(rows: Sequence[Row]) -> str:
    """An SVG picture with a bar for each system: sentences a second on the left, milliseconds alone on the right."""
    parts, y = [], 0
    for width in dict.fromkeys(row.width for row in rows):
        those = [row for row in rows if row.width == width]
        panels = [
            (0, f"{width_name(width)}: sentences/s", [row.sentences for row in those]),
            (_NAMES + _BARS + 90, f"{width_name(width)}, one at a time: ms", [1e3 * (row.p50 or 0.0) for row in those]),
        ]
        for x, title, values in panels:
            parts.append(f'<text class="h" x="{x}" y="{y + 20}">{escape(title)}</text>')
            for place, (row, value) in enumerate(zip(those, values, strict=True)):
                parts.append(_bar(row.system, value, value / (max(values) or 1.0), x, y + _HEAD + place * _LINE))
        y += _HEAD + len(those) * _LINE + 18
    whole = 2 * (_NAMES + _BARS + 60) + 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {y}" role="img" '
        f'aria-label="speed of translation"><style>{_STYLE}</style>{"".join(parts)}</svg>\n'
    )


def _bar(name: str, value: float, share: float, x: float, y: float) -> str:
    kind, long = ("heedful" if name.startswith(OURS) else "other"), round(share * _BARS, 1)
    written = number(value) if value else "-"
    return (
        f'<text x="{x}" y="{y + 14}">{escape(name)}</text>'
        f'<rect class="{kind}" x="{x + _NAMES}" y="{y + 2}" width="{long}" height="{_LINE - 6}" rx="2"/>'
        f'<text class="v" x="{x + _NAMES + long + 6}" y="{y + 14}">{written}</text>'
    )
