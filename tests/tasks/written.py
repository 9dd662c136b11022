"""Small tables of texts with what is to be written of them, and models trained on them for a few steps."""

import json
import random
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from heedful.tasks import writing_text
from heedful.tasks.evidence import Published
from heedful.tasks.writing import train_writer
from heedful.tasks.writing_request import WritingOptions
from heedful.training import plan
from tests.tasks.tiny import SIZE

WORDS = "red green blue small large old new cat dog bird house tree runs sleeps eats sees".split()


def sentence(draw: random.Random, n: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(n))


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def summaries(folder: Path, n: int = 120, seed: int = 1) -> Path:
    """Texts of two sentences and two references each."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        first = sentence(draw, 6)
        rows.append({"source": [f"The {first}.", f"A {sentence(draw, 3)}."], "target": [first[:9], first.split()[0]]})
    folder.mkdir(exist_ok=True)
    return write_rows(folder / f"summaries{seed}.jsonl", rows)


def dialogues(folder: Path, n: int = 110, seed: int = 1) -> Path:
    """Conversations of four turns."""
    draw = random.Random(seed)
    folder.mkdir(exist_ok=True)
    return write_rows(
        folder / f"talk{seed}.jsonl", [{"en": [sentence(draw, 4) for _ in range(4)], "topic": 1} for _ in range(n)]
    )


def ask(data: Path, out: Path, **changes: Any) -> WritingOptions:
    return WritingOptions(**{"out": out, "data": data, "steps": 2, "evaluations": 1, **changes})


@contextmanager
def small():
    """Inside the block every model is tiny."""
    with patch.object(writing_text, "size_for", lambda n: SIZE), patch.multiple(plan, N_EVALUATIONS=1, LEAST_APART=1):
        yield


def train_small(options: WritingOptions) -> Published:
    with small():
        return train_writer(options)
