"""What pyproject.toml promises, and that a wheel brings all of it."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_base_is_small_and_torch_is_capped():
    names = [line.split(">")[0] for line in PROJECT["dependencies"]]
    assert names == ["torch", "numpy", "tokenizers", "safetensors", "sacrebleu", "cyclopts", "rich"]
    assert "torch>=2.11,<2.14" in PROJECT["dependencies"]


def test_the_command_exists():
    module, name = PROJECT["scripts"]["heedful"].split(":")
    assert (ROOT / (module.replace(".", "/") + ".py")).exists()
    assert f"def {name}(" in (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert all(f"\n   {number}. " in text for number in range(1, 10))
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.network
@pytest.mark.slow
def test_a_wheel_brings_every_file(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-deps", "-qq", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("heedful-*.whl")
    brought = set(zipfile.ZipFile(wheel).namelist())
    files = subprocess.run(["git", "ls-files", "heedful"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(files.stdout.split()) <= brought
    assert not any(name.startswith("tests/") for name in brought)
