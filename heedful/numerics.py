"""What machine this is, and so which dtype, matrix product and attention path to use, and how many threads.

The one place that asks. It decides by capability and a numeric check, never by timing, so that the same machine always
decides alike; the choice is a value that the run records. Importing this changes no setting of torch: `applied` sets
what it must for the length of a `with` block.
"""

import ctypes
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

import torch

from heedful.architecture import check_types, read_record
from heedful.errors import OptionError

Compute = Literal["bfloat16", "float32"]
Matmul = Literal["default", "onednn"]
Engine = Literal["native", "torch"]

# A product of float32 numbers rounded to bfloat16 first is wrong by about 2^-8 of its size; true float32 by about 1e-6.
TRUE_FLOAT32_ERROR = 1e-4

# From these lengths on the fused kernel overtakes two products and a softmax on a CPU: docs/decisions/0002-numerics.md.
PLAIN_ATTENTION_BELOW = {torch.bfloat16: 2048, torch.float32: 1024}

# Batches come in many shapes. 120 updates on Multi30k left 1.8 GB in use with all kernels kept, 1.3 GB with 128, and
# 1.1 GB when freed tensors of 4 MB and more are returned too. A step uses about 60, for half a millisecond each when
# they are new: enough are kept for the shapes that come often (`Sampling` sees to it that most do).
KERNELS_KEPT = 512
RETURNED_BYTES = 4 << 20
M_MMAP_THRESHOLD = -3  # of mallopt, in glibc's malloc.h


@dataclass(frozen=True)
class Numerics:
    """How to compute here.

    Args:
        device: "cpu" or "cuda".
        compute: dtype of activations and of the copies of the weights they meet; masters stay float32.
        matmul: "onednn" sends float32 products to oneDNN, which is 1.2-2.4 times faster than MKL on AMD.
        threads: threads inside one operator.
        engine: "native" lets finished Transformers search by themselves, in C++ (heedful/model/native), where they can
            and where the library can be built; same answers but for near ties. HEEDFUL_ENGINE=torch forbids it.
    """

    device: str
    compute: Compute
    matmul: Matmul
    threads: int
    engine: Engine = "torch"

    def __post_init__(self) -> None:
        check_types(self)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype named by `compute`."""
        return torch.bfloat16 if self.compute == "bfloat16" else torch.float32

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`; a recorded device that is missing here is refused.

        Raises:
            OptionError: the record names a GPU and there is none; or a key that is unknown or missing.
        """
        if values.get("device") == "cuda" and not torch.cuda.is_available():
            raise OptionError("this was computed on a GPU and there is none here: go on where it was started")
        return read_record(cls, values, "the numerics")


def choose(device: str | None = None) -> Numerics:
    """The policy for this machine.

    Args:
        device: "cpu" or "cuda"; None takes a GPU when there is one.
    Raises:
        OptionError: a device that is unknown or missing, or HEEDFUL_ENGINE names no engine.
    """
    engine = os.environ.get("HEEDFUL_ENGINE") or "native"
    if engine not in get_args(Engine):
        raise OptionError(f"HEEDFUL_ENGINE is 'native' or 'torch': got {engine!r}; unset it, and the faster is taken")
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device not in ("cpu", "cuda"):
        raise OptionError(f"device is 'cpu' or 'cuda': got {device!r}")
    if device == "cuda":
        if not torch.cuda.is_available():
            raise OptionError("device 'cuda' was asked for and torch sees no GPU here; use 'cpu'")
        return Numerics("cuda", "bfloat16" if torch.cuda.is_bf16_supported() else "float32", "default", 1)
    compute: Compute = "bfloat16" if cpu_multiplies_bfloat16() else "float32"
    native = engine == "native" and cpu_runs_engine() and compiler() is not None
    matmul: Matmul = "onednn" if onednn_float32_is_true() else "default"
    return Numerics("cpu", compute, matmul, usable_threads(), "native" if native else "torch")


