"""The pages as their tests read them: code, tables, headings, links and the files that they name."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BOTH = ["README", "docs/map", "docs/defaults", "docs/learning-curve", "docs/paper", "docs/claims", "docs/compression"]
BOTH += ["docs/classification"]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".ci/*.md")]
)

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?<![\w/.@-])(?:heedful|tests|docs|scripts|bench|recipes|examples)/[\w./-]*\w")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Patterns of names, in CONTRIBUTING.
NO_FILES = {"heedful/x/y.py", "tests/x/test_y.py"}


def read(page: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def code_blocks(text: str) -> list[str]:
    """Fenced and indented blocks in order of kind; comments, which are translated, left out."""
    rest = FENCED.sub("", text)
    indented = re.findall(r"(?:^ {4}\S.*\n)+", rest, re.MULTILINE)
    blocks = [block for _, block in FENCED.findall(text)] + [
        re.sub("^ {4}", "", b, flags=re.MULTILINE) for b in indented
    ]
    return [re.sub(r" +# .*$", "", block, flags=re.MULTILINE) for block in blocks]


def spans(text: str) -> list[str]:
    """What stands between backticks in the running text."""
    return re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


def tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells, the row of dashes left out."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    rows = [[line.strip("|").split("|") for line in table.splitlines()] for table in found]
    return [[[cell.strip() for cell in row] for row in table if not re.fullmatch(r"[-: ]+", row[0])] for table in rows]


def levels(text: str) -> list[int]:
    """How deep each heading is, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)]


def links(text: str) -> list[str]:
    """Where the links to files of the project lead."""
    return [target.partition("#")[0] for target in LINK.findall(text) if "://" not in target and target[0] != "#"]


def files(text: str) -> set[str]:
    """Every path of the project that a text names, in code or not."""
    return set(FILE.findall(text)) - NO_FILES
