"""The engine is built once, kept for this machine and these sources, and never needed."""

import os
import tempfile
from pathlib import Path

import pytest

from heedful.model.native import library
from heedful.model.native.library import BuildError, built, kept_at, load


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "heedful"


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_what_is_built_is_kept(cache, monkeypatch, tmp_path):
    # It is called with the library as its last word, and counts its calls.
    calls = tmp_path / "calls"
    monkeypatch.setenv("CXX", script(tmp_path / "cc", f'echo x >> {calls}; for last; do :; done; echo made > "$last"'))
    assert built().read_text() == "made\n"
    assert built() == kept_at()
    assert calls.read_text() == "x\n"
    assert os.listdir(cache) == [kept_at().name], "nothing half-made is left"


def test_a_compiler_that_fails_is_asked_once(cache, monkeypatch, tmp_path):
    calls = tmp_path / "calls"
    monkeypatch.setenv("CXX", script(tmp_path / "cc", f"echo x >> {calls}; echo no such thing >&2; exit 1"))
    with pytest.raises(BuildError, match="no such thing"):
        built()
    with pytest.raises(BuildError, match=r"no such thing.*remove .*\.failed to try again"):
        built()
    assert calls.read_text() == "x\n"
    # Another compiler may do better.
    monkeypatch.setenv("CXX", script(tmp_path / "better", 'for last; do :; done; echo made > "$last"'))
    assert built().read_text() == "made\n"


def test_a_compiler_that_makes_nothing_has_failed(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", script(tmp_path / "cc", "exit 0"))
    with pytest.raises(BuildError, match="exit 0, and no library"):
        built()


def test_without_a_compiler_there_is_no_engine(cache, monkeypatch):
    monkeypatch.setattr(library, "compiler", lambda: None)
    with pytest.raises(BuildError, match="install g"):
        built()


def test_a_file_that_is_no_library_is_not_used(cache, monkeypatch):
    monkeypatch.setattr(library, "cpu_runs_engine", lambda: True)
    cache.mkdir()
    kept_at().write_text("damaged")
    with pytest.raises(BuildError, match=r"engine-.*\.so is damaged: remove it"):
        load()
    library.library.cache_clear()
    try:
        assert library.library() is None
    finally:
        library.library.cache_clear()


def test_other_processors_have_no_engine(cache, monkeypatch):
    """Not even where the numerics of another machine ask for it."""
    monkeypatch.setattr(library, "cpu_runs_engine", lambda: False)
    with pytest.raises(BuildError, match="AVX-512"):
        load()
    assert not cache.exists()


def test_a_cache_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BuildError, match=r"cannot be kept in .*file/heedful.*XDG_CACHE_HOME"):
        built()


def test_a_full_disk_is_not_remembered(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", script(tmp_path / "cc", 'for last; do :; done; echo made > "$last"'))

    def full(**_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryDirectory", full)
        with pytest.raises(BuildError, match="No space left"):
            built()
    assert built().read_text() == "made\n"


def test_where_it_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert kept_at().parent == tmp_path / ".cache" / "heedful"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert kept_at().parent == tmp_path / "own" / "heedful"


def test_who_has_no_home_has_no_engine(monkeypatch):
    """A container's user may have none."""

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(BuildError, match="set XDG_CACHE_HOME"):
        built()


def test_other_sources_and_other_processors_have_libraries_of_their_own(cache, monkeypatch, tmp_path):
    names = {kept_at().name}
    (tmp_path / "engine.cpp").write_text("int x;")
    monkeypatch.setattr(library, "SOURCES", tmp_path)
    names.add(kept_at().name)
    monkeypatch.setattr(library, "_processor", lambda: "flags: another")
    names.add(kept_at().name)
    assert len(names) == 3
