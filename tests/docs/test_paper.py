"""The paper, line by line, does not rot: what it names exists, what it quotes stands there, both languages agree."""

import ast
import functools
import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ["paper.md", "paper.zh.md"]
REFERENCE = re.compile(r"`((?:heedful|tests)/[\w/]+\.py)` · `([\w.]+)`")
QUOTATION = re.compile(r"^`(\S+\.py)` · `(\S+)`\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@functools.cache
def parsed(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    return text.split("\n"), ast.parse(text)


def source_of(path, symbol):
    """The lines of a function, a class or a value, or of one inside another: "Block.forward.look_back"."""
    lines, node = parsed(path)
    for name in symbol.split("."):
        found = [child for child in ast.walk(node) if name in names(child) and child is not node]
        assert found, f"{path} has no {symbol}"
        node = found[0]
    return lines[node.lineno - 1 : node.end_lineno]


def names(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def passages(quotation):
    """The runs of lines between the places marked `...`, without their common indentation."""
    parts = re.split(r"^ *\.\.\.\n", textwrap.dedent(quotation), flags=re.MULTILINE)
    return [textwrap.dedent(part).strip("\n").split("\n") for part in parts]


def stands_in(passage, lines, start):
    """Where a run of lines ends in a source that has it, at any indentation; None where it has not."""
    for at in range(start, len(lines) - len(passage) + 1):
        if textwrap.dedent("\n".join(lines[at : at + len(passage)])).split("\n") == passage:
            return at + len(passage)
    return None


@pytest.mark.parametrize("name", PAGES)
def test_every_symbol_exists(name):
    found = REFERENCE.findall(page(name))
    assert len(found) > 30
    for path, symbol in found:
        assert source_of(path, symbol)


@pytest.mark.parametrize("name", PAGES)
def test_every_quoted_line_stands_in_its_symbol(name):
    quotations = QUOTATION.findall(page(name))
    assert len(quotations) == page(name).count("```python"), "a quotation without a file and a symbol above it"
    for path, symbol, quotation in quotations:
        lines, place = source_of(path, symbol), 0
        for passage in passages(quotation):
            place = stands_in(passage, lines, place)
            assert place is not None, f"{path} · {symbol} no longer has, in this order:\n" + "\n".join(passage)


def test_both_languages_show_the_same_code():
    english, chinese = map(page, PAGES)
    assert QUOTATION.findall(english) == QUOTATION.findall(chinese)
    assert REFERENCE.findall(english) == REFERENCE.findall(chinese)
    levels = [[line.split()[0] for line in text.split("\n") if re.match("#+ ", line)] for text in (english, chinese)]
    assert levels[0] == levels[1]


def test_every_equation_and_figure_has_its_place():
    for name in PAGES:
        headings = " ".join(line for line in page(name).split("\n") if line.startswith("## "))
        for section in (
            "3.1",
            "3.2.1",
            "3.2.2",
            "3.2.3",
            "3.3",
            "3.4",
            "3.5",
            "5.1",
            "5.2",
            "5.3",
            "5.4",
            "6.1",
            "6.2",
        ):
            assert f"## {section} " in headings + " "
        # Attention, heads, feed-forward, sines and cosines, learning rate.
        assert page(name).count("$$") == 2 * 5


def test_counted_parameters_are_those_of_the_presets():
    from tests.model.test_presets import parameters_by_hand

    for name in PAGES:
        assert f"{parameters_by_hand(512, 2048, 6, 37_000):,}" in page(name)
        assert f"{parameters_by_hand(1024, 4096, 6, 37_000):,}" in page(name)


def test_the_guard_itself():
    lines = ["def f(x):", "    if x:", "        y = 1", "        z = 2", "    return y"]
    assert stands_in(["y = 1", "z = 2"], lines, 0) == 4
    assert stands_in(["if x:", "    y = 1"], lines, 0) == 3
    assert stands_in(["y = 1", "return y"], lines, 0) is None
    assert stands_in(["y = 1"], lines, 3) is None
    assert passages("        a\n        ...\n            b\n            c\n") == [["a"], ["b", "c"]]
    with pytest.raises(AssertionError, match=r"has no Block\.backward"):
        source_of("heedful/model/block.py", "Block.backward")
