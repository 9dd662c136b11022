import errno
import fcntl
import os

import pytest

from heedful.errors import RunError
from heedful.run import disk
from heedful.run.disk import (
    alone_in,
    atomic_folder,
    clear_leftovers,
    encode_json,
    is_leftover,
    make_folder,
    naming,
    read_json,
    remove,
    sync_folder,
    write_atomic,
    write_file,
    write_json,
)
from tests.run.faults import Crash, Disk


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTS_ROOT", str(tmp_path))
    return tmp_path


def faulty(monkeypatch, *arguments):
    replacement = Disk(*arguments)
    monkeypatch.setattr(disk, "os", replacement)
    return replacement


def n_calls(monkeypatch, action):
    counter = faulty(monkeypatch)
    action()
    monkeypatch.setattr(disk, "os", os)
    return counter.n_calls


def test_a_file_is_written_replaced_and_nothing_is_left(root):
    path = root / "file"
    write_atomic(path, b"one")
    write_atomic(path, [b"tw", memoryview(b"o")])
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in root.iterdir()] == ["file"]


def test_write_file_refuses_what_exists(root):
    write_file(root / "file", b"old")
    with pytest.raises(RunError, match="File exists"):
        write_file(root / "file", b"new")
    assert (root / "file").read_bytes() == b"old"


def test_short_writes_lose_nothing(root, monkeypatch):
    faulty(monkeypatch, -1, "short")
    content = bytes(range(256)) * 3
    write_atomic(root / "file", [content[:100], content[100:]])
    assert (root / "file").read_bytes() == content


def test_a_file_system_that_writes_nothing_is_an_error_not_a_loop(root, monkeypatch):
    monkeypatch.setattr(disk.os, "write", lambda descriptor, data: 0)
    with pytest.raises(RunError, match="wrote nothing"):
        write_atomic(root / "file", b"content")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
def test_each_failing_call_of_a_write_leaves_the_old_file(root, monkeypatch, code):
    path = root / "file"
    write_atomic(path, b"old")
    for index in range(n_calls(monkeypatch, lambda: write_atomic(root / "other", b"new"))):
        for mode in ("error", "forever"):
            faulty(monkeypatch, index, mode, code)
            said = r"cannot write .*/file: [^;]+; [^;]+; what was complete .* untouched"
            with pytest.raises(RunError, match=said):
                write_atomic(path, b"new")
            monkeypatch.setattr(disk, "os", os)
            assert path.read_bytes() in (b"old", b"new")
            assert not any(is_leftover(entry.name) for entry in root.iterdir())
            path.write_bytes(b"old")


@pytest.mark.parametrize("mode", ["before", "after"])
def test_a_power_cut_at_each_call_leaves_one_whole_file(root, monkeypatch, mode):
    path = root / "file"
    for index in range(n_calls(monkeypatch, lambda: write_atomic(root / "other", b"new" * 9))):
        path.write_bytes(b"old")
        faulty(monkeypatch, index, mode)
        with pytest.raises(Crash):
            write_atomic(path, b"new" * 9)
        monkeypatch.setattr(disk, "os", os)
        assert path.read_bytes() in (b"old", b"new" * 9)
    clear_leftovers(root)
    assert sorted(entry.name for entry in root.iterdir()) == ["file", "other"]


def fill(folder):
    with atomic_folder(folder) as part:
        write_file(part / "a", b"1" * 20)
        write_file(part / "b", b"2" * 20)


def test_a_folder_appears_when_its_block_ends(root):
    with atomic_folder(root / "new") as part:
        write_file(part / "a", b"1")
        assert is_leftover(part.name)
        assert not (root / "new").exists()
    assert (root / "new" / "a").read_bytes() == b"1"


