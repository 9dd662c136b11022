import os
import tempfile
from pathlib import Path

import pytest

# These tests write and replace thousands of small files; on a busy disk that alone would take minutes.
MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path():
    """A folder in memory where there is one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder).resolve()


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    """Whether fsync was called is checked by tests/run/faults.py; here it checks its descriptor and returns."""
    monkeypatch.setattr(os, "fsync", os.fstat)
