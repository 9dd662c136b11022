"""The sizes and habits that keep the code readable: nothing here is about results."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for folder in ("heedful", "scripts", "examples", "bench") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CORE_NAMES = ("attention", "positions", "feedforward", "block", "transformer")
CORE = [ROOT / "heedful/model" / f"{name}.py" for name in CORE_NAMES]
VAGUE = re.compile(r"_*(utils?|helpers?|common|misc|base|managers?|handlers?|tools?|stuff|core|shared)")
OPTIONS = re.compile(r"\b(config|configuration|options?|settings|architecture|args|flags|hparams|opts?|cfg)\b")

FILE_LINES, FUNCTION_LINES, CONSTRUCTOR_PARAMETERS, CORE_LINES = 400, 50, 8, 500

Function = ast.FunctionDef | ast.AsyncFunctionDef


def docstring_lines(node: ast.AST) -> set[int]:
    """The numbers of the lines that a docstring takes."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return set(range(first.lineno, first.end_lineno + 1))
    return set()


def code_lines(text: str) -> int:
    """Lines with code on them: no docstrings, no comments, no blank lines."""
    skipped = set().union(*(docstring_lines(node) for node in ast.walk(ast.parse(text))))
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    busy = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            busy.update(range(token.start[0], token.end[0] + 1))
    return len(busy - skipped)


def frozen(node: ast.ClassDef) -> bool:
    """Whether a class is a frozen dataclass."""
    return any("dataclass" in (said := ast.unparse(item)) and "frozen=True" in said for item in node.decorator_list)


def fields(node: ast.ClassDef) -> int:
    """How many parameters the constructor of a dataclass has."""
    named = [
        item for item in node.body if isinstance(item, ast.AnnAssign) and "ClassVar" not in ast.unparse(item.annotation)
    ]
    return len([item for item in named if item.value is None or "init=False" not in ast.unparse(item.value)])


def of_function(node: Function) -> Iterator[str]:
    """What is wrong with a function."""
    size = node.end_lineno - node.lineno + 1 - len(docstring_lines(node))
    if size > FUNCTION_LINES:
        yield f"{node.name} has {size} lines without its docstring; {FUNCTION_LINES} are enough"
    if node.args.kwarg:
        yield f"{node.name} takes **{node.args.kwarg.arg}: name the arguments"
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if node.name == "__init__" and len(every) - 1 > CONSTRUCTOR_PARAMETERS:
        yield f"a constructor with {len(every) - 1} parameters: make them a frozen dataclass"


def of_class(node: ast.ClassDef) -> Iterator[str]:
    """What is wrong with a class."""
    is_dataclass = any("dataclass" in ast.unparse(item) for item in node.decorator_list)
    if is_dataclass and not frozen(node) and fields(node) > CONSTRUCTOR_PARAMETERS:
        yield f"{node.name} has {fields(node)} fields and is not frozen"


def of_call(node: ast.Call) -> Iterator[str]:
    """What is wrong with a call."""
    has_default = ast.unparse(node.func) == "getattr" and len(node.args) == 3
    if has_default and OPTIONS.search(ast.unparse(node.args[0]).replace("_", " ")):
        yield f"{ast.unparse(node)}: an option that may be missing; declare it"


def complaints(text: str) -> Iterator[str]:
    """What is wrong with a file of the package, with its lines."""
    rules = [(Function, of_function), (ast.ClassDef, of_class), (ast.Call, of_call)]
    for node in ast.walk(ast.parse(text)):
        for kind, rule in rules:
            if isinstance(node, kind):
                yield from (f"line {node.lineno}: {complaint}" for complaint in rule(node))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_classes_and_calls(path):
    assert not list(complaints(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES + TESTS, ids=name_of)
def test_files_are_short_and_named_after_something(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= FILE_LINES, f"{lines} lines; a second noun lives in it?"
    vague = [part for part in path.relative_to(ROOT).with_suffix("").parts if VAGUE.fullmatch(part)]
    assert not vague, f"{vague[0]!r} says nothing: name it after its main public name"


def test_the_core_is_nine_screens():
    sizes = {path.name: code_lines(path.read_text(encoding="utf-8")) for path in CORE}
    assert sum(sizes.values()) <= CORE_LINES, f"{sum(sizes.values())} lines of code: {sizes}"


LONG = "def long():\n" + '    """Text\n' + "    of many lines\n" * 60 + '    """\n' + "    value = 1\n" * 48
MANY = ", ".join(f"p{index}" for index in range(9))
FIELDS = "".join(f"    f{index}: int\n" for index in range(9))


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (LONG, None),
        (LONG + "    value = 1\n" * 3, "52 lines"),
        ("def f(**kwargs): ...", "takes **kwargs"),
        (f"class A:\n    def __init__(self, {MANY}): ...", "9 parameters"),
        (f"class A:\n    def __init__(self, {MANY.removesuffix(', p8')}): ...", None),
        (f"@dataclass\nclass A:\n{FIELDS}", "9 fields and is not frozen"),
        (f"@dataclass(frozen=True)\nclass A:\n{FIELDS}", None),
        ("getattr(self.config, 'dropout', 0.1)", "declare it"),
        ("getattr(train_options, name, None)", "declare it"),
        ("getattr(config, name)", None),
        ("getattr(torch, 'xpu', None)", None),
    ],
)
def test_the_guard_itself(code, complaint):
    said = "".join(complaints(code))
    assert complaint in said if complaint else said == ""


def test_code_lines_are_counted_without_docstrings_comments_and_blanks():
    text = '"""Doc.\n\nMore."""\n\nimport os  # why\n\n\n# alone\n'
    text += 'def f():\n    """Doc."""\n    return (\n        1\n    )\n'
    assert code_lines(text) == 5