def test_a_folder_whose_block_fails_never_appears(root):
    with pytest.raises(RunError, match="File exists"), atomic_folder(root / "new") as part:
        [write_file(part / name, b"1") for name in ("a", "a")]
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("mode", ["error", "before", "after"])
def test_a_folder_is_whole_or_absent_whatever_call_fails(root, monkeypatch, mode):
    folder = root / "new"
    for index in range(n_calls(monkeypatch, lambda: fill(root / "other"))):
        faulty(monkeypatch, index, mode, errno.EIO)
        with pytest.raises((RunError, Crash)):
            fill(folder)
        monkeypatch.setattr(disk, "os", os)
        if folder.exists():
            assert {entry.name: entry.read_bytes() for entry in folder.iterdir()} == {"a": b"1" * 20, "b": b"2" * 20}
            remove(folder)
        clear_leftovers(root)
        assert [entry.name for entry in root.iterdir()] == ["other"]


@pytest.mark.parametrize(
    "action",
    [fill, make_folder, lambda path: write_atomic(path, b"content")],
    ids=["atomic_folder", "make_folder", "write_atomic"],
)
def test_what_a_call_left_survives_a_power_cut_after_it(root, monkeypatch, action):
    replacement = faulty(monkeypatch)
    action(root / "new")
    before = {path: path.is_dir() or path.read_bytes() for path in root.rglob("*")}
    with pytest.raises(Crash):
        replacement.die()
    assert {path: path.is_dir() or path.read_bytes() for path in root.rglob("*")} == before
    assert before


def test_remove_and_clear_leftovers(root):
    fill(root / "folder")
    write_file(root / ".part.1-a.tmp", b"")
    fill(root / ".folder.1-b.tmp")
    (root / "kept.tmp").write_bytes(b"")
    remove(root / "folder")
    clear_leftovers(root)
    assert [entry.name for entry in root.iterdir()] == ["kept.tmp"]
    with pytest.raises(RunError, match="cannot remove"):
        remove(root / "folder")


def test_a_link_is_removed_and_not_what_it_points_to(root):
    fill(root / "precious")
    (root / ".x.tmp").symlink_to(root / "precious")
    clear_leftovers(root)
    assert (root / "precious" / "a").exists()
    assert not (root / ".x.tmp").is_symlink()


def test_make_folder(root):
    make_folder(root / "new")
    make_folder(root / "new")
    assert (root / "new").is_dir()
    with pytest.raises(RunError, match=r"cannot write .*/none/new: No such file or directory; create the folder first"):
        make_folder(root / "none" / "new")


def test_folders_that_cannot_be_synchronised_are_accepted_and_errors_are_not(root, monkeypatch):
    faulty(monkeypatch, 1, "error", errno.EINVAL)
    sync_folder(root)
    faulty(monkeypatch, 1, "error", errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        sync_folder(root)


def test_json_keeps_every_bit_of_floats_and_every_character(root):
    values = {"a": [0.1 + 0.2, 1e-310, -0.0, float("inf")], "名": "词\u2028\ud83d\ude00 <&>", "n": 2**70, "none": None}
    values["名"] = "词\u2028😀"
    write_json(root / "v.json", values)
    assert read_json(root / "v.json") == values
    assert "词" in (root / "v.json").read_text(encoding="utf-8")
    assert encode_json({}) == b"{}\n"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff{}", b"[" * 100_000])
def test_json_that_is_damaged_is_named(root, content):
    (root / "v.json").write_bytes(content)
    with pytest.raises(RunError, match=r"v\.json is damaged"):
        read_json(root / "v.json")


def test_json_that_is_missing_or_a_folder_is_named(root):
    with pytest.raises(RunError, match=r"cannot read .*v\.json: No such file"):
        read_json(root / "v.json")
    with pytest.raises(RunError, match=r"cannot read .*: Is a directory"):
        read_json(root)


def test_naming_keeps_the_system_error_as_its_cause(root):
    with pytest.raises(RunError, match="try again or choose another folder") as caught, naming(root):
        raise OSError(errno.EBUSY, "busy")
    assert caught.value.__cause__.errno == errno.EBUSY


def test_one_at_a_time_is_in_a_folder_and_nothing_is_left_there(tmp_path):
    other = os.open(tmp_path, os.O_RDONLY)
    try:
        with alone_in(tmp_path), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)
    assert not list(tmp_path.iterdir())
    with pytest.raises(RunError, match=r"cannot lock .*away"), alone_in(tmp_path / "away"):
        pass
