"""Who may import whom: only downward, never within a level, never a heavy or optional package on the way to --help."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEVELS = [
    {"errors", "interface", "architecture", "numerics", "crew"},
    {"model", "data", "evaluation", "run"},
    {"baselines", "transfer", "training", "decoding", "interpretation"},
    {"compression"},
    {"tasks"},
    {"pipelines", "serving"},
    {"cli"},
    {"__main__"},
]
LEVEL = {unit: level for level, units in enumerate(LEVELS) for unit in units}
# Below them, and still not theirs: decoding works on the waist, training is given its evaluation as a callback.
FORBIDDEN = {("decoding", "model"), ("training", "evaluation")}
DEPENDENCIES = {"torch", "numpy", "tokenizers", "safetensors", "sacrebleu", "cyclopts", "rich"}

FILES = sorted((ROOT / "heedful").rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a piece of code imports, by its full dotted name (for `from a import b`: a.b)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the full name instead of a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(tree: ast.Module) -> Iterator[str]:
    """The modules imported as soon as this one is: not those inside functions or for type checkers only."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)
        waiting += ast.iter_child_nodes(node)


def unit_of(module: str) -> str:
    """The folder or file of heedful that a dotted name belongs to: heedful.model.attention.attend is of "model"."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def complaints(module: str, tree: ast.AST) -> Iterator[str]:
    """What a module of heedful imports against the levels."""
    unit = unit_of(module)
    for name in imported(tree):
        other = unit_of(name)
        if name.split(".")[0] != "heedful" or name == "heedful.__version__" or other == unit:
            continue
        if other not in LEVEL:
            yield f"{module} imports {name}: not a folder or file of design.md's levels"
        elif unit and (LEVEL[other] > LEVEL[unit] or (LEVEL[other] == LEVEL[unit] != 0)):
            yield f"{module} (level {LEVEL[unit]}) imports {name} (level {LEVEL[other]})"
        elif (unit, other) in FORBIDDEN:
            yield f"{module} imports {name}: {unit} never imports {other}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downward(module):
    unit = unit_of(module)
    assert unit == "" or unit in LEVEL, f"{module} belongs to no level"
    assert not list(complaints(module, ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def test_no_import_cycles():
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        names = set(at_import(ast.parse(path.read_text(encoding="utf-8"))))
        found = {name if name in MODULES else name.rpartition(".")[0] for name in names}
        graph[module] = found & set(MODULES) - {module, "heedful"}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", MODULES)
def test_only_dependencies_are_imported_at_import_time(module):
    names = {name.split(".")[0] for name in at_import(ast.parse(MODULES[module].read_text(encoding="utf-8")))}
    optional = names - DEPENDENCIES - set(sys.stdlib_module_names) - {"heedful"}
    assert not optional, f"import {', '.join(sorted(optional))} inside the function that needs it"


def test_the_package_and_the_command_line_are_imported_without_torch():
    code = "import heedful, heedful.cli.main, sys; print(*sorted({'torch', 'numpy', 'matplotlib'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (answer.returncode, answer.stdout.strip()) == (0, ""), answer.stderr


@pytest.mark.parametrize(
    ("module", "code", "complaint"),
    [
        ("heedful.model.attention", "from heedful.errors import ShapeError\nfrom heedful.model import masks", None),
        ("heedful.model.attention", "from heedful.data import batch", "(level 1) imports heedful.data.batch (level 1)"),
        ("heedful.errors", "import heedful.model", "(level 0) imports heedful.model (level 1)"),
        ("heedful.tasks.translation", "def run():\n    from heedful.cli import main", "(level 6)"),
        ("heedful.decoding.engine", "from heedful.model.cache import Cache", "decoding never imports model"),
        ("heedful.run.card", "from heedful import __version__", None),
        ("heedful.run.card", "from heedful.strange import thing", "not a folder"),
    ],
)
def test_the_guard_itself(module, code, complaint):
    said = "".join(complaints(module, ast.parse(code)))
    assert complaint in said if complaint else said == ""
