"""What changes the disk: a file or a folder appears whole or not at all, also when the power fails in between.

Every call that changes something goes through this module's name `os`; the tests replace it to make each call fail.
"""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from heedful.errors import RunError

_ADVICE = {
    errno.ENOSPC: "free some space on this disk",
    errno.EDQUOT: "free some of your quota on this disk",
    errno.EROFS: "choose a folder on a disk that is not read-only",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EIO: "check this disk, it reports errors",
    errno.ENOENT: "create the folder first",
    errno.ENAMETOOLONG: "choose a shorter name",
}
# What some network and FUSE file systems answer when a folder shall be synchronised.
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)


@contextmanager
def naming(path: Path, action: str = "write") -> Iterator[None]:
    """Turn an error of the operating system into a RunError that names the path, the reason and the way out."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "try again or choose another folder")
        reason = error.strerror or str(error)
        tail = "; what was complete before is untouched" if action == "write" else ""
        raise RunError(f"cannot {action} {path}: {reason}; {advice}{tail}") from error


def write_file(path: Path, data: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a new file and wait until it is on the disk; for files inside an `atomic_folder`.

    Args:
        path: must not exist.
        data: the content, whole or in pieces.
    Raises:
        RunError: the file system refused; the file is then incomplete.
    """
    with naming(path):
        _write_new(path, data)


def write_atomic(path: Path, data: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file whole, in the place of an older one if there is one.

    Args:
        path: in an existing folder.
        data: the content, whole or in pieces.
    Raises:
        RunError: the file system refused; an older file is untouched.
    """
    part = _temporary(path)
    with naming(path), _removed_on_failure(part):
        _write_new(part, data)
        os.replace(part, path)
        sync_folder(path.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new folder that appears under its name only once it is complete and on the disk.

    Args:
        path: must not exist; its parent must.
    Yields:
        A temporary folder beside it; fill it with `write_file`.
    Raises:
        RunError: the file system refused; nothing has appeared.
    """
    part = _temporary(path)
    with _removed_on_failure(part):
        with naming(path):
            os.mkdir(part)
        yield part
        with naming(path):
            sync_folder(part)
            os.rename(part, path)
            sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create one folder, unless it is there, and wait until it is on the disk.

    Raises:
        RunError: the file system refused, or the parent is missing.
    """
    with naming(path):
        if not path.is_dir():
            os.mkdir(path)
            sync_folder(path.parent)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one at a time look whether something was begun in a folder, and begin it; others wait for so long.

    Args:
        folder: exists; nothing is left in it.
    Raises:
        RunError: the file system refused.
    """
    with naming(folder, "lock"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # Some network file systems lock no folder: better to begin there than not.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a folder so that at no moment a part of it stands under its name.

    Raises:
        RunError: the file system refused.
    """
    aside = _temporary(path)
    with naming(path, "remove"):
        os.rename(path, aside)
        _delete(aside)


def clear_leftovers(folder: Path) -> None:
    """Remove what interrupted writes left; only for who may write here alone (the holder of the lock).

    Raises:
        RunError: the file system refused.
    """
    with naming(folder, "clean"):
        for entry in sorted(folder.iterdir()):
            if is_leftover(entry.name):
                _delete(entry)


def is_leftover(name: str) -> bool:
    """Whether a file name is one of those that interrupted writes leave."""
    return name.startswith(".") and name.endswith(".tmp")


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def write_json(path: Path, values: Any) -> None:
    """Write plain values as indented JSON, whole or not at all.

    Raises:
        RunError: the file system refused; an older file is untouched.
    """
    write_atomic(path, encode_json(values))


def encode_json(values: Any) -> bytes:
    """Indented JSON in UTF-8 with a final line end; floats keep every bit."""
    return (json.dumps(values, ensure_ascii=False, indent=2) + "\n").encode()


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        RunError: it is missing, unreadable, or no JSON.
    """
    with naming(path, "read"):
        content = path.read_bytes()
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: it is no JSON ({error}); restore it from a copy") from error


def _write_new(path: Path, data: bytes | Iterable[bytes | memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        for piece in (data,) if isinstance(data, bytes) else data:
            _write_all(descriptor, memoryview(piece))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        written = os.write(descriptor, data)
        if written <= 0:
            raise OSError(errno.EIO, "the file system wrote nothing")
        data = data[written:]


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


@contextmanager
def _removed_on_failure(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            _delete(part)
        raise


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for entry in sorted(path.iterdir()):
            _delete(entry)
        os.rmdir(path)
    else:
        os.unlink(path)
