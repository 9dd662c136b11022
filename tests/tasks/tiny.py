"""Translators of a few thousand weights, trained for a few steps on a few sentences of the phrasebook."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from heedful.data import phrasebook
from heedful.tasks import course, demo
from heedful.tasks.defaults import Size
from heedful.tasks.evidence import Published
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translation import train_translation
from heedful.training import plan
from heedful.training.plan import Plan

# Small files are written and replaced by the hundred: in memory, where there is one.
MEMORY = Path("/dev/shm")
SIZE = Size(float("inf"), 800, 16, 1, 1, 0.1, 1e-2, 600, 2)
COUNTS = {"train": 120, "dev": 4, "test": 5}


@dataclass(frozen=True)
class Tiny:
    """What is made once a session and only read.

    Args:
        texts: the folder of `write_texts`.
        both: a finished run, Chinese and English both ways.
        rnn: a finished run of the RNN, English to Chinese, from a TSV and with its own split.
        published: what training answered, by the name of the run.
    """

    texts: Path
    both: Path
    rnn: Path
    published: dict[str, Published]


def short_pairs(part: str, n: int) -> list[tuple[str, str]]:
    """The shortest of some pairs, (Chinese, English), no two alike."""
    drawn = dict.fromkeys((pair.chinese, pair.english) for pair in phrasebook.generate(4 * n, part, 1))
    return sorted(drawn, key=lambda pair: len(pair[1]))[:n]


def write_texts(folder: Path) -> Path:
    """train, dev and test as two files each, and the first as TSV, English before Chinese."""
    folder.mkdir()
    for part, n in COUNTS.items():
        pairs = short_pairs(part, n)
        for number, language in enumerate(("zh", "en")):
            lines = "".join(f"{pair[number]}\n" for pair in pairs)
            (folder / f"{part}.{language}").write_text(lines, encoding="utf-8")
    rows = "".join(f"{english}\t{chinese}\n" for chinese, english in short_pairs("train", COUNTS["train"]))
    (folder / "all.en-zh.tsv").write_text(rows, encoding="utf-8")
    return folder


def ask(texts: Path, out: Path, **changes: object) -> TranslationOptions:
    """Options of a few steps on these texts."""
    named = {
        f"{part}{side}": texts / f"{part.strip('_') or 'train'}.{language}"
        for part in ("", "dev_", "test_")
        for side, language in (("source", "zh"), ("target", "en"))
    }
    return TranslationOptions(**{"out": out, **named, "both_directions": True, "steps": 6, **changes})


def flags(options: TranslationOptions) -> list[str]:
    """The same for the command line, with whole paths."""
    words = ["train", "translation"]
    for name, value in vars(options).items():
        if value is True:
            words.append(f"--{name.replace('_', '-')}")
        elif value not in (None, False, ()):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


@contextmanager
def small() -> Iterator[None]:
    """Inside the block every model is of SIZE, and evaluated twice."""
    with (
        patch("heedful.tasks.preparation.size_for", lambda n: SIZE),
        patch.multiple(plan, N_EVALUATIONS=2, LEAST_APART=1),
    ):
        yield


def train_tiny(options: TranslationOptions, **more: object) -> Published:
    """Train, small."""
    with small():
        return train_translation(options, **more)


def folder_in_memory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None, prefix="heedful-")


def make_tiny(folder: Path) -> Tiny:
    texts = write_texts(folder / "texts")
    both = train_tiny(ask(texts, folder / "both"))
    rnn = TranslationOptions(out=folder / "rnn", tsv=texts / "all.en-zh.tsv", model="rnn", steps=4, seed=3)
    return Tiny(texts, folder / "both", folder / "rnn", {"both": both, "rnn": train_tiny(rnn)})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, to see whether anything was touched."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@contextmanager
def small_demo() -> Iterator[None]:
    """Inside the block the demo is of SIZE, with a few sentences and steps, whatever the clock says."""
    parts = tuple((part, 40 if part == "train" else 8) for part, _ in demo.PARTS)
    with patch.object(demo, "PARTS", parts), patch.object(demo, "SIZE", SIZE), patch.object(course, "calibrate"):
        with patch.object(course, "plan_steps", lambda *budget: Plan(4, 4)):
            with patch("heedful.tasks.translation.time_of", lambda *_: None):
                yield
