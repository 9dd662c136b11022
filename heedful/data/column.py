"""One-dimensional arrays that grow on disk."""

import os
from array import array
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np


class Column:
    """A .npy file whose header is written last, when its length is known.

    Args:
        path: without the ending .npy.
        typecode: of the numbers, as numpy and `array` name it.
    """

    def __init__(self, path: Path, typecode: str) -> None:
        self.path = path.with_name(path.name + ".npy")
        self.dtype = np.dtype(typecode)
        self.count = 0
        self.file: BinaryIO = self.path.open("wb")
        self._data_start = self._header()

    def write(self, values: "np.ndarray | array[int]") -> None:
        """Append numbers."""
        block = np.asarray(values).astype(self.dtype, copy=False)
        self.file.write(block.tobytes())
        self.count += len(block)

    def _header(self) -> int:
        """Write it at the start; numpy pads it with room for the count to grow. Returns where the numbers begin."""
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.count,)}
        np.lib.format.write_array_header_1_0(self.file, header)
        return self.file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.file:
            data_start = self._data_start
            self.file.seek(0)
            assert self._header() == data_start, "the header of a column outgrew its room"
            self.file.flush()
            os.fsync(self.file.fileno())
