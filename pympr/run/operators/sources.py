"""The sources that are in memory, and binary files."""

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.data.column import BytesColumn, FixedColumn
from pympr.data.schema import Leaf
from pympr.errors import InputError
from pympr.plan.sources import Arrays, Range
from pympr.run.operators.fresh import fresh
from pympr.run.operators.partitions import block_of_arrays
from pympr.run.read_ahead import PiecesFile, pieces_of
from pympr.run.splits import Split
from pympr.run.stores import is_remote


def slice_bounds(length: int, num_slices: int, index: int) -> tuple[int, int]:
    """Where slice `index` of a sequence begins and ends, as PySpark's parallelize cuts it.

    >>> [slice_bounds(10, 3, index) for index in range(3)]
    [(0, 3), (3, 6), (6, 10)]
    """
    return index * length // num_slices, (index + 1) * length // num_slices


def read_slice(values: Sequence, num_slices: int, index: int, config: Config) -> Iterator[Block]:
    """The blocks of one slice of a collection."""
    begin, end = slice_bounds(len(values), num_slices, index)
    for at in range(begin, end, config.block_records):
        yield from fresh(iter([ObjectBlock(values[at : min(at + config.block_records, end)])]))


def read_range(node: Range, index: int, config: Config) -> Iterator[Block]:
    """The blocks of one slice of a range, as int64 columns."""
    numbers = range(node.start, node.stop, node.step)
    begin, end = slice_bounds(len(numbers), node.num_slices, index)
    for at in range(begin, end, config.block_records):
        part = numbers[at : min(at + config.block_records, end)]
        if -(2**63) <= min(part[0], part[-1]) and max(part[0], part[-1]) < 2**63:
            values = part.start + part.step * np.arange(len(part), dtype=np.int64)
            yield ColumnBlock(Leaf("int64"), [FixedColumn(values)], len(part))
        else:
            yield ObjectBlock(part)


def read_arrays(node: Arrays) -> Iterator[Block]:
    """The one block over a rank's own arrays: views that cannot be written to, not copies."""
    if len(node.arrays[0]):
        views = [array.view() for array in node.arrays]
        for view in views:
            view.flags.writeable = False
        yield block_of_arrays(tuple(views), node.is_row)


def read_records(split: Split, record_length: int, config: Config) -> Iterator[Block]:
    """The one block of a split of fixed-length records, as a bytes column."""
    length = split.end - split.begin
    if not length:
        return
    data = np.empty(length, np.uint8)
    file = PiecesFile(pieces_of(split, config.fetch_bytes)) if is_remote(split.path) else _Range(split)
    try:
        _read_whole(file.readinto, memoryview(data), split)
    finally:
        file.close()
    starts = np.arange(0, length, record_length, dtype=np.int64)
    column = BytesColumn(data, starts, starts + record_length)
    yield ColumnBlock(Leaf("bytes"), [column], len(starts))


class _Range:
    """Bytes of a local file from where a split begins."""

    def __init__(self, split: Split) -> None:
        self._at = split.begin
        self._file = os.open(split.path, os.O_RDONLY | os.O_CLOEXEC)

    def readinto(self, view: memoryview) -> int:
        got = os.preadv(self._file, [view], self._at)
        self._at += got
        return got

    def close(self) -> None:
        os.close(self._file)


def _read_whole(readinto: Callable[[memoryview], int], view: memoryview, split: Split) -> None:
    done = 0
    while done < len(view):
        got = readinto(view[done:])
        if not got:
            raise InputError(f"{split.path} ends at {split.begin + done}, it had {split.size} bytes when listed")
        done += got
