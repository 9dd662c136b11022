"""Every file of the package has a test file in the same place: heedful/x/y.py and tests/x/test_y.py."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Files that have no test of their own, each with the reason; it should be empty.
EXCEPTIONS: dict[str, str] = {}


def without_mirror(root: Path) -> list[str]:
    """The test files that are missing."""
    files = [path.relative_to(root / "heedful") for path in sorted((root / "heedful").rglob("*.py"))]
    tested = [path for path in files if path.name not in ("__init__.py", "__main__.py")]
    mirrors = [Path("tests") / path.parent / f"test_{path.name}" for path in tested]
    return [str(mirror) for mirror in mirrors if not (root / mirror).exists()]


def test_every_file_has_its_test():
    missing = [mirror for mirror in without_mirror(ROOT) if mirror not in EXCEPTIONS]
    assert not missing, f"write {', '.join(missing)}"


def test_exceptions_are_still_needed():
    assert set(EXCEPTIONS) <= set(without_mirror(ROOT))


def test_the_guard_itself(tmp_path):
    for name in ("heedful/__init__.py", "heedful/a.py", "heedful/x/b.py", "heedful/x/c.py", "tests/x/test_b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert without_mirror(tmp_path) == ["tests/test_a.py", "tests/x/test_c.py"]
