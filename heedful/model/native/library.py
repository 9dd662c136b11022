"""The engine as a shared library: built once for this machine by its own compiler, kept, and never needed."""

import ctypes
import hashlib
import logging
import os
import platform
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from heedful.numerics import compiler, cpu_runs_engine

SOURCES = Path(__file__).resolve().parent
FLAGS = ("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC", "-fno-math-errno", "-w")
# Far more than any machine has taken.
PATIENCE = 300

_log = logging.getLogger(__name__)


class Shape(ctypes.Structure):
    """See network.h."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("vocab_size", "d_model", "heads", "groups", "d_ff")),
        *((name, ctypes.c_int32) for name in ("encoder_layers", "decoder_layers", "max_len")),
        *((name, ctypes.c_int32) for name in ("activation", "rms", "pre", "window")),
        *((name, ctypes.c_float) for name in ("norm_eps", "embedding_scale")),
    ]


class Matrix(ctypes.Structure):
    """See MatrixIn in product.h."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("kind", "n", "k")),
        *((name, ctypes.c_void_p) for name in ("weight", "scale", "bias")),
    ]


class Task(ctypes.Structure):
    """See search.h."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("n", "width", "kept", "period", "rows", "tokens", "bos", "eos", "pad")),
        *((name, ctypes.c_void_p) for name in ("source", "offset", "max_len", "min_len", "loop_runs", "divisor")),
        ("n_common", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("common", "own", "own_start")),
    ]


class Texts(ctypes.Structure):
    """See encoder.h."""

    _fields_ = [("n", ctypes.c_int32), *((name, ctypes.c_void_p) for name in ("tokens", "kinds", "offset"))]


class Answer(ctypes.Structure):
    """See search.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("start", "tokens", "n_tokens", "total", "stop", "counters")]


class BuildError(Exception):
    """The engine could not be built here; PyTorch does its work."""


@cache
def library() -> Any | None:
    """The engine, built when this machine has none yet; None where there can be none."""
    try:
        return load()
    except BuildError as error:
        _log.debug("PyTorch computes: %s", error)
        return None


def load() -> Any:
    """The engine.

    Raises:
        BuildError: this machine cannot build it, load it or run it.
    """
    if not cpu_runs_engine():
        # Numerics that were recorded on another machine may ask for it all the same.
        raise BuildError("the native decoder is written for x86 with AVX-512 VNNI")
    path = built()
    try:
        return _bound(ctypes.CDLL(str(path)))
    except (OSError, AttributeError) as error:
        raise BuildError(f"{path} is damaged: remove it, and it is built again ({error})") from error


def built() -> Path:
    """The library's file.

    Raises:
        BuildError: there is no compiler, no room, or it failed, now or before: the same one is not asked again for the
            same sources.
    """
    path = kept_at()
    failure = path.with_suffix(".failed")
    try:
        if path.exists():
            return path
        program = compiler()
        if program is None:
            raise BuildError("no C++ compiler was found (install g++ or clang++)")
        # A complaint begins with the name of the compiler: another one may do better.
        if failure.exists() and (said := failure.read_text().strip()).startswith(f"{program} "):
            raise BuildError(f"{said} (remove {failure} to try again)")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only what is whole gets its place; several processes may be at it at once.
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            if complaint := _compile(program, made):
                failure.write_text(f"{complaint}\n")
                raise BuildError(complaint)
            os.replace(made, path)
    except OSError as error:
        # No fault of the sources: the next process tries again.
        raise BuildError(
            f"the fast decoder cannot be kept in {path.parent} ({error}): name another folder with XDG_CACHE_HOME"
        ) from error
    return path


def kept_at() -> Path:
    """Where the library of these sources is kept for this machine.

    Raises:
        BuildError: nobody knows where the user's files are.
    """
    system = platform.machine(), *platform.libc_ver(), _processor()
    digest = hashlib.sha256("\n".join((*FLAGS, *system)).encode())
    for source in sorted((*SOURCES.glob("*.h"), *SOURCES.glob("*.cpp"))):
        digest.update(source.read_bytes())
    # XDG Base Directory Specification: a path that is not absolute is to be ignored.
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = named if named.is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:
        raise BuildError(f"there is no home folder to keep it in ({error}): set XDG_CACHE_HOME") from error
    return folder / "heedful" / f"engine-{digest.hexdigest()[:16]}.so"


def _compile(program: str, made: Path) -> str:
    """Make the library; what stands in the way, or ""."""
    _log.info("building the fast decoder for this machine, once (some 10 seconds)")
    command = [program, *FLAGS, str(SOURCES / "engine.cpp"), "-o", str(made)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        said = f"it took more than {PATIENCE} seconds"
    else:
        if not done.returncode and made.exists():
            return ""
        said = next(iter(done.stderr.strip().splitlines()), f"exit {done.returncode}, and no library")
    complaint = f"{program} failed: {said}"
    _log.info("the fast decoder cannot be built, PyTorch decodes instead, more slowly: %s", complaint)
    return complaint


def _processor() -> str:
    """What this CPU can do, as the system says it: a library of another machine, on a shared disk, is not loaded."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("flags")), platform.processor())


def _bound(loaded: Any) -> Any:
    """The functions with their types."""
    anything, pointer = ctypes.c_void_p, ctypes.POINTER
    for name, takes, gives in (
        ("open", (pointer(Shape), pointer(Matrix), pointer(anything)), anything),
        ("close", (anything,), None),
        ("read", (anything, pointer(Texts), ctypes.c_int32, anything), ctypes.c_int32),
        ("begin", (anything, pointer(Task), pointer(Answer)), anything),
        ("go_on", (anything,), ctypes.c_int32),
        ("end", (anything,), None),
    ):
        function = getattr(loaded, f"heedful_{name}")
        function.argtypes, function.restype = takes, gives
    return loaded
