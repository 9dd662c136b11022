"""What every test stands on: shapes are watched, chance is seeded, one thread computes."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # also for the processes that tests start
os.environ["TERM"] = "xterm-256color"  # a console that a test makes is the same whoever runs it,
os.environ.pop("NO_COLOR", None)  # and whatever terminal they sit at
os.environ.pop("FORCE_COLOR", None)
os.environ.pop("COLUMNS", None)
os.environ.pop("LINES", None)

import hypothesis
import numpy as np
import pytest
import torch

from tests import shapes

shapes.install()
torch.set_num_threads(1)
hypothesis.settings.register_profile("heedful", deadline=None, derandomize=True, database=None, max_examples=30)
hypothesis.settings.load_profile("heedful")


def pytest_sessionstart() -> None:
    """The engine is built once, here, so that no test has to wait for it, or hears about it."""
    from heedful.model.native.library import library

    library()


@pytest.fixture(autouse=True)
def seeds() -> None:
    """Every test begins with the same random numbers, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (libraries use it; ours have generators)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny() -> Iterator[object]:
    """A `tests.tasks.tiny.Tiny`: translators trained for a few steps, once for all tests that only read them."""
    from tests.tasks.tiny import folder_in_memory, make_tiny

    with folder_in_memory() as folder:
        yield make_tiny(Path(folder).resolve())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests for a GPU are skipped where there is none, also when they are asked for."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="this machine has no NVIDIA GPU"))


@pytest.fixture(scope="session")
def languages() -> Iterator[object]:
    """A `tests.tasks.tiny_language.TinyLanguages`, once for all tests that only read them."""
    from tests.tasks.tiny import folder_in_memory
    from tests.tasks.tiny_language import make

    with folder_in_memory() as folder:
        yield make(Path(folder).resolve())
