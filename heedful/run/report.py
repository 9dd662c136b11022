"""report.html: one page that shows what a run learned, how well, and where it fails; it loads nothing from anywhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from heedful.run.charts import Series, escape, line_chart
from heedful.run.disk import write_atomic
from heedful.run.examples import Attention, Sentence, attention_maps, best_beside_worst
from heedful.run.facts import (
    FIGURE_NAMES,
    Facts,
    ScoreSet,
    Section,
    amount,
    duration,
    is_percentage,
    shown,
)

_UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Evidence:
    """What the report shows beside the facts of the card. What is empty is left out.

    Args:
        metrics: the rows of training/metrics.jsonl.
        best: translations that came out best.
        worst: and worst.
        attention: maps of a few examples; at most eight are shown.
        findings: of the verdict on the data, each {"title", "severity", "count", "advice", "examples": [{"file",
            "line", "what"}, ...]}; None when nobody looked.
        tiles: more key figures: label, value and a note.
        watched: the score by which the best weights were chosen: its name, and what it was made on.
        loss: what the loss is measured in.
    """

    metrics: Sequence[Mapping[str, Any]] = ()
    best: Sequence[Sentence] = ()
    worst: Sequence[Sentence] = ()
    attention: Sequence[Attention] = ()
    findings: Sequence[Mapping[str, Any]] | None = None
    tiles: Sequence[tuple[str, str, str]] = ()
    watched: tuple[str, str] = ("BLEU", "greedy, on some of the dev set")
    loss: str = "nats a token"


def write_report(path: Path, facts: Facts, evidence: Evidence) -> None:
    """Write report.html.

    Args:
        path: report.html of the run directory.
        facts: what the card says too.
        evidence: what there is to see.
    Raises:
        RunError: the file system refused.
    """
    write_atomic(path, report(facts, evidence).encode())


def page_head(title: str) -> str:
    """What a page begins with: its title, its style, and a policy under which it loads nothing and runs nothing.

    Args:
        title: plain text.
    """
    style = resources.files("heedful.run").joinpath("report.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
"""


def chart_card(title: str, about: str, chart: str) -> str:
    """A chart with its title, as HTML.

    Args:
        title: plain text.
        about: what is drawn, in a few plain words beside the title.
        chart: as `line_chart` makes it.
    """
    return f'<div class="card"><h3>{escape(title)} <span class="soft small">{escape(about)}</span></h3>{chart}</div>'


def report(facts: Facts, evidence: Evidence) -> str:
    """The whole page as HTML."""
    sections = [
        ("learning", "How it learned", curves(evidence.metrics, *evidence.watched, evidence.loss)),
        ("scores", "How good it is", "".join(_scores(item) for item in facts.scores)),
        *((f"more-{number}", item.title, _section(item)) for number, item in enumerate(facts.sections)),
        ("sentences", "Best and worst", best_beside_worst(evidence.best, evidence.worst)),
        ("attention", "What it looks at", attention_maps(evidence.attention)),
        ("data", "What it learned from", _data(facts, evidence.findings)),
        ("making", "How it was made", _making(facts)),
    ]
    shown = [(name, title, body) for name, title, body in sections if body]
    links = "".join(f'<a href="#{name}">{escape(title)}</a>' for name, title, _ in shown)
    main = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{escape(title)}</h2>'
        f"{body}</section>"
        for name, title, body in shown
    )
    return f"""{page_head(f"{facts.name}: {facts.title or facts.task}")}<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="page">
<header>
<div class="over">{escape(facts.task)} · {escape(facts.name)} · {escape(facts.date)}</div>
<h1>{escape(facts.title or facts.name)}</h1>
<p class="lead">{escape(facts.summary)}</p>
<nav aria-label="Sections">{links}</nav>
{_tiles(facts, evidence)}
</header>
<main id="main">{main}</main>
<footer>Made by heedful {escape(facts.versions.get("heedful", ""))} in {escape(facts.name)}. This page is one file; it
loads nothing from anywhere and runs no program.</footer>
</div>
</body>
</html>
"""


