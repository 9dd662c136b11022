"""Small tables of texts with labels, and classifiers trained on them for a few steps."""

import random
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from heedful.tasks import trunk
from heedful.tasks.classification import train_classifier
from heedful.tasks.classification_request import ClassificationOptions
from heedful.tasks.evidence import Published
from heedful.tasks.trunk import Size
from heedful.training import plan

SMALL = Size(float("inf"), 500, 16, 2, 0.0, 1e-2, 400, 4)
WARM = ("sunny", "bright", "warm", "lovely", "golden")
COLD = ("rainy", "grey", "cold", "awful", "frozen")
NAMES = ("Ada", "Grace", "Edith", "Emmy")


def weather(n: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts and their labels, no two texts alike."""
    draw = random.Random(seed)
    rows: dict[str, str] = {}
    while len(rows) < n:
        label, words = draw.choice([("good", WARM), ("bad", COLD)])
        said = " ".join(draw.choice(words) for _ in range(draw.randint(2, 5)))
        rows[f"a {said} day in week {draw.randint(1, 99)}"] = label
    return list(rows.items())


def write(path: Path, rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> Path:
    lines = ["\t".join(row) for row in [*([head] if head else []), *rows]]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def table_of(kind: str, folder: Path, n: int = 60) -> Path:
    """A table of a kind: one, pairs, many, number, tags, chinese."""
    folder.mkdir(exist_ok=True)
    path, rows = folder / f"{kind}.tsv", weather(n)
    if kind == "one":
        return write(path, rows)
    if kind == "pairs":
        other = [text for text, _ in weather(n, 1)]
        return write(
            path,
            [(a, b, label) for (a, label), b in zip(rows, other, strict=True)],
            ("sentence1", "sentence2", "label"),
        )
    if kind == "many":
        return write(
            path, [(text, label if len(text) % 2 else f"{label}|long") for text, label in rows], ("text", "labels")
        )
    if kind == "number":
        return write(path, [(text, f"{len(text) / 7:.2f}") for text, _ in rows], ("text", "score"))
    if kind == "chinese":
        pairs = [
            (f"今天天气{'很好' if label == '好' else '太差'}第{n}天", label)
            for n, label in enumerate(["好", "坏"] * (n // 2))
        ]
        return write(path, pairs, ("文本", "标签"))
    sentences = [
        f"Then O\n{name} B-PER\nByron I-PER\nsaid O\nweek {number}\n" for number in range(n // 4) for name in NAMES
    ]
    path = folder / "tags.conll"
    path.write_text(
        "\n".join(
            s.replace(f"week {s.split('week ')[1].strip()}", f"w{s.split('week ')[1].strip()} O") for s in sentences
        )
    )
    return path


@contextmanager
def small() -> Any:
    with (
        patch.object(trunk, "SIZES", (SMALL,)),
        patch.object(trunk, "WINDOW", 48),
        patch.multiple(plan, N_EVALUATIONS=2, LEAST_APART=1),
    ):
        yield


def train_small(options: ClassificationOptions) -> Published:
    with small():
        return train_classifier(options)


def ask(data: Path, out: Path, **changes: object) -> ClassificationOptions:
    return ClassificationOptions(**{"out": out, "data": data, "steps": 8, **changes})
