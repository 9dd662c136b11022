"""Examples to look at: the best and the worst translations side by side, and what the decoder looked at."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from heedful.run.charts import MAX_PIECES, escape, heat_map

_MAX_LETTERS = 600
_MAX_MAPS = 8
_EMPTY = '<span class="empty">nothing</span>'
# The space before, then a word of a script with spaces, or a single character of one without, or of punctuation.
_TOKEN = re.compile(r"(\s*)([^\W\u2e80-\u9fff\u3040-\u30ff\uf900-\ufaff]+|\S|$)")


@dataclass(frozen=True)
class Sentence:
    """A translation to show.

    Args:
        source: what was read.
        translation: what came.
        reference: what was expected.
        chrf: of this sentence alone, 0 to 100.
        source_language: its code.
        target_language: its code.
    """

    source: str
    translation: str
    reference: str
    chrf: float
    source_language: str = ""
    target_language: str = ""


@dataclass(frozen=True)
class Attention:
    """What the decoder looked at while it wrote one translation.

    Args:
        source_pieces: the S pieces read.
        target_pieces: the T pieces written.
        weights: a (T, S) array of shares in [0, 1].
        caption: where it is from.
    """

    source_pieces: Sequence[str]
    target_pieces: Sequence[str]
    weights: NDArray[Any]
    caption: str = ""


def best_and_worst(sentences: Sequence[Sentence], n_each: int = 6) -> tuple[list[Sentence], list[Sentence]]:
    """Choose what to show: the worst by chrF, and the longest of those that came out best.

    Each direction has its share, because chrF is lower in some scripts than in others.

    Args:
        sentences: all of a test set, of any directions.
        n_each: how many of each; fewer when there are not twice as many.
    """
    directions: dict[tuple[str, str], list[Sentence]] = {}
    for item in sentences:
        directions.setdefault((item.source_language, item.target_language), []).append(item)
    best, worst = [], []
    for group in directions.values():
        n_shown = min(-(-n_each // len(directions)), (len(group) + 1) // 2)
        ordered = sorted(group, key=lambda item: (item.chrf, len(item.reference)))
        worst += ordered[:n_shown]
        best += sorted(ordered[n_shown:], key=lambda item: (-round(item.chrf), -len(item.reference)))[:n_shown]
    return best, worst


def best_beside_worst(best: Sequence[Sentence], worst: Sequence[Sentence]) -> str:
    """Two columns of translations, as HTML; what differs from the reference is marked. Empty when there are none."""
    columns = [
        f'<div class="card"><h3>{title}</h3>{"".join(_sentence(item) for item in sentences)}</div>'
        for title, sentences in (("Best", best), ("Worst", worst))
        if sentences
    ]
    about = (
        '<p class="about">chrF counts the pieces of words that agree with the reference: 100 is the reference itself. '
        "<mark>Marked</mark>: not in the reference. "
        '<mark class="missed">Dotted</mark>: only in the reference. A difference need not be a mistake.</p>'
    )
    return f'{about}<div class="pair">{"".join(columns)}</div>' if columns else ""


def attention_maps(maps: Sequence[Attention]) -> str:
    """Heat maps as HTML, each to be scrolled where it is wider than the window. Empty when there are none."""
    figures = [
        f'<figure class="card"><figcaption>{escape(item.caption)}{_left_out(item)}</figcaption>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Attention map {index}">'
        f"{heat_map(item.source_pieces, item.target_pieces, item.weights, item.caption or 'attention')}</div></figure>"
        for index, item in enumerate(maps[:_MAX_MAPS], 1)
    ]
    about = (
        '<p class="about">Each row is a piece that was written, each column a piece that was read; the stronger the '
        "colour, the more the decoder looked there, averaged over layers and heads. Where it looked is a hint at the "
        "alignment, no proof of what decided the word.</p>"
    )
    return f'{about}<div class="maps">{"".join(figures)}</div>' if figures else ""


def _left_out(item: Attention) -> str:
    sides = {"read": len(item.source_pieces), "written": len(item.target_pieces)}
    cut = [f"{count:,} pieces {verb}" for verb, count in sides.items() if count > MAX_PIECES]
    return f" (the first {MAX_PIECES} of {' and of '.join(cut)})" if cut else ""


def marked(text: str, other: str, kind: str = "") -> str:
    """A text as HTML with <mark> around what the other one has not at that place.

    Args:
        text: to show.
        other: to compare with.
        kind: class of the marks.
    """
    tokens = _TOKEN.findall(_cut(text))
    ours, theirs = [word for _, word in tokens], [word for _, word in _TOKEN.findall(_cut(other))]
    open_mark = f'<mark class="{kind}">' if kind else "<mark>"
    parts = []
    for action, start, end, _, _ in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        piece = "".join(space + word for space, word in tokens[start:end])
        bare = piece.lstrip()
        parts.append(escape(piece[: len(piece) - len(bare)]))
        parts.append(escape(bare) if action == "equal" or not bare else f"{open_mark}{escape(bare)}</mark>")
    return "".join(parts)


def _sentence(item: Sentence) -> str:
    rows = (
        ("read", escape(_cut(item.source)), item.source_language),
        ("wrote", marked(item.translation, item.reference), item.target_language),
        ("reference", marked(item.reference, item.translation, "missed"), item.target_language),
    )
    cells = "".join(
        f'<dt>{name}</dt><dd dir="auto" lang="{escape(code)}">{shown or _EMPTY}</dd>' for name, shown, code in rows
    )
    return f'<div class="sentence"><span class="chrf">chrF <b>{item.chrf:.0f}</b></span><dl>{cells}</dl></div>'


def _cut(text: str) -> str:
    if len(text) <= _MAX_LETTERS:
        return text
    return f"{text[:_MAX_LETTERS]}… ({len(text) - _MAX_LETTERS:,} more characters)"