def curves(
    rows: Sequence[Mapping[str, Any]],
    score: str = "BLEU",
    made: str = "greedy, on some of the dev set",
    loss: str = "nats a token",
) -> str:
    """The learning curves that the rows of metrics.jsonl hold, as HTML; empty when they hold none.

    Args:
        rows: of metrics.jsonl.
        score: what the score on dev is.
        made: how it was made.
        loss: what the loss is measured in.
    """
    keys = dict.fromkeys(key for row in rows for key in row)
    pairs = (("nll", "dev_nll"), ("loss", "dev_loss"), ("loss", "dev_nll"))
    train, dev = next((pair for pair in pairs if pair[0] in keys and pair[1] in keys), ("loss", "dev_loss"))
    scores = [key for key in keys if key.startswith("dev_bleu_")][:3] or [
        "dev_bleu" if "dev_bleu" in keys else "dev_score"
    ]
    charts = [
        ("Loss", loss, {train: "train", dev: "dev"}, "low" if dev in keys else ""),
        (
            f"Quality while it learned: {made}",
            score,
            {key: _short_name(key) for key in scores},
            "high",
        ),
        ("Learning rate", "", {"rate": "rate"}, ""),
        ("Speed", "tokens a second", {"tokens_per_second": "tokens/s"}, ""),
    ]
    timed = [row for row in rows if "elapsed_seconds" in row]
    seconds = max((float(row["elapsed_seconds"]) for row in timed), default=0.0)
    unit = next(name for name, size in _UNITS.items() if seconds >= 3 * size or size == 1)
    cards = []
    for title, about, names, best in charts:
        lines = [_series(timed, key, label, _UNITS[unit]) for key, label in names.items()]
        if any(len(line.xs) > 1 for line in lines):
            cards.append(chart_card(title, about, line_chart(lines, title, unit, best)))
    about = (
        '<p class="about">Over the time spent training. Dots are looks at the dev set; an open circle is the lowest '
        f"loss there, and the highest {score}.</p>"
    )
    return f'{about}<div class="pair">{"".join(cards)}</div>' if cards else ""


def _series(rows: Sequence[Mapping[str, Any]], key: str, label: str, size: int) -> Series:
    points = [
        (float(row["elapsed_seconds"]) / size, float(row[key])) for row in rows if isinstance(row.get(key), int | float)
    ]
    return Series(label, [x for x, _ in points], [y for _, y in points], marks=key.startswith("dev_"))


def _short_name(key: str) -> str:
    """The end of a line has room for a word: "en→zh" of "dev_bleu_en_zh"."""
    rest = key.removeprefix("dev_").removeprefix("bleu").strip("_ ")
    return re.sub(r"[_-]+", "→", rest) if rest and rest != "score" else "dev"


def _tiles(facts: Facts, evidence: Evidence) -> str:
    tiles = []
    for item in facts.scores[:4]:
        name, figure = next(iter(item.figures.items()))
        note = f"{shown(name, figure['low'])} to {shown(name, figure['high'])}, {item.data}"
        title = FIGURE_NAMES.get(name, (name,))[0]
        tiles.append((f"{title} {item.way}", shown(name, figure["score"]), note))
    tiles.append(("Parameters", amount(facts.n_parameters), facts.model))
    tiles.append(("Training time", duration(facts.seconds), f"{facts.steps:,} steps"))
    if "train" in facts.n_pairs:
        tiles.append(("Learned from", f"{facts.n_pairs['train']:,}", facts.unit))
    cells = "".join(
        f'<div><dt>{escape(label)}</dt><dd><span class="value">{_with_unit(value)}</span><br>'
        f'<span class="note">{escape(note)}</span></dd></div>'
        for label, value, note in (*tiles, *evidence.tiles)
    )
    return f'<dl class="tiles">{cells}</dl>'


def _with_unit(value: str) -> str:
    """A large number and its unit small beside it: "11.6 minutes"."""
    figure, _, unit = value.partition(" ")
    return escape(figure) + (f" <small>{escape(unit)}</small>" if unit else "")


def _scores(item: ScoreSet) -> str:
    rows, first = [], next(iter(item.figures))
    for name, figure in item.figures.items():
        title, note = FIGURE_NAMES.get(name, (name, ""))
        rows.append(score_row(f'{escape(title)} <span class="soft small">{escape(note)}</span>', figure, name=name))
        if name == first:
            rows += [
                score_row(escape(other), {"score": value}, "other", name=name)
                for other, value in item.baselines.items()
            ]
    signatures = "".join(
        f"<dt>{' '.join(FIGURE_NAMES.get(name, (escape(name),)))}</dt>"
        f"<dd><code>{escape(figure['signature'])}</code></dd>"
        for name, figure in item.figures.items()
    )
    unit = "sentences" if item.target else "examples"
    about = ", ".join(filter(None, (escape(item.data), f"{item.n_sentences:,} {unit}", escape(item.search))))
    return (
        f'<div class="card" style="margin-top:18px"><h3>{escape(item.way)} '
        f'<span class="soft">{about}</span></h3><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Scores {escape(item.way)}"><table class="scores"><thead><tr>'
        '<th scope="col">figure</th><th scope="col" class="n">score</th><th scope="col" class="bar">0 to 100</th>'
        f'<th scope="col">95% interval</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        f'<details><summary>Signatures, to compute the same figures again</summary><dl class="facts">{signatures}</dl>'
        "</details></div>"
    )


