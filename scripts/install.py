"""Make a virtual environment and install heedful into it, with the CPU build of torch where there is no NVIDIA GPU.

    python scripts/install.py --venv .venv --extra test

On Linux the plain torch wheel brings about 3 GB of CUDA packages. So pip is first asked what it would install; on a
machine without a GPU the answer must be free of them, or nothing is installed. ALLOW_CUDA=1 takes them all the same.
Standard library only.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
UNWANTED = re.compile(r"(nvidia|cuda|triton|pytorch-triton)(-.*)?|torchvision|torchaudio")


def requirements(project: dict, extras: list[str]) -> list[str]:
    """The requirements of the project and of some of its extras, read from the parsed pyproject.toml."""
    extra = project["project"]["optional-dependencies"]
    return [*project["project"]["dependencies"], *(line for name in extras for line in extra[name])]


def cuda_packages(report: dict) -> list[str]:
    """The packages in pip's installation report that a machine without a GPU has no use for."""
    names = (re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower() for item in report["install"])
    return sorted(name for name in names if UNWANTED.fullmatch(name))


def guard(report: dict, has_gpu: bool, allow_cuda: bool, by_hand: str) -> str | None:
    """What speaks against this installation, with the command that helps, or None."""
    unwanted = cuda_packages(report)
    if has_gpu or allow_cuda or not unwanted:
        return None
    shown = ", ".join(unwanted[:4]) + (f" and {len(unwanted) - 4} more" if len(unwanted) > 4 else "")
    return (
        f"this machine has no NVIDIA GPU, but pip would install packages for one: {shown} (up to 3 GB). "
        f"Install the CPU build of torch first, with `{by_hand} --index-url {CPU_INDEX}` or from a wheel, and run "
        "this again; or set ALLOW_CUDA=1 to take them all the same."
    )


def has_nvidia_gpu() -> bool:
    """Whether the driver of this machine lists a GPU."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    try:
        answer = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "GPU" in answer.stdout


def reachable(python: Path, url: str, seconds: int) -> bool:
    """Whether a web address answers within some seconds; in a process of its own, since name lookup has no limit."""
    question = f"import urllib.request; urllib.request.urlopen({url!r}, timeout={seconds})"
    try:
        return subprocess.run([python, "-c", question], capture_output=True, timeout=seconds + 2).returncode == 0
    except subprocess.TimeoutExpired:
        return False


class Pip:
    """The pip of a virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input"]

    def modernise(self) -> None:
        """Before 23.2 pip downloads whole wheels to learn what they need. Offline, an older one will have to do."""
        answer = subprocess.run([*self.command, "--version"], capture_output=True, text=True, check=True)
        if tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:2]) < (23, 2):
            subprocess.run([*self.command, "install", "--quiet", "--retries", "1", "--upgrade", "pip"])

    def ask(self, *arguments: str, quiet: bool = False) -> dict | None:
        """pip's report of what an installation would bring; None when it cannot be done."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            command = [*self.command, "install", "--dry-run", "-qq", "--report", str(path), *arguments]
            if subprocess.run(command, stderr=subprocess.DEVNULL if quiet else None).returncode != 0:
                return None
            return json.loads(path.read_text(encoding="utf-8"))

    def has(self, name: str) -> bool:
        """Whether a package is installed already."""
        return subprocess.run([*self.command, "show", "--quiet", name], capture_output=True).returncode == 0

    def cpu_torch(self, torch: str) -> list[str]:
        """What makes pip take the CPU build of torch from PyTorch's own index; nothing when that is out of reach."""
        if sys.platform == "darwin" or self.has("torch") or not reachable(self.python, f"{CPU_INDEX}/torch/", 4):
            return []
        options = ("--no-deps", "--retries", "1", "--timeout", "15", "--index-url", CPU_INDEX)
        report = self.ask(*options, torch, quiet=True)
        if report is None:
            return []
        version = report["install"][0]["metadata"]["version"]
        return ["--extra-index-url", CPU_INDEX, f"torch=={version}"]


def install(folder: Path, extras: list[str]) -> str | None:
    """Install heedful, editable, into a virtual environment made when it is missing; what went wrong, or None."""
    if not (folder / "pyvenv.cfg").exists():
        print(f"making a virtual environment in {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    pip = Pip(folder)
    pip.modernise()
    needed = requirements(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8")), extras)
    torch = next(line for line in needed if line.startswith("torch"))
    gpu = has_nvidia_gpu()
    choice = [] if gpu else pip.cpu_torch(torch)
    report = pip.ask(*choice, *needed)
    if report is None:
        return "pip found no set of packages that fits (its message stands above); is a package index reachable?"
    by_hand = f"{pip.python} -m pip install '{torch}'"
    trouble = guard(report, gpu, os.environ.get("ALLOW_CUDA") == "1", by_hand)
    if trouble is not None:
        return trouble
    print(f"installing heedful and {len(report['install'])} packages that it needs", file=sys.stderr)
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    progress = [] if sys.stdout.isatty() else ["-qq"]
    done = subprocess.run([*pip.command, "install", *progress, *choice, "--editable", target])
    return None if done.returncode == 0 else "pip could not install heedful (its message stands above)"


def main() -> int:
    """Read the flags and install."""
    parser = argparse.ArgumentParser(description="install heedful into a virtual environment")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="folder of the environment")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml, for example test")
    flags = parser.parse_args()
    trouble = install(flags.venv.resolve(), flags.extra)
    if trouble is not None:
        print(f"install: {trouble}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
