"""A stand-in for `os` in heedful/run/disk.py that fails, writes short, or loses power at a chosen call."""

import errno
import os
from contextlib import suppress
from pathlib import Path

CHANGES = ("open", "write", "fsync", "close", "rename", "replace", "mkdir", "unlink", "rmdir")


class Crash(BaseException):
    """The process is dead: every later call raises it again."""


class Disk:
    """Counts the calls that touch the disk and lets one of them go wrong.

    mode "error": call number `at` raises OSError(code); mode "forever": it and all later ones do, but removals;
    "short": every write takes a few bytes only; "before"/"after": the power goes before or after that call.
    """

    def __init__(self, at=-1, mode="error", code=errno.ENOSPC):
        self.at, self.mode, self.code = at, mode, code
        self.n_calls, self.dead = 0, False
        self.paths = {}  # descriptor -> path, of those open
        self.unsynced = set()  # inodes whose content may be lost
        self.created = []  # (path, inode of the folder) whose name may be lost
        self.renamed = []  # (source, destination, what stood there) that may be undone

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in CHANGES:
            return real

        def call(*arguments):
            if self.dead:
                raise Crash
            index, self.n_calls = self.n_calls, self.n_calls + 1
            if self.mode == "before" and index == self.at:
                self.die()
            if (self.mode == "error" and index == self.at) or (
                self.mode == "forever" and index >= self.at and name not in ("unlink", "rmdir")
            ):
                if name == "close":
                    real(*arguments)
                raise OSError(self.code, os.strerror(self.code))
            if self.mode == "short" and name == "write":
                arguments = (arguments[0], arguments[1][:7])
            if name in ("rename", "replace"):
                source, destination = map(Path, arguments)
                old = destination.read_bytes() if destination.is_file() else None
                self.renamed.append((source, destination, old))
                self.created = [(moved(path, source, destination), folder) for path, folder in self.created]
            result = real(*arguments)
            self.note(name, arguments, result)
            if self.mode == "after" and index == self.at:
                self.die()
            return result

        return call

    def note(self, name, arguments, result):
        if name == "open":
            self.paths[result] = Path(arguments[0])
            if arguments[1] & os.O_CREAT:
                self.created.append((Path(arguments[0]), os.stat(Path(arguments[0]).parent).st_ino))
        elif name == "mkdir":
            self.created.append((Path(arguments[0]), os.stat(Path(arguments[0]).parent).st_ino))
        elif name == "write":
            self.unsynced.add(os.fstat(arguments[0]).st_ino)
        elif name == "fsync":
            inode = os.fstat(arguments[0]).st_ino
            self.unsynced.discard(inode)
            self.created = [item for item in self.created if item[1] != inode]
            self.renamed = [item for item in self.renamed if os.stat(item[1].parent).st_ino != inode]
        elif name == "close":
            self.paths.pop(arguments[0], None)

    def die(self):
        """What a power cut may do: unsynchronised contents, names and renames are lost; removals are kept."""
        self.dead = True
        for descriptor in list(self.paths):
            os.close(descriptor)
        for path, _ in reversed(self.created):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        for source, destination, old in reversed(self.renamed):
            with suppress(OSError):
                os.rename(destination, source)
            if old is not None and destination.parent.is_dir():
                destination.write_bytes(old)
        root = Path(os.environ["FAULTS_ROOT"])
        for path in root.rglob("*"):
            if path.is_file() and path.stat().st_ino in self.unsynced:
                os.truncate(path, path.stat().st_size // 2)
        raise Crash


def moved(path, source, destination):
    return destination / path.relative_to(source) if path.is_relative_to(source) else path
