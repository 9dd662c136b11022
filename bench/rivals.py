"""Who translates against whom, and the processes that they live in.

CTranslate2 reads its environment when it is loaded, so each of its settings is a process of its own. They stay alive
between their turns and cost nothing there: threads of OpenMP turn in a loop for some milliseconds behind a call, which
`Player.ask` waits for.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from heedful.numerics import Numerics

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = (sys.executable, "-P", str(ROOT / "bench" / "answering.py"))
# libgomp's own figure, which `wait_briefly` lowers in every bench: rivals get what they have by themselves.
SPINS = {"GOMP_SPINCOUNT": "300000"}
QUIET_SECONDS = 0.05
# Seconds that a process has to end.
PATIENCE = 10.0

# What CTranslate2 reads, and how it is called here. It does not take its AVX512 by itself where the processor is AMD's.
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "MKL off": {"CT2_USE_MKL": "0"},
    "MKL off, AVX512": {"CT2_USE_MKL": "0", "CT2_FORCE_CPU_ISA": "AVX512"},
    "MKL": {"CT2_USE_MKL": "1"},
    "MKL, AVX512": {"CT2_USE_MKL": "1", "CT2_FORCE_CPU_ISA": "AVX512"},
}
# Sentences of a batch that are tried; 0 where the library chooses itself.
CTRANSLATE2_ROWS = (16, 32, 64, 128)
GENERATE_ROWS = (16, 64)


class Absent(Exception):
    """A rival that cannot take part; the message says why."""


@dataclass(frozen=True)
class Setting:
    """One way to run one library.

    Args:
        system: whose row of the table it is in, with the type that it computes in behind.
        name: what sets it apart from others of its system.
        library: a key of `bench.answering.LIBRARIES`.
        dtype: "float32", "bfloat16" or "int8"; what its floor is.
        options: for that library.
        environment: variables of its process.
        rows: sentences of a batch that are tried; empty where it is none for throughput.
        alone: whether it takes part one sentence at a time.
    """

    system: str
    name: str
    library: str
    dtype: str
    options: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[int] = (0,)
    alone: bool = True

    @property
    def key(self) -> str:
        """Says which it is."""
        return f"{self.system}, {self.name}"


def heedful(machine: Numerics) -> list[Setting]:
    """Ours: the engine in the type of this machine and in int8, and PyTorch without it."""
    dtype, threads = machine.compute, machine.threads
    ways = {f"heedful {dtype}": ("native", dtype), "heedful int8": ("native", "int8")}
    ways[f"heedful {dtype}, PyTorch"] = ("torch", dtype)
    return [
        Setting(
            system,
            f"{threads} hands",
            "heedful",
            kind,
            {"engine": engine, "dtype": kind, "threads": threads},
            {"OMP_NUM_THREADS": str(threads)},
        )
        for system, (engine, kind) in ways.items()
    ]


def ctranslate2(cores: int, folders: Mapping[str, Path], words: Path) -> list[Setting]:
    """CTranslate2 in every setting that may be its best.

    Args:
        cores: that may be used.
        folders: the converted model, by type.
        words: file of its vocabulary.
    """
    found = []
    # As many workers as cores, one worker of all cores, and for a sentence alone one core as well.
    shapes = dict.fromkeys(((cores, 1), (1, cores), (1, 1)))
    for dtype, folder in folders.items():
        for workers, threads in shapes:
            for name, environment in ENVIRONMENTS.items():
                options = {"folder": str(folder), "words": str(words), "dtype": dtype}
                found.append(
                    Setting(
                        f"CTranslate2 {dtype}",
                        f"{workers} of {threads}, {name}",
                        "CTranslate2",
                        dtype,
                        {**options, "workers": workers, "threads": threads},
                        {**SPINS, **environment},
                        CTRANSLATE2_ROWS if workers * threads == cores else (),
                        alone=workers == 1,
                    )
                )
    return found


def generate(machine: Numerics) -> list[Setting]:
    """`generate()` of transformers, a system for each type, with either attention."""
    return [
        Setting(
            f"transformers {dtype}",
            attention,
            "transformers",
            dtype,
            {"dtype": dtype, "attention": attention, "threads": machine.threads},
            {**SPINS, "OMP_NUM_THREADS": str(machine.threads)},
            GENERATE_ROWS,
        )
        for dtype in dict.fromkeys(("float32", machine.compute))
        for attention in ("eager", "sdpa")
    ]


@dataclass(frozen=True)
class Turn:
    """What came of a question.

    Args:
        seconds: of each call.
        answers: to each sentence.
    """

    seconds: Sequence[float]
    answers: Sequence[Sequence[int]]


class Player:
    """A process that translates, ready to be asked.

    Args:
        setting: what it runs.
        setup: what all are told alike: see `bench.answering`.
        program: the command that starts it.
    Raises:
        Absent: it could not begin.
    """

    def __init__(self, setting: Setting, setup: Mapping[str, Any], program: Sequence[str] = PROGRAM) -> None:
        self.setting = setting
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CT2_", "OMP_", "KMP_"))}
        self._process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**inherited, "PYTHONPATH": path, **setting.environment},
        )
        try:
            self.ask({**setup, "library": setting.library, "options": dict(setting.options)})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def many(self, width: int, rows: int) -> Turn:
        """All sentences at once.

        Args:
            width: of the beam.
            rows: sentences of a batch.
        """
        return Turn(**self.ask({"ask": "many", "width": width, "rows": rows}))

    def alone(self, width: int) -> Turn:
        """Some sentences, one behind the other."""
        return Turn(**self.ask({"ask": "alone", "width": width}))

    def memory(self) -> int:
        """Bytes at most, since it was ready."""
        return int(self.ask({"ask": "memory"})["bytes"])

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One line there, one line back; then wait until its threads sleep.

        Raises:
            Absent: it has died.
        """
        assert self._process.stdin is not None and self._process.stdout is not None, "both are pipes"
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
        except BrokenPipeError as error:
            raise self._absent() from error
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise self._absent()
        time.sleep(QUIET_SECONDS)
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self._log.closed:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None, "both are pipes"
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _absent(self) -> Absent:
        """Why it died: the last line that it left."""
        code = self._process.wait()
        self._log.seek(0)
        said = [line.strip() for line in self._log if line.strip()]
        return Absent(said[-1] if said else f"ended with code {code}")
