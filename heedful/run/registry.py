"""What was trained where: an index that is read from the run directories each time, never a second truth."""

import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heedful.errors import RunError
from heedful.run.directory import RunDirectory, checkpoint_folders
from heedful.run.disk import naming, read_json
from heedful.run.facts import ScoreSet, read_scores
from heedful.run.manifest import check_manifest
from heedful.run.receipt import NAME as RECEIPT

_MAX_DEPTH = 4
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True)
class RunScore:
    """The first figure of a direction.

    Args:
        languages: as "zh-en"; one alone where nothing is translated.
        data: what it was made on: "test", or "dev", by which the weights were chosen too; of a run that is not finished
            the best that training has seen so far, greedy and on some of the dev set.
        name: as "bleu".
        score: 0 to 100.
    """

    languages: str
    data: str
    name: str
    score: float


@dataclass(frozen=True)
class RunSummary:
    """A row of the index. What a run does not say is empty or None.

    Args:
        name: path relative to where the search began.
        path: the run directory.
        task: as "translation".
        languages: as "zh-en, en-zh".
        scores: of each direction.
        n_parameters: weights of the model.
        date: when it was finished, as its receipt says; of others the last change. In ISO form,
            UTC; the day alone where no more is said.
        state: "finished", "running", "interrupted at step 1200", or "damaged".
        problem: what is wrong and what to do, for a damaged one.
    """

    name: str
    path: Path
    task: str
    languages: str
    scores: tuple[RunScore, ...]
    n_parameters: int | None
    date: str
    state: str
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**asdict(self), "path": str(self.path), "scores": [asdict(item) for item in self.scores]}


def find_runs(root: Path, contents: bool = True) -> list[RunSummary]:
    """Every run in a folder and up to four levels below it, the latest first.

    Args:
        root: where to look; may be a run itself.
        contents: read every file of the finished ones to see whether it is whole; False looks at sizes alone.
    Raises:
        RunError: `root` is no folder.
    """
    if not root.is_dir():
        raise RunError(f"{root} is not a folder: expected one that holds run directories; check the path")
    found = [_summary(root, path, contents) for path in _walk(root, 0)]
    return sorted(found, key=lambda item: (item.date, item.name), reverse=True)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    if _is_run(folder):
        yield folder
    elif depth < _MAX_DEPTH:
        try:
            below = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
        except OSError:
            return  # a folder that may not be read holds no run of ours
        for entry in below:
            if not entry.name.startswith("."):
                yield from _walk(entry, depth + 1)


def _is_run(folder: Path) -> bool:
    """A run has a manifest and a configuration, or has begun to train; one of the three may have been lost."""
    run = RunDirectory(folder)
    if run.metrics.is_file() or checkpoint_folders(run.training) or run.begun.is_dir() or run.is_busy():
        return True
    if run.manifest.is_file():
        return run.config.is_file() or run.weights.is_file()
    return run.config.is_file() and b'"heedful"' in run.config.read_bytes()


def _summary(root: Path, path: Path, contents: bool) -> RunSummary:
    run = RunDirectory(path)
    state, problem = _state(run, contents)
    config = _readable(run.config)
    return RunSummary(
        name=path.relative_to(root).as_posix() if path != root else path.name,
        path=path,
        task=str(config.get("task", "")),
        languages=_languages(config.get("directions")),
        scores=_scores(run) if run.scores.is_file() else _scores_so_far(run, config.get("directions")),
        n_parameters=_n_parameters(run),
        date=_date(run),
        state=state,
        problem=problem,
    )


def _state(run: RunDirectory, contents: bool) -> tuple[str, str]:
    if run.is_busy():
        return "running", ""
    if run.manifest.is_file():
        try:
            check_manifest(run.path, (run.config.name, run.weights.name), contents)
        except RunError as error:
            return "damaged", str(error)
        return "finished", ""
    if run.training.is_dir():
        steps = [step for step, _, _ in checkpoint_folders(run.training)]
        return f"interrupted at step {steps[0] if steps else 0}", ""
    return "damaged", f"{run.manifest} is missing: it was copied in part; copy it again"


def _readable(path: Path) -> dict[str, Any]:
    try:
        values = read_json(path)
    except RunError:
        return {}
    return values if isinstance(values, dict) else {}


def _languages(directions: object) -> str:
    pairs = directions if isinstance(directions, list) else []
    return ", ".join("-".join(filter(None, map(str, pair))) for pair in pairs if isinstance(pair, list))


def _scores(run: RunDirectory) -> tuple[RunScore, ...]:
    try:
        return tuple(_score(item) for item in read_scores(run.scores))
    except (RunError, StopIteration, AttributeError, KeyError, TypeError, ValueError):
        return ()  # a damaged run is listed all the same


def _scores_so_far(run: RunDirectory, directions: object) -> tuple[RunScore, ...]:
    """Of the best evaluation that training has written down."""
    rows: list[dict[str, Any]] = []
    with suppress(OSError, ValueError):  # the last line may be torn
        for line in run.metrics.read_bytes().splitlines():
            if b'"dev_score":' in line:
                rows.append(json.loads(line))
    seen = [row for row in rows if isinstance(row.get("dev_score"), int | float)]
    best = max(seen, key=lambda row: float(row["dev_score"]), default={})
    pairs = directions if isinstance(directions, list) else []
    names = ["dev_bleu"] if len(pairs) == 1 else [f"dev_bleu_{'_'.join(map(str, pair))}" for pair in pairs]
    return tuple(
        RunScore("-".join(map(str, pair)), "dev", "bleu", float(best[name]))
        for pair, name in zip(pairs, names, strict=True)
        if isinstance(best.get(name), int | float)
    )


def _score(item: ScoreSet) -> RunScore:
    name = next(iter(item.figures))
    # What is behind the comma explains the name of the set.
    languages = "-".join(filter(None, (item.source, item.target)))
    return RunScore(languages, item.data.partition(",")[0], name, float(item.figures[name]["score"]))


def _n_parameters(run: RunDirectory) -> int | None:
    """As the receipt says; else from the header of the weights' file: 8 bytes of length, then JSON."""
    said, weights = _readable(run.path / RECEIPT).get("n_parameters"), run.weights
    if isinstance(said, int):
        return said  # the scales of int8 stand in the file too
    try:
        with naming(weights, "read"), weights.open("rb") as file:
            (n_bytes,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(n_bytes)) if n_bytes <= _MAX_HEADER_BYTES else {}
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return sum(_product(shape) for shape in shapes)
    except (RunError, struct.error, ValueError, AttributeError, KeyError, TypeError):
        return None


def _product(shape: list[int]) -> int:
    total = 1
    for size in shape:
        total *= int(size)
    return total


def _date(run: RunDirectory) -> str:
    """What the run itself says; the times of its files are those of the copy where it was copied."""
    try:
        text = str(_readable(run.path / RECEIPT).get("date", ""))
        said = datetime.fromisoformat(text)
        if len(text) == len("2026-11-20"):
            return text
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        pass
    for path in (run.manifest, run.metrics, run.training, run.path):
        if path.exists():
            return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return ""
