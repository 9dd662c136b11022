"""`heedful doctor`: this machine, line by line, each with a word of advice."""

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from heedful import __version__

GIB = 2**30
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
DEVELOPERS = {"dev", "test"}  # extras that a machine which only uses heedful does not lack


@dataclass(frozen=True)
class Finding:
    """One fact about this machine.

    Args:
        name: what was looked at.
        value: what was found.
        advice: what it means, or what to do.
        good: False when something should be done.
    """

    name: str
    value: str
    advice: str
    good: bool = True


def doctor(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """This machine: cores, memory, versions, GPU, number formats, disk, and what is missing.

    Args:
        as_json: print one JSON object instead of lines.
    """
    findings = list(survey())
    if as_json:
        print(json.dumps({finding.name: asdict(finding) for finding in findings}, ensure_ascii=False, indent=2))
    else:
        show(findings)


def show(findings: list[Finding]) -> None:
    """Print the findings as lines that fit the terminal, marked where something should be done."""
    from rich.table import Table
    from rich.text import Text

    from heedful.cli.console import output_console

    table = Table(box=None, show_header=False, padding=(0, 1))
    for _ in range(2):
        table.add_column(no_wrap=True)
    for _ in range(2):
        table.add_column(overflow="fold")
    for finding in findings:
        mark, style = ("✓", "green") if finding.good else ("!", "bold yellow")
        table.add_row(Text(mark, style), finding.name, Text(finding.value, "bold"), Text(finding.advice))
    console = output_console()
    console.print(table)
    wrong = [finding.name for finding in findings if not finding.good]
    console.print(f"\nWorth a look: {', '.join(wrong)}." if wrong else "\nNothing is missing.")


def survey() -> Iterator[Finding]:
    """Everything that is looked at, in the order of reading."""
    yield python()
    yield torch_build()
    yield cores()
    yield memory()
    yield gpu()
    yield from numerics()
    yield disk(Path.cwd())
    yield terminal(sys.stdout.encoding or "none")
    yield from packages()


def python() -> Finding:
    """The interpreter."""
    value = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", value, f"runs heedful {__version__} from {Path(__file__).parents[1]}")


def torch_build() -> Finding:
    """Which torch, and whether it is the build for this machine."""
    import torch

    version = str(torch.__version__)
    driver = shutil.which("nvidia-smi") is not None
    if driver and not torch.cuda.is_available():
        return Finding(
            "torch", version, "there is an NVIDIA driver and this torch does not use it: see pytorch.org", False
        )
    if not driver and torch.version.cuda is not None:
        advice = f"3 GB of it are for a GPU that is not here: pip install torch --index-url {CPU_INDEX}"
        return Finding("torch", version, advice, False)
    return Finding("torch", version, "the build for this machine")


def cores() -> Finding:
    """The cores that this process may use, which can be fewer than there are."""
    from heedful.numerics import available_cores

    usable, there = available_cores(), os.cpu_count() or 1
    if usable < there:
        return Finding("cores", f"{usable} of {there}, {processor()}", "this process may use no more of them")
    return Finding("cores", f"{usable}, {processor()}", "this process may use all of them")


def threads(n_threads: int) -> Finding:
    """How many threads training takes, and what OMP_NUM_THREADS has to do with it.

    Args:
        n_threads: that were chosen.
    """
    from heedful.numerics import available_cores

    asked, usable = os.environ.get("OMP_NUM_THREADS", ""), available_cores()
    value = str(n_threads)
    if not asked:
        return Finding("threads", value, "training uses one for each core")
    if not asked.isdecimal() or int(asked) == 0:
        advice = f"OMP_NUM_THREADS={asked} is no number of threads, and one for each core is taken: unset it"
        return Finding("threads", value, advice, False)
    if int(asked) > usable:
        return Finding("threads", value, f"one for each core: OMP_NUM_THREADS={asked} asks for more than there are")
    if int(asked) < usable:
        return Finding("threads", value, f"OMP_NUM_THREADS={asked} asks for it: without it training uses all {usable}")
    return Finding("threads", value, "one for each core, as OMP_NUM_THREADS asks too")


def processor() -> str:
    """The processor's name, where the system tells it."""
    listing = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", listing.read_text(), re.MULTILINE) if listing.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def memory() -> Finding:
    """Memory, and how much of it is free."""
    if not Path("/proc/meminfo").exists():
        return Finding("memory", "unknown", "this system does not tell; training a small translator takes under 2 GB")
    listing = Path("/proc/meminfo").read_text()
    sizes = {name: int(size) * 1024 for name, size in re.findall(r"^(\w+): +(\d+) kB", listing, re.MULTILINE)}
    total, free = sizes["MemTotal"], sizes["MemAvailable"]
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's, when it has one; else the word "max"
    if limit.exists() and limit.read_text().strip().isdigit():
        total = min(total, int(limit.read_text()))
        free = min(free, total - int(limit.with_name("memory.current").read_text()))
    value = f"{free / GIB:.1f} of {total / GIB:.1f} GiB free"
    if free < 2 * GIB:
        return Finding("memory", value, "training a small translator takes up to 2 GB: close something first", False)
    return Finding("memory", value, "enough to train a small translator, which takes under 2 GB")


def gpu() -> Finding:
    """The GPU, if there is one that torch can use."""
    import torch

    if not torch.cuda.is_available():
        return Finding("gpu", "none", "none is needed; everything runs on the processor")
    properties = torch.cuda.get_device_properties(0)
    more = f" and {torch.cuda.device_count() - 1} more" if torch.cuda.device_count() > 1 else ""
    value = f"{properties.name}, {properties.total_memory / GIB:.0f} GiB{more}"
    return Finding("gpu", value, "is used by itself; --device cpu leaves it alone")


def numerics() -> Iterator[Finding]:
    """How heedful will compute here: the policy of numerics.py and the reasons for it."""
    from heedful.numerics import choose

    policy = choose()
    if policy.compute == "bfloat16":
        yield Finding("compute", "bfloat16", "this processor multiplies it fast; the weights themselves stay float32")
    else:
        yield Finding("compute", "float32", "no fast bfloat16 here; training takes about twice as long as with it")
    if policy.device == "cpu":
        fast = policy.matmul == "onednn"
        why = "true float32, checked just now, and up to 2.4 times as fast on AMD" if fast else "torch's own choice"
        yield Finding("float32 products", "oneDNN" if fast else "default", why)
        yield threads(policy.threads)
        yield decoder(policy.engine)


def decoder(engine: str) -> Finding:
    """What finished Transformers decode with."""
    from heedful.model.native.library import BuildError, kept_at, load
    from heedful.numerics import compiler, cpu_runs_engine

    if engine == "native":
        try:
            load()
            return Finding("decoder", "native", f"built for this machine: {kept_at()}")
        except BuildError as error:
            return Finding("decoder", "PyTorch", f"two to four times as slow: {error}", False)
    if not cpu_runs_engine():
        return Finding("decoder", "PyTorch", "the native decoder is written for x86 with AVX-512 VNNI")
    if compiler() is None:
        return Finding("decoder", "PyTorch", "a C++ compiler (g++ or clang++) would make decoding 2-4 times as fast")
    return Finding("decoder", "PyTorch", "HEEDFUL_ENGINE=torch asks for it")


def disk(folder: Path) -> Finding:
    """Room for runs where the command was typed."""
    free = shutil.disk_usage(folder).free
    value = f"{free / GIB:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", value, "nothing can be written here: go elsewhere, or give --out", False)
    if free < GIB:
        return Finding("disk", value, "a run takes up to 1 GB with its checkpoints: make room, or give --out", False)
    return Finding("disk", value, "enough for many runs")


