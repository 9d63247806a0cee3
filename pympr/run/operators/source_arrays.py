"""Rows of arrays in files, as columns over the files' own pages where they allow it."""

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.data.schema import Row
from pympr.errors import InputError
from pympr.run.array_files import RowSplit, StoredArray, open_hdf5, telling
from pympr.run.operators.partitions import single_block

_TIMES = (datetime.date, datetime.timedelta, type(None))


def read_rows(split: RowSplit, config: Config) -> Iterator[Block]:
    """The blocks of a split: items, or tuples of what the arrays have side by side."""
    row_bytes = max(1, sum(array.row_bytes for array in split.arrays))
    step = max(1, config.read_bytes // row_bytes)
    if split.begin == split.end:
        return
    opened = [_OPEN[split.form](array) for array in split.arrays]
    try:
        for begin in range(split.begin, split.end, step):
            end = min(begin + step, split.end)
            blocks = [_block(_rows(array, begin, end, stored)) for array, stored in zip(opened, split.arrays)]
            yield _side_by_side(blocks) if split.is_row else blocks[0]
    finally:
        for array in opened:
            if split.form == "hdf5":
                array.close()


def _rows(array: Any, begin: int, end: int, stored: StoredArray) -> np.ndarray:
    with telling(stored.path):
        return array[begin:end]


def _block(array: np.ndarray) -> Block:
    """Items for a vector; tuples for a structured array (its fields) and for more dimensions (its columns)."""
    if array.dtype.names:
        return _side_by_side([_block(array[name]) for name in array.dtype.names])
    if array.ndim > 1:
        return _side_by_side([_block(array[:, place]) for place in range(array.shape[1])])
    if array.dtype.kind in "mM" and not isinstance(array[:1].astype(object)[0], _TIMES):
        raise InputError(f"values of {array.dtype} have no Python type: store them as int64, or in microseconds")
    # Kernels want columns without gaps and at whole addresses.
    return single_block(np.require(array, requirements=["C", "A"]))


def _side_by_side(blocks: list[Block]) -> Block:
    if not all(isinstance(block, ColumnBlock) for block in blocks):
        return ObjectBlock(list(zip(*(block.records() for block in blocks))))
    layout = Row(tuple(block.layout for block in blocks))
    return ColumnBlock(layout, [column for block in blocks for column in block.columns], len(blocks[0]))


def _mapped(stored: StoredArray) -> np.ndarray:
    order = "F" if stored.is_fortran else "C"
    with telling(stored.path):
        mapped = np.memmap(stored.path, stored.dtype, "r", stored.offset, stored.shape, order)
    return mapped.view(np.ndarray)


def _member(stored: StoredArray) -> np.ndarray:
    if stored.offset >= 0:
        return _mapped(stored)
    with telling(stored.path), np.load(stored.path, allow_pickle=False) as archive:
        return archive[stored.name]


class _Dataset:
    """A data set of a file that this rank opens itself; strings of variable length are str."""

    def __init__(self, stored: StoredArray) -> None:
        with telling(stored.path):
            self._file = open_hdf5(stored.path)
            found = self._file[stored.name]
        self._rows = found.asstr() if found.dtype.kind == "O" else found

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self._rows[rows]

    def close(self) -> None:
        self._file.close()


_OPEN: dict[str, Any] = {"npy": _mapped, "npz": _member, "hdf5": _Dataset}
