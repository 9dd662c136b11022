"""The layout of a run directory, and who may write to it."""

import difflib
import fcntl
import json
import os
import re
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from heedful.errors import RunError
from heedful.run.disk import clear_leftovers, is_leftover, make_folder, naming, read_json, remove

# What a training was asked for, in `training/begun/`.
REQUEST = "request.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d{8,})(?:-(\d+))?")


@dataclass(frozen=True)
class RunDirectory:
    """A folder that holds one model and everything known about it.

    Args:
        path: the folder. `create` makes a new one, `open` checks that a finished one is there.
    """

    path: Path

    @property
    def config(self) -> Path:
        """config.json: task, architecture, languages, numerics."""
        return self.path / "config.json"

    @property
    def weights(self) -> Path:
        """model.safetensors."""
        return self.path / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        """tokenizer.json."""
        return self.path / "tokenizer.json"

    @property
    def shortlist(self) -> Path:
        """shortlist.safetensors: the tokens that a translation may have, of a run that has such lists."""
        return self.path / "shortlist.safetensors"

    @property
    def generation(self) -> Path:
        """generation_config.json: how to decode by default."""
        return self.path / "generation_config.json"

    @property
    def scores(self) -> Path:
        """scores.json: the figures on held-out data, with signatures."""
        return self.path / "scores.json"

    @property
    def card(self) -> Path:
        """README.md, the model card."""
        return self.path / "README.md"

    @property
    def report(self) -> Path:
        """report.html."""
        return self.path / "report.html"

    @property
    def manifest(self) -> Path:
        """manifest.json, the sha256 of every file above."""
        return self.path / "manifest.json"

    @property
    def training(self) -> Path:
        """training/: checkpoints and logs, not needed to use the model."""
        return self.path / "training"

    @property
    def begun(self) -> Path:
        """training/begun/: all that a run starts from, whole or not there."""
        return self.training / "begun"

    @property
    def distillation(self) -> Path:
        """training/lesson/distillation.json: whom a student learns from; missing where nobody teaches."""
        return self.training / "lesson" / "distillation.json"

    @property
    def metrics(self) -> Path:
        """training/metrics.jsonl, a line every few steps."""
        return self.training / "metrics.jsonl"

    @property
    def events(self) -> Path:
        """training/events.jsonl: starts, stops, spikes, saves."""
        return self.training / "events.jsonl"

    @classmethod
    def create(cls, path: Path, resume: bool = False) -> Self:
        """A directory to train in; its parent is made too, and no more than that.

        Args:
            path: is created when missing, with its parent; the parent's parent must exist.
            resume: go on in a directory that was begun, instead of refusing it.
        Raises:
            RunError: there is something already (without `resume`) or nothing (with it), the parent is missing, or
                the file system refused.
        """
        run = cls(path)
        run.check_free(resume)
        # The first run of all makes the folder of runs too.
        make_folder(path.parent)
        make_folder(path)
        make_folder(run.training)
        return run

    @classmethod
    @contextmanager
    def starting(cls, path: Path) -> Iterator[Self]:
        """A directory to train in, made and locked; what fails before anything of worth is in it leaves no folder.

        Args:
            path: as for `create`.
        Raises:
            RunError: as `create` and `lock`.
        """
        made = [folder for folder in (path, path.parent) if not folder.exists()]
        run = cls.create(path)
        with run.lock():
            try:
                yield run
            except BaseException:
                if run._is_fresh():
                    with suppress(RunError, OSError):  # what is to be told is the failure
                        remove(run.training)
                        for folder in made:
                            folder.rmdir()
                raise

    def check_free(self, resume: bool = False) -> None:
        """See whether `create` would accept this place; nothing is made.

        Args:
            resume: a run was begun here.
        Raises:
            RunError: as `create`, the file system apart.
        """
        path = self.path
        with naming(path, "use"):
            if path.exists() and not path.is_dir():
                raise RunError(f"{path} is a file, expected a folder; choose another --out")
            if resume and self.manifest.is_file():
                raise RunError(
                    f"{path} is finished: there is nothing to resume; use it, or train again with another --out"
                )
            if resume and not self.training.is_dir():
                hint = _near(path) if not path.exists() else "; leave --resume out to start in it"
                raise RunError(f"nothing to resume in {path}: it has no folder training/{hint}")
            if not resume and path.is_dir() and not self._is_fresh():
                goes_on = self.training.is_dir() and not self.manifest.is_file()
                way = "go on with --resume or choose another --out" if goes_on else "choose another --out"
                raise RunError(f"{path} is not empty: nothing is written over; {way}")
            if not path.parent.parent.is_dir():
                raise RunError(f"{path.parent.parent} does not exist: create it first, or choose another --out")

    @classmethod
    def open(cls, path: Path) -> Self:
        """A finished run, not yet checked against its manifest.

        Raises:
            RunError: it is missing (the message names the nearest right path), no run, or not finished.
        """
        run = cls(path)
        with naming(path, "read"):
            exists, is_folder = path.exists(), path.is_dir()
        if not is_folder:
            problem = "is a file, expected a run directory" if exists else "does not exist"
            raise RunError(f"{path} {problem}{_near(path)}")
        if not run.manifest.is_file() and run.training.is_dir():
            raise RunError(f"{path} is not finished: it has no manifest.json yet; go on with: {run.going_on}")
        for file in (run.config, run.manifest):
            if not file.is_file():
                raise RunError(f"{path} is no run directory: {file.name} is missing; {_inside(path)}")
        return run

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one to train here, until the end of the block or of the process; clear what a killed one left.

        Raises:
            RunError: another process trains here; the message has its number.
        """
        path = self.training / "lock"
        with naming(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with naming(path, "lock"):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise RunError(f"{self.path} is in use: {_holder(descriptor)}; wait for it or stop it") from None
            with naming(path):
                owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(owner).encode(), 0)
            clear_leftovers(self.path)
            clear_leftovers(self.training)
            yield
        finally:
            os.close(descriptor)

    @property
    def going_on(self) -> str:
        """The command that goes on with a training that was begun here.

        Raises:
            RunError: it learns from a teacher, and the file that says from whom is damaged.
        """
        verb = self._verb()
        if self.distillation.is_file():
            verb = ["distill", str(read_json(self.distillation)["teacher"]["path"])]
        return shlex.join(["heedful", *verb, "--out", str(self.path), "--resume"])

    @property
    def is_finished(self) -> bool:
        """Whether there is a whole run: its manifest is written last."""
        return self.manifest.is_file()

    @property
    def is_taken(self) -> bool:
        """Whether a training has begun here, be it finished or not, or another process is just starting one."""
        return self.begun.is_dir() or self.is_finished or self.is_busy()

    def is_busy(self) -> bool:
        """Whether a process trains here right now."""
        try:
            descriptor = os.open(self.training / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _verb(self) -> list[str]:
        """Of a run that has begun, as its request says, or else config.json."""
        with suppress(RunError, KeyError, TypeError):
            return [str(word) for word in read_json(self.begun / REQUEST)["verb"]]
        with suppress(RunError, AttributeError):
            return ["train", str(read_json(self.config).get("task", "translation"))]
        return ["train", "translation"]

    def _is_fresh(self) -> bool:
        """Empty, or left by a start that failed before it wrote anything of worth."""
        training = list(self.training.iterdir()) if self.training.is_dir() else []
        others = [entry for entry in self.path.iterdir() if entry != self.training]
        return all(is_leftover(entry.name) for entry in others) and all(
            entry.name == "lock" or is_leftover(entry.name) for entry in training
        )


def checkpoint_folders(training: Path) -> list[tuple[int, int, Path]]:
    """Step, generation (of those saved at the same step) and path of each checkpoint, newest first, unread.

    Args:
        training: the run's `training/`; may be missing.
    """
    if not training.is_dir():
        return []
    found = [(match, path) for path in training.iterdir() if (match := _CHECKPOINT.fullmatch(path.name))]
    return sorted(((int(match[1]), int(match[2] or 1), path) for match, path in found if path.is_dir()), reverse=True)


def _holder(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {owner['pid']} on {owner['host']} trains there since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process is just starting there"


def _inside(path: Path) -> str:
    """The tail of a message about a folder that is no run: the runs in it; of a learning curve that of all the data."""
    names = sorted(entry.name for entry in path.iterdir() if (entry / "config.json").is_file())
    if not names:
        return "expected a folder made by `heedful train`"
    meant = "all" if "all" in names else names[0]
    others = [name for name in names if name != meant]
    more = f" or another run in it: {', '.join(others[:8])}" if others else ""
    return f"did you mean {str(path / meant)!r}{more}?"


def _near(path: Path) -> str:
    """The tail of a message about a path that does not exist: the nearest that does."""
    missing, rest = path, Path()
    while not missing.parent.is_dir() and missing.parent != missing:
        missing, rest = missing.parent, Path(missing.name) / rest
    with naming(missing.parent, "read"):
        names = sorted(entry.name for entry in missing.parent.iterdir() if entry.is_dir() and entry.name[0] != ".")
    for close in difflib.get_close_matches(missing.name, names, n=5):
        if (missing.parent / close / rest).is_dir():
            return f"; did you mean {str(missing.parent / close / rest)!r}?"
    runs = [name for name in names if (missing.parent / name / "config.json").is_file()]
    return f"; runs in {missing.parent}: {', '.join(runs[:8])}" if runs else ""