def terminal(encoding: str) -> Finding:
    """Whether every script can be printed."""
    if encoding.lower().replace("-", "") in ("utf8", "utf8sig"):
        return Finding("terminal", encoding, "every script can be printed")
    return Finding("terminal", encoding, "cannot print every script: set PYTHONUTF8=1", False)


def packages() -> Iterator[Finding]:
    """Whether what heedful is built on is installed, and which optional parts are not."""
    try:
        needed = list(requirements(metadata.requires("heedful") or []))
    except metadata.PackageNotFoundError:
        yield Finding("packages", "unknown", "heedful runs from a folder and is not installed: pip install .", False)
        return
    missing: dict[str | None, list[str]] = {}
    for name, extra in needed:
        missing.setdefault(extra, []).extend([] if installed(name) else [name])
    base = missing.pop(None, [])
    if base:
        yield Finding("packages", f"{', '.join(base)} missing", f"pip install {' '.join(base)}", False)
    else:
        yield Finding("packages", "all", "what heedful is built on is installed")
    for extra, names in missing.items():
        if names and extra not in DEVELOPERS:
            yield Finding(f"extra {extra}", f"without {', '.join(names)}", f"optional: pip install 'heedful[{extra}]'")


def requirements(lines: list[str]) -> Iterator[tuple[str, str | None]]:
    """The packages in lines like "pytest>=8; extra == 'test'", each with the extra that asks for it, or None."""
    for line in lines:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", line)
        assert name is not None, f"a requirement without a name: {line!r}"
        yield name[0], extra[1] if extra else None


def installed(name: str) -> bool:
    """Whether a package is there, by its name on the index."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