def score_row(title: str, figure: Mapping[str, Any], kind: str = "ours", name: str = "") -> str:
    """A row of a table of class "scores": a figure and its interval, with a bar where it lies between 0 and 100.

    Args:
        title: HTML.
        figure: "score", and "low" and "high" where it has an interval.
        kind: class of the row; "other" is fainter, and "s0" to "s3" have the colours of the lines of a chart.
        name: of the figure.
    Returns:
        HTML.
    """

    def place(value: float) -> str:
        return f"{min(max(value, 0.0), 100.0):.2f}%"

    score, span, interval = float(figure["score"]), "", ""
    if "low" in figure:
        low, high = float(figure["low"]), float(figure["high"])
        width = min(high, 100.0) - min(low, 100.0)
        span = f'<span class="span" style="left:{place(low)};width:{max(width, 0):.2f}%"></span>'
        interval = f"{shown(name, low)} – {shown(name, high)}"
    bar = f'<span class="fill" style="width:{place(score)}"></span>{span}'
    track = f'<span class="track">{bar}<span class="dot" style="left:{place(score)}"></span></span>'
    return (
        f'<tr class="{kind}"><th scope="row">{title}</th><td class="big n">{shown(name, score)}</td>'
        f'<td class="bar" aria-hidden="true">{track if is_percentage(name) else ""}</td>'
        f'<td class="range">{interval}</td></tr>'
    )


def _section(item: Section) -> str:
    """Its table and its picture as cards, below what it says."""
    text = "".join(f'<p class="about">{escape(paragraph)}</p>' for paragraph in item.text)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in item.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in item.rows
    )
    table = (
        f'<div class="card"><div class="scroll" tabindex="0" role="region" aria-label="{escape(item.title)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )
    return f'{text}<div class="stack">{table if item.head else ""}{item.chart}</div>'


def _data(facts: Facts, findings: Sequence[Mapping[str, Any]] | None) -> str:
    parts = []
    pairs = ", ".join(f"{count:,} {escape(split)}" for split, count in facts.n_pairs.items())
    if facts.data:
        rows = "".join(
            f'<tr><th scope="row">{escape(item.role)}</th><td>{escape(item.name)}</td>'
            f'<td class="n">{item.n_bytes:,}</td><td><code>{escape(item.sha256[:16])}…</code></td></tr>'
            for item in facts.data
        )
        parts.append(
            f'<div class="card"><h3>Files <span class="soft">{pairs} {escape(facts.unit)}</span></h3>'
            '<div class="scroll" tabindex="0" role="region" aria-label="Files"><table>'
            '<thead><tr><th scope="col">role</th><th scope="col">file</th>'
            '<th scope="col" class="n">bytes</th><th scope="col">sha256, full in README.md</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div></div>"
        )
    if findings is not None:
        parts.append(_verdict(findings))
    return f'<div class="stack">{"".join(parts)}</div>' if parts else ""


def _verdict(findings: Sequence[Mapping[str, Any]]) -> str:
    if not findings:
        return '<div class="card good"><h3>Verdict on the data</h3>Nothing wrong was found.</div>'
    rows = "".join(
        f'<tr><td><span class="level {escape(item["severity"])}">{escape(item["severity"])}</span></td>'
        f'<th scope="row">{escape(item["title"])}</th><td class="n">{item["count"]:,}</td>'
        f"<td>{escape(item.get('advice', ''))}{_places(item.get('examples', ()))}</td></tr>"
        for item in findings
    )
    return (
        '<div class="card"><h3>Verdict on the data</h3><div class="scroll" tabindex="0" role="region" '
        'aria-label="Verdict on the data"><table class="verdict"><thead><tr><th scope="col">severity</th>'
        '<th scope="col">what</th><th scope="col" class="n">lines</th><th scope="col">what to do, and where</th>'
        "</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _places(examples: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        f"<code>{escape(Path(item['file']).name)}:{escape(item['line'])}</code> "
        f'<span class="what">{escape(str(item["what"])[:120])}</span>'
        for item in examples[:3]
    ]
    return f'<div class="small soft">{"<br>".join(shown)}</div>' if shown else ""


def _in_words(value: object) -> str:
    """A value of an architecture, for those who write no Python."""
    if value is None:
        return "not set"
    return {"True": "yes", "False": "no"}.get(str(value), str(value))


def _making(facts: Facts) -> str:
    rows = {
        "finished": facts.date,
        "time": f"{duration(facts.seconds)}, {facts.steps:,} steps",
        "seed": str(facts.seed),
        "parameters": f"{facts.n_parameters:,}",
        **facts.machine,
        **facts.versions,
    }
    facts_list = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    shape = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(_in_words(value))}</dd>" for name, value in facts.architecture.items()
    )
    limits = "".join(f"<li>{escape(limit)}</li>" for limit in facts.limits)
    known = f'<div class="card"><h3>Known limits</h3><ul>{limits}</ul></div>' if limits else ""
    command = f"<h3>The command that makes it again</h3><pre>{escape(facts.command)}</pre>"
    return (
        f'<div class="stack"><div class="card">{command}</div>'
        f'<div class="pair"><div class="card"><h3>Machine and versions</h3><dl class="facts">{facts_list}</dl></div>'
        f'<div class="card"><h3>Architecture</h3><dl class="facts">{shape}</dl></div></div>{known}</div>'
    )
