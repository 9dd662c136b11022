"""Every file of the package has a test file in the same place."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS: set[str] = set()

FILES = [
    path.relative_to(ROOT / "heedful")
    for path in sorted((ROOT / "heedful").rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_has_its_test(path):
    mirror = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert mirror.exists() or str(path) in EXCEPTIONS, f"write {mirror.relative_to(ROOT)}"


def test_exceptions_are_still_needed():
    needed = {str(path) for path in FILES if not (ROOT / "tests" / path.parent / f"test_{path.name}").exists()}
    assert needed >= EXCEPTIONS
