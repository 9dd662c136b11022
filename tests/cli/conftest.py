from pathlib import Path

import pytest


@pytest.fixture
def tmp_path():
    """A folder in memory where there is one: runs are many small files, each waited for."""
    from tests.tasks.tiny import folder_in_memory

    with folder_in_memory() as folder:
        yield Path(folder).resolve()
