"""Whom a student learns from: a finished run, known by the hash of its manifest, and what it is asked for."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

from heedful.architecture import read_record
from heedful.compression.distill import Mixture, WordLevel
from heedful.errors import OptionError, RunError, suggest
from heedful.interface import Objective
from heedful.run.directory import RunDirectory
from heedful.run.disk import naming, read_json
from heedful.tasks.setup import Setup
from heedful.tasks.translator import Translator

Level = Literal["sequence", "word", "both"]
NAME = "teacher.json"


@dataclass(frozen=True)
class Teacher:
    """A translator, and what of it is learned.

    Args:
        path: its run directory, absolute.
        sha256: of its manifest, and so of all of it.
        level: "sequence", its translations take the place of the targets; "word", its distribution at every position
            of the target; or "both".
        share: of its divergence in what is minimised, beside the labels; for words alone.
        temperature: that softens its distributions; for words alone.

    Raises:
        OptionError: a level that is not known, or a share or a temperature out of its range.
    """

    path: str
    sha256: str
    level: Level = "sequence"
    share: float = 0.5
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.level not in get_args(Level):
            raise OptionError(f"level {self.level!r} is not known{suggest(self.level, get_args(Level))}")
        Mixture(self.share, self.temperature)

    @classmethod
    def stored(cls, place: Path) -> Self | None:
        """The one of a run, or None of a run without.

        Args:
            place: `training/begun/` of the run.
        """
        return cls.from_json(read_json(place / NAME)) if (place / NAME).is_file() else None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return read_record(cls, values, "the teacher of a run")

    @property
    def translates(self) -> bool:
        """Whether its translations are learned from."""
        return self.level != "word"

    @property
    def is_listened_to(self) -> bool:
        """Whether its distributions are."""
        return self.level != "sequence"

    def load(self, device: str | None) -> Translator:
        """The translator.

        Args:
            device: "cpu" or "cuda"; None chooses.
        Raises:
            RunError: it is gone or damaged, or another than it was.
        """
        translator = Translator.load(self.path, device)
        check_same(Path(self.path), self.sha256)
        return translator


def student_of(teacher: Path, sha256: str) -> str:
    """Whose student a run is, in a sentence.

    Args:
        teacher: its run directory.
        sha256: of its manifest.
    """
    return f"It is a student of {teacher.resolve().name} (sha256 of its manifest: {sha256[:16]}...)."


def check_same(path: Path, sha256: str) -> None:
    """Refuse another teacher than the one that a run began with.

    Args:
        path: its run directory.
        sha256: of its manifest when the run began.
    Raises:
        RunError: it is another now.
    """
    if manifest_hash(path) != sha256:
        raise RunError(
            f"{path} is not the teacher that this run began with: its manifest.json is another; restore it, or begin "
            "again with another --out"
        )


def manifest_hash(path: Path) -> str:
    """SHA-256 of the manifest of a finished run, in hexadecimal.

    Raises:
        RunError: it is no finished run.
    """
    manifest = RunDirectory.open(path).manifest
    with naming(manifest, "read"):
        return hashlib.sha256(manifest.read_bytes()).hexdigest()


def objective_of(place: Path, setup: Setup) -> Objective:
    """What a run minimises: with a teacher that is listened to, its loss; else that of the text.

    Args:
        place: `training/begun/` of the run.
        setup: of the run.
    """
    teacher = Teacher.stored(place)
    if teacher is None or not teacher.is_listened_to:
        return setup.objective
    translator = teacher.load(setup.numerics.device)
    return WordLevel(translator.model, Mixture(teacher.share, teacher.temperature, setup.size.smoothing))
