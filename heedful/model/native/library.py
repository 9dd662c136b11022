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

from heedful.numerics import compiler

SOURCES = Path(__file__).resolve().parent
FLAGS = ("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC", "-fno-math-errno", "-w")
# Far more than any machine has taken.
PATIENCE = 300

_log = logging.getLogger(__name__)

Watch = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int32)


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
    ]


class Answer(ctypes.Structure):
    """See search.h."""

    _fields_ = [
        ("room", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("tokens", "n_tokens", "total", "stop", "counters")),
    ]


class BuildError(Exception):
    """The engine could not be built here; PyTorch does its work."""


@cache
def library() -> Any | None:
    """The engine, built when this machine has none yet; None where it cannot be built or loaded."""
    try:
        return loaded()
    except BuildError as error:
        _log.debug("decoding with PyTorch: %s", error)
        return None


def loaded() -> Any:
    """The same.

    Raises:
        BuildError: it cannot be built, or what was built is damaged.
    """
    path = built()
    try:
        return _bound(ctypes.CDLL(str(path)))
    except (OSError, AttributeError) as error:
        raise BuildError(f"{path} is damaged: remove it, and it is built again ({error})") from error


def built() -> Path:
    """The library's file.

    Raises:
        BuildError: there is no compiler, or it failed, now or before: the same one is not asked again for the same
            sources.
    """
    path = kept_at()
    if path.exists():
        return path
    program = compiler()
    if program is None:
        raise BuildError("no C++ compiler was found (install g++ or clang++)")
    failure = path.with_suffix(".failed")
    try:
        # A complaint begins with the name of the compiler.
        if failure.exists() and (said := failure.read_text().strip()).startswith(f"{program} "):
            raise BuildError(f"{said} (remove {failure} to try again)")
        path.parent.mkdir(parents=True, exist_ok=True)
        _log.info("building the fast decoder for this machine, once (some 10 seconds)")
        complaint = _build(program, path)
        if complaint:
            failure.write_text(f"{complaint}\n")
    except OSError as error:
        complaint = f"{path.parent} cannot be written to ({error}): name another folder with XDG_CACHE_HOME"
    if complaint:
        _log.info("the fast decoder cannot be built, PyTorch decodes instead, more slowly: %s", complaint)
        raise BuildError(complaint)
    return path


def kept_at() -> Path:
    """Where the library of these sources is kept for this machine."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heedful"
    digest = hashlib.sha256("\n".join((*FLAGS, platform.machine(), _processor())).encode())
    for source in sorted((*SOURCES.glob("*.h"), *SOURCES.glob("*.cpp"))):
        digest.update(source.read_bytes())
    return folder / f"engine-{digest.hexdigest()[:16]}.so"


def _build(program: str, path: Path) -> str:
    """Compile, and put in place what is whole; returns what is wrong with the compiler."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [program, *FLAGS, str(SOURCES / "engine.cpp"), "-o", str(made)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return f"{program} did not come to an end in {PATIENCE} seconds"
        if done.returncode or not made.exists():
            said = done.stderr.strip().splitlines() or [f"exit {done.returncode}, and no library"]
            return f"{program} failed: {said[0]}"
        os.replace(made, path)
    return ""


def _processor() -> str:
    """What this CPU can do, as the system says it: a library of another machine, on a shared disk, is not loaded."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("flags")), platform.processor())


def _bound(loaded: Any) -> Any:
    """The functions with their types."""
    loaded.heedful_open.argtypes = [ctypes.POINTER(Shape), ctypes.POINTER(Matrix), ctypes.POINTER(ctypes.c_void_p)]
    loaded.heedful_open.restype = ctypes.c_void_p
    loaded.heedful_close.argtypes = [ctypes.c_void_p]
    loaded.heedful_close.restype = None
    loaded.heedful_search.argtypes = [ctypes.c_void_p, ctypes.POINTER(Task), ctypes.POINTER(Answer), Watch]
    loaded.heedful_search.restype = ctypes.c_int32
    return loaded
