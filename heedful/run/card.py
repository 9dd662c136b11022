"""README.md of a run: a model card with the front matter of the Hugging Face hub, for people first."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from heedful.run.disk import write_atomic
from heedful.run.facts import FIGURE_NAMES, Facts, ScoreSet, Section, amount, duration, in_words, shown

_INTERVALS = """The intervals say how much the figure would move with other sentences of the same kind (bootstrap);
they say nothing about other kinds of text. Signatures, needed to compute the same figures again:"""


def write_card(path: Path, facts: Facts) -> None:
    """Write the model card.

    Args:
        path: README.md of the run directory.
        facts: what it says.
    Raises:
        RunError: the file system refused.
    """
    write_atomic(path, card(facts).encode("utf-8", "replace"))


def card(facts: Facts) -> str:
    """The text of the card: YAML front matter, then Markdown."""
    head = f"# {_plain(facts.name)}: {facts.task} {facts.title}".strip()
    evidence = "The evidence, with curves and examples, is in [report.html](report.html)."
    parts = [
        _front_matter(facts),
        f"{head}\n\n{_plain(facts.summary)} {evidence}\n",
        _figures(facts),
        *map(_section, facts.sections),
        _use(facts),
        _data(facts),
        _making(facts),
        _limits(facts),
    ]
    return "\n".join(parts)


def _front_matter(facts: Facts) -> str:
    lines = ["---", *(["language:"] if facts.languages else []), *(f"- {_quoted(code)}" for code in facts.languages)]
    if facts.license:
        lines.append(f"license: {_quoted(facts.license)}")
    lines += [
        "library_name: heedful",
        f"pipeline_tag: {_quoted(facts.task)}",
        "tags:",
        "- heedful",
        f"- {_quoted(facts.model)}",
    ]
    if facts.scores:
        names = dict.fromkeys(name.split("_")[0] for item in facts.scores for name in item.figures)
        lines += ["metrics:", *(f"- {_quoted(name)}" for name in names)]
        lines += ["model-index:", f"- name: {_quoted(facts.name)}", "  results:"]
        for item in facts.scores:
            lines += _result(facts, item)
    return "\n".join([*lines, "---", ""])


def _result(facts: Facts, item: ScoreSet) -> list[str]:
    lines = [
        "  - task:",
        f"      type: {_quoted(facts.task)}",
        f"      name: {_quoted(' '.join([facts.task, '-'.join(filter(None, (item.source, item.target)))]).strip())}",
        "    dataset:",
        f"      name: {_quoted(item.data)}",
        f"      type: {_quoted(item.data)}",
        "    metrics:",
    ]
    for name, figure in item.figures.items():
        lines += [
            f"    - type: {_quoted(name.split('_')[0])}",
            f"      name: {_quoted(' '.join(_names(name)))}",
            f"      value: {figure['score']:.2f}",
        ]
    return lines


def _figures(facts: Facts) -> str:
    lines = ["## How good it is", ""]
    if not facts.scores:
        return "\n".join([*lines, "It has not been measured.", ""])
    rows = [
        (
            item.way,
            _plain(item.data),
            f"{item.n_sentences:,}",
            ", ".join(_names(name)),
            f"**{shown(name, figure['score'])}**",
            f"{shown(name, figure['low'])} to {shown(name, figure['high'])}",
        )
        for item in facts.scores
        for name, figure in item.figures.items()
    ]
    of = ("direction", "sentences") if facts.scores[0].target else ("language", "examples")
    lines += _table((of[0], "data", of[1], "figure", "score", "95% interval"), rows)
    lines += ["", *_readings(facts), _INTERVALS, ""]
    signatures = {figure["signature"]: name for item in facts.scores for name, figure in item.figures.items()}
    lines += [f"- {', '.join(_names(name))}: `{signature}`" for signature, name in signatures.items()]
    searches = dict.fromkeys(": ".join(filter(None, (item.way, item.search))) for item in facts.scores if item.search)
    if searches:
        lines += ["", f"Decoding: {'; '.join(searches)}."]
    others = [
        (item.way, _plain(name), shown(next(iter(item.figures)), value))
        for item in facts.scores
        for name, value in item.baselines.items()
    ]
    if others:
        first = ", ".join(_names(next(iter(facts.scores[0].figures))))
        title = first.split(",")[0]
        lines += ["", f"Others on the same examples, {first}:", "", *_table(("", "system", title), others)]
    return "\n".join([*lines, ""])


def _section(section: Section) -> str:
    lines = [f"## {_plain(section.title)}", ""]
    for paragraph in section.text:
        lines += [_plain(paragraph), ""]
    if section.head:
        lines += [*_table(tuple(section.head), [tuple(map(_plain, row)) for row in section.rows]), ""]
    return "\n".join(lines)


def _readings(facts: Facts) -> list[str]:
    """What the scores mean in words."""
    said = {
        f"- {item.way}, {_plain(item.data)}: {reading}.": None
        for item in facts.scores
        # The bands are those of translations.
        if item.target and "bleu" in item.figures
        for reading in [in_words(item.figures["bleu"]["score"])]
    }
    return ["As a rule of thumb for BLEU, on this kind of text:", "", *said, ""] if said else []


def _use(facts: Facts) -> str:
    return f"""## How to use it

