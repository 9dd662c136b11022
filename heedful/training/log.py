"""metrics.jsonl and events.jsonl: what happened, one JSON object to a line."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from heedful.errors import RunError
from heedful.training.step import Sums


class Journal:
    """A file of JSON lines that grows by whole lines, and can be cut back to where a checkpoint knew it.

    Args:
        path: is created by the first row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def n_bytes(self) -> int:
        """Length of the file."""
        return self.path.stat().st_size if self.path.exists() else 0

    def write(self, row: dict[str, Any]) -> None:
        """Append a row, in one call to the system.

        Raises:
            RunError: the file cannot be written.
        """
        line = json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False, allow_nan=False)
        try:
            with open(self.path, "ab", buffering=0) as file:
                file.write(line.encode() + b"\n")
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror}; make room and go on with --resume") from error

    def sync(self) -> None:
        """Wait until all rows are on the disk."""
        if self.path.exists():
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())

    def cut(self, n_bytes: int) -> None:
        """Forget what came after the first `n_bytes`, and a last line that was torn."""
        if not self.path.exists():
            return
        with open(self.path, "r+b") as file:
            head = file.read(n_bytes)
            file.truncate(head.rfind(b"\n") + 1)
            os.fsync(file.fileno())

    def rows(self) -> list[dict[str, Any]]:
        """All whole rows.

        Raises:
            RunError: one of them is damaged.
        """
        if not self.path.exists():
            return []
        rows = []
        for number, line in enumerate(self.path.read_bytes().split(b"\n")[:-1], 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise RunError(
                    f"{self.path}:{number} is damaged: it is no JSON; delete that line and go on with --resume"
                )
            rows.append(row)
        return rows


@dataclass
class Window:
    """The sums that make the next row of metrics.jsonl; bad steps are only counted."""

    total: float = 0.0
    count: float = 0.0
    norm: float = 0.0
    n_good: int = 0
    n_bad: int = 0
    tokens: int = 0
    seconds: float = 0.0
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, sums: Sums) -> None:
        """Take in a good step."""
        self.total += sums.total
        self.count += sums.count
        self.norm += sums.norm
        self.n_good += 1
        for name, (total, count) in sums.figures.items():
            known = self.figures.setdefault(name, [0.0, 0.0])
            known[0] += total
            known[1] += count

    def row(self) -> dict[str, Any]:
        """Means since the last row: loss and figures over what they count, the norm over steps."""
        figures = {name: total / count if count else None for name, (total, count) in self.figures.items()}
        return {
            "loss": self.total / self.count if self.count else None,
            "gradient_norm": self.norm / self.n_good if self.n_good else None,
            "bad_steps": self.n_bad,
            **figures,
            "tokens_per_second": round(self.tokens / self.seconds, 1) if self.seconds else None,
        }

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


def _plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
