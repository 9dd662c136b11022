"""What was appended is what numpy reads."""

from array import array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heedful.data.column import Column


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 60_000), max_size=5), max_size=6), st.sampled_from("HIiq"))
def test_blocks_become_one_array(tmp_path: Path, blocks: list[list[int]], typecode: str) -> None:
    with Column(tmp_path / "some.numbers", typecode) as column:
        for block in blocks:
            column.write(array("q", block))
    read = np.load(tmp_path / "some.numbers.npy")
    assert read.tolist() == [number for block in blocks for number in block]
    assert read.dtype == np.dtype(typecode)


def test_mapped_without_reading(tmp_path: Path) -> None:
    with Column(tmp_path / "many", "q") as column:
        for low in range(0, 300_000, 1000):
            column.write(np.arange(low, low + 1000))
    mapped = np.load(tmp_path / "many.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    assert mapped[[0, 123_456, 299_999]].tolist() == [0, 123_456, 299_999]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Column(tmp_path / "no" / "column", "q")