With heedful installed and this folder where you are, under the name {_code(facts.name)}:

```sh
{facts.usage.shell}
```

```python
{facts.usage.python}
```

Every file here is listed with its sha256 in `manifest.json` and checked when the model is loaded. No file holds code.
The folder `training/`, if it is still here, is not needed to use it.
"""


def _data(facts: Facts) -> str:
    pairs = ", ".join(f"{count:,} {split}" for split, count in facts.n_pairs.items())
    lines = ["## What it learned from", "", f"{facts.unit.capitalize()}: {pairs or 'not recorded'}.", ""]
    if facts.vectors:
        lines += [f"Word vectors: {_plain(facts.vectors)}.", ""]
    if facts.data:
        rows = [(_plain(item.role), _code(item.name), f"{item.n_bytes:,}", f"`{item.sha256}`") for item in facts.data]
        lines += _table(("role", "file", "bytes", "sha256"), rows)
    return "\n".join([*lines, ""])


def _making(facts: Facts) -> str:
    lines = ["## How it was made", "", "```sh", facts.command.replace("```", "` ` `"), "```", ""]
    rows = [
        ("finished", facts.date),
        ("time", f"{duration(facts.seconds)}, {facts.steps:,} steps"),
        ("seed", str(facts.seed)),
        ("parameters", f"{facts.n_parameters:,} ({amount(facts.n_parameters)})"),
        *_pairs(facts.machine),
        *_pairs(facts.versions),
    ]
    lines += [*_table(("", ""), [(_plain(name), _plain(value)) for name, value in rows]), ""]
    lines += ["<details><summary>Architecture</summary>", "", "```json"]
    lines += [json.dumps(dict(facts.architecture), indent=2, ensure_ascii=False), "```", "", "</details>", ""]
    return "\n".join(lines)


def _limits(facts: Facts) -> str:
    return "\n".join(["## Limits", "", *(f"- {_plain(limit)}" for limit in (*facts.limits, *facts.caveats)), ""])


def _names(name: str) -> tuple[str, ...]:
    return FIGURE_NAMES.get(name, (name,))


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in values.items()]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _plain(text: str) -> str:
    """One line of text that Markdown and HTML leave as it is."""
    line = " ".join(text.split())
    for character in "\\`*_[]<>|#":
        line = line.replace(character, "\\" + character)
    return line


def _code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "\\|") + "`"


def _quoted(text: str) -> str:
    """A string that YAML and Python read alike."""
    return json.dumps(text, ensure_ascii=False)
