"""The sha256 of every file that a run ships, so that a flipped bit is an error and never a wrong translation."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heedful.errors import RunError
from heedful.run.disk import naming, write_atomic

NAME = "manifest.json"
_VERSION = 1
_NOT_SHIPPED = "training"
_MENDING = "copy it again from where it was whole, or train again"


def write_manifest(folder: Path) -> None:
    """Write `manifest.json`, over every file of the folder but itself, hidden ones and `training/`.

    Raises:
        RunError: a file cannot be read, or the manifest cannot be written.
    """
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": _digest(folder / name)} for name in _shipped(folder)
    }
    write_atomic(folder / NAME, _encode(files))


def check_manifest(folder: Path, required: Sequence[str] = (), contents: bool = True) -> dict[str, str]:
    """Compare every file with the manifest. Files that it does not list are fine.

    Args:
        folder: a run directory or a checkpoint.
        required: names that the manifest must list.
        contents: read every file; False compares sizes alone, for a look at many runs.
    Returns:
        The sha256 of each listed file, in hexadecimal.
    Raises:
        RunError: a file is missing or differs by a single bit, the manifest itself included; the message names it.
    """
    files = _read(folder / NAME)
    for name in required:
        if name not in files:
            raise RunError(f"{folder / NAME} does not list {name}: this is another folder's manifest; {_MENDING}")
    wrong = [complaint for complaint in _complaints(folder, files, contents).values() if complaint]
    if wrong:
        more = f" (and {len(wrong) - 3} more files)" if len(wrong) > 3 else ""
        raise RunError(f"{'; '.join(wrong[:3])}{more}; {_MENDING}")
    return {name: entry["sha256"] for name, entry in files.items()}


def inventory(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Every file against the manifest, one by one, where `check_manifest` stops at the first few that are wrong.

    Args:
        folder: a run directory or a checkpoint.
    Returns:
        What is wrong with each listed file, empty for a whole one; and the files beside them that are not listed.
    Raises:
        RunError: the manifest itself is missing or damaged.
    """
    files = _read(folder / NAME)
    return _complaints(folder, files, contents=True), [name for name in _shipped(folder) if name not in files]


def _shipped(folder: Path) -> list[str]:
    """The names of what a manifest covers: every file but itself, hidden ones and `training/`."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        name.as_posix()
        for name in names
        if not any(part.startswith(".") for part in name.parts) and name.parts[0] != _NOT_SHIPPED and name != Path(NAME)
    ]


def _complaints(folder: Path, files: dict[str, Any], contents: bool) -> dict[str, str]:
    return {name: _compare(folder / name, entry, contents) for name, entry in files.items()}


def _compare(path: Path, entry: dict[str, Any], contents: bool) -> str:
    if not path.is_file():
        return f"{path} is missing"
    with naming(path, "read"):
        size = path.stat().st_size
    if size != entry["bytes"]:
        return f"{path} is damaged: {size:,} bytes instead of {entry['bytes']:,}"
    if contents and _digest(path) != entry["sha256"]:
        return f"{path} is damaged or was edited: its sha256 is not that of the manifest"
    return ""


def _digest(path: Path) -> str:
    with naming(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _encode(files: dict[str, Any]) -> bytes:
    own = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    content = {"files": files, "heedful_manifest": _VERSION, "sha256": own}
    return (json.dumps(content, sort_keys=True, indent=2) + "\n").encode()


def _read(path: Path) -> dict[str, Any]:
    """Only the very bytes that `_encode` writes are accepted, so damage in the manifest itself is noticed too."""
    if not path.parent.is_dir():
        raise RunError(f"{path.parent} is not a folder; check the path")
    if not path.is_file():
        raise RunError(f"{path} is missing: the run is unfinished or was copied in part; resume it or copy it again")
    with naming(path, "read"):
        content = path.read_bytes()
    try:
        values = json.loads(content)
        files = values["files"]
        whole = content == _encode(files)
        known = all(
            isinstance(entry["bytes"], int) and isinstance(entry["sha256"], str) and _inside(name)
            for name, entry in files.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = known = False
    if not whole or not known:
        raise RunError(f"{path} is damaged itself, or of another version of heedful; {_MENDING}")
    return dict(files)


def _inside(name: str) -> bool:
    return bool(name) and not Path(name).is_absolute() and ".." not in Path(name).parts