def cpu_multiplies_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16 products; emulated ones are slower than float32."""
    # Public since torch 2.13 only; before that, the single question below it answers for x86.
    if hasattr(torch.cpu, "get_capabilities"):
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return bool(torch.cpu._is_avx512_bf16_supported())


def onednn_float32_is_true() -> bool:
    """Whether oneDNN's float32 product, allowed to use bfloat16, computes in true float32 all the same.

    It does on CPUs without AMX, where it is the fastest float32 there is; with AMX the same setting really rounds.
    """
    _bound_memory()
    if not torch.backends.mkldnn.is_available():
        return False
    # Exact in float32 and not in bfloat16: 1 + 2^-12 needs 13 bits.
    ones = torch.full((64, 64), 1.0 + 2.0**-12)
    with _float32_products("bf16"):
        found = torch.nn.functional.linear(ones, ones)
    return bool((found - 64 * (1.0 + 2.0**-12) ** 2).abs().max() < 64 * TRUE_FLOAT32_ERROR)


def cpu_runs_engine() -> bool:
    """Whether this CPU has the vectors that the engine (heedful/model/native) is written for."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    return bool(torch.cpu._is_avx512_supported() and torch.cpu._is_vnni_supported())


def compiler() -> str | None:
    """A C++ compiler of this machine; CXX names another."""
    return next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), "g++", "clang++", "c++"))), None)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usable_threads() -> int:
    """A thread for each of these cores, or fewer where OMP_NUM_THREADS asks for it."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    n_asked = int(asked) if asked.isdecimal() else 0
    return min(n_asked or available_cores(), available_cores())


def plain_attention_wins(query: torch.Tensor) -> bool:
    """Whether two products and a softmax beat the fused kernel here.

    However many keys there are: a few queries that look back on a long cache are slower in the fused kernel by three
    times and more, and how long the cache is depends on the longest sentence at work.

    Args:
        query: (B, H, T, K).
    """
    return query.device.type == "cpu" and query.shape[2] < PLAIN_ATTENTION_BELOW.get(query.dtype, 1024)


def onednn_multiplies(weight: torch.Tensor) -> bool:
    """Whether products with this weight are oneDNN's here.

    Call inside `applied`: float32 is oneDNN's only where the numerics say so.
    """
    backend: Any = torch.backends.mkldnn
    if weight.device.type != "cpu" or not backend.is_available():
        return False
    if weight.dtype == torch.float32:
        return backend.matmul.fp32_precision == "bf16" and onednn_float32_is_true()
    return weight.dtype == torch.bfloat16 and cpu_multiplies_bfloat16()


def _bound_memory() -> None:
    """Keep a long training's memory from growing with every new shape of a batch.

    oneDNN keeps fewer of the kernels that it writes, one for each shape; and tensors of some megabytes go back to the
    system when they are freed. glibc would keep them from the second time on, in pieces that no later tensor fits.
    """
    # oneDNN reads this once, at its first product; whoever has set it knows better.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KERNELS_KEPT))
    if sys.platform == "linux" and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        libc = ctypes.CDLL(None)
        # Other C libraries have no such call, and no need of it.
        if hasattr(libc, "mallopt"):
            libc.mallopt(M_MMAP_THRESHOLD, RETURNED_BYTES)


@contextmanager
def applied(numerics: Numerics) -> Iterator[None]:
    """Compute as `numerics` says inside the block, and as before after it."""
    _bound_memory()
    threads = torch.get_num_threads()
    if numerics.device == "cpu" and threads != numerics.threads:
        torch.set_num_threads(numerics.threads)
    try:
        with _float32_products("bf16") if numerics.matmul == "onednn" else nullcontext():
            yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextmanager
def _float32_products(precision: str) -> Iterator[None]:
    """What oneDNN may round float32 to: "bf16" also makes torch give it the products that MKL does otherwise."""
    backend: Any = torch.backends.mkldnn
    before = backend.matmul.fp32_precision
    backend.matmul.fp32_precision = precision
    try:
        yield
    finally:
        backend.matmul.fp32_precision = before
