"""The set-up never brings gigabytes for a GPU to a machine without one."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)


def report(*names: str) -> dict:
    return {"install": [{"metadata": {"name": name, "version": "1.0"}} for name in names]}


@pytest.mark.parametrize(
    "name", ["nvidia-cublas", "nvidia_cudnn_cu13", "cuda-toolkit", "triton", "torchvision", "torchaudio"]
)
def test_a_machine_without_a_gpu_refuses_what_is_for_one(name):
    complaint = install.guard(
        report("torch", name, "numpy"), has_gpu=False, allow_cuda=False, by_hand="pip install torch"
    )
    assert complaint is not None
    assert name.replace("_", "-") in complaint
    assert "`pip install torch --index-url https://download.pytorch.org/whl/cpu" in complaint
    assert "ALLOW_CUDA=1" in complaint


def test_a_gpu_or_consent_lets_it_through():
    unwanted = report("torch", "nvidia-cublas", "triton")
    assert install.guard(unwanted, has_gpu=True, allow_cuda=False, by_hand="pip install torch") is None
    assert install.guard(unwanted, has_gpu=False, allow_cuda=True, by_hand="pip install torch") is None


def test_an_ordinary_installation_passes():
    names = ["torch", "numpy", "torchtriton-free", "cudatext", "matplotlib"]
    assert install.cuda_packages(report(*names)) == []
    assert install.guard(report(*names), has_gpu=False, allow_cuda=False, by_hand="pip install torch") is None
    assert install.guard({"install": []}, has_gpu=False, allow_cuda=False, by_hand="pip install torch") is None


def test_many_packages_are_counted():
    complaint = install.guard(
        report(*(f"nvidia-part{index}" for index in range(9))),
        has_gpu=False,
        allow_cuda=False,
        by_hand="pip install torch",
    )
    assert "nvidia-part3 and 5 more" in complaint


def test_requirements_are_those_of_the_project_and_its_extras():
    project = {
        "project": {"dependencies": ["torch>=2.11,<2.14"], "optional-dependencies": {"test": ["pytest"], "dev": ["x"]}}
    }
    assert install.requirements(project, []) == ["torch>=2.11,<2.14"]
    assert install.requirements(project, ["test"]) == ["torch>=2.11,<2.14", "pytest"]


class Answers:
    """Stands for subprocess.run: gives one answer, and remembers what it was asked."""

    def __init__(self, returncode: int = 0, stdout: str = "", raises: Exception | None = None) -> None:
        self.answer, self.raises, self.asked = subprocess.CompletedProcess([], returncode, stdout), raises, []

    def __call__(self, command, *args, **options):
        self.asked.append([str(part) for part in command])
        if self.raises:
            raise self.raises
        return self.answer


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (Answers(0, "GPU 0: NVIDIA H200 (UUID: GPU-1)"), True),
        (Answers(0, "No devices found"), False),
        (Answers(9, "NVIDIA-SMI has failed"), False),
        (Answers(raises=subprocess.TimeoutExpired("nvidia-smi", 30)), False),
    ],
)
def test_a_gpu_is_what_its_driver_lists(monkeypatch, answers, expected):
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(install.subprocess, "run", answers)
    assert install.has_nvidia_gpu() is expected


def test_no_driver_no_gpu(monkeypatch):
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    assert install.has_nvidia_gpu() is False


def test_the_cpu_build_is_pinned_when_its_index_answers(monkeypatch):
    pip = install.Pip(Path("somewhere"))
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(pip, "has", lambda name: False)
    monkeypatch.setattr(install, "reachable", lambda python, url, seconds: True)
    monkeypatch.setattr(pip, "ask", lambda *arguments, quiet: {"install": [{"metadata": {"version": "2.13.0+cpu"}}]})
    index = "https://download.pytorch.org/whl/cpu"
    assert pip.cpu_torch("torch>=2.11,<2.14") == ["--extra-index-url", index, "torch==2.13.0+cpu"]
    monkeypatch.setattr(pip, "ask", lambda *arguments, quiet: None)
    assert pip.cpu_torch("torch>=2.11,<2.14") == []


def test_without_its_index_or_with_torch_there_nothing_is_pinned(monkeypatch):
    pip = install.Pip(Path("somewhere"))
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(pip, "has", lambda name: False)
    monkeypatch.setattr(install, "reachable", lambda python, url, seconds: False)
    assert pip.cpu_torch("torch") == []
    monkeypatch.setattr(install, "reachable", lambda python, url, seconds: True)
    monkeypatch.setattr(pip, "has", lambda name: True)
    assert pip.cpu_torch("torch") == []


def test_an_index_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(install.subprocess, "run", Answers(raises=subprocess.TimeoutExpired("python", 6)))
    assert install.reachable(Path("python"), "https://download.pytorch.org/whl/cpu/torch/", 4) is False


@pytest.mark.parametrize(
    ("version", "upgraded"), [("pip 22.3.1 from x", True), ("pip 23.2.1 from x", False), ("pip 25.0 from x", False)]
)
def test_only_an_old_pip_is_renewed(monkeypatch, version, upgraded):
    answers = Answers(0, version)
    monkeypatch.setattr(install.subprocess, "run", answers)
    install.Pip(Path("somewhere")).modernise()
    assert any("--upgrade" in command for command in answers.asked) is upgraded


def test_trouble_is_one_line_and_exit_code_2(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(install, "install", lambda folder, extras: "no way")
    monkeypatch.setattr(install.sys, "argv", ["install.py", "--venv", str(tmp_path), "--extra", "test"])
    assert install.main() == 2
    assert capsys.readouterr().err == "install: no way\n"


def test_nothing_is_installed_when_the_guard_speaks(monkeypatch, tmp_path):
    (tmp_path / "pyvenv.cfg").write_text("")
    answers = Answers(0, "pip 25.0")
    monkeypatch.setattr(install.subprocess, "run", answers)
    monkeypatch.setattr(install, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(install.Pip, "cpu_torch", lambda self, torch: [])
    monkeypatch.setattr(install.Pip, "ask", lambda self, *arguments: report("torch", "triton"))
    monkeypatch.delenv("ALLOW_CUDA", raising=False)
    assert "triton" in install.install(tmp_path, [])
    assert not any("--editable" in command for command in answers.asked)
    monkeypatch.setenv("ALLOW_CUDA", "1")
    assert install.install(tmp_path, ["test"]) is None
    assert answers.asked[-1][-2:] == ["--editable", f"{ROOT}[test]"]
