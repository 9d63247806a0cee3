"""Blocks in a file: written one after the other, read by their frames, each with its checksum."""

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pympr.collectives.objects import pack, unpack
from pympr.data.block import Block, ColumnBlock, ManyBlock
from pympr.data.column import Column, FixedColumn, ManyColumn
from pympr.data.schema import Layout
from pympr.errors import ScratchError
from pympr.native.crc import crc32c
from pympr.run.spill.memory import Memory, no_room, size_of
from pympr.run.task import current_task

# magic, CRC32C of the block's bytes, how many these are, rows
_HEAD = struct.Struct("=8sIIqq")
_MAGIC = b"pymprblk"
_LARGEST_WRITE_BYTES = 64 << 20


class Frame(NamedTuple):
    """Where a block lies in a file, its rows, about what it takes in memory, and its layout (None for objects)."""

    offset: int
    num_bytes: int
    rows: int
    memory_bytes: int
    layout: Layout | None


class SpillFile:
    """A file without a name that holds blocks; gone when nobody looks at it any more."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._descriptor = -1
        self._end = 0

    def append(self, block: Block, memory_bytes: int = 0) -> Frame:
        """Write a block, which takes so much in memory, behind the others.

        ScratchError names stage, rank and bytes when there is no room.
        """
        if self._descriptor < 0:
            self._descriptor = self._memory.folder.open()
        packed = pack(_own(block))
        head = _HEAD.pack(_MAGIC, crc32c(packed), 0, len(packed), len(block))
        begin, total = self._end, len(head) + len(packed)
        try:
            self._write([memoryview(head), memoryview(packed)], begin)
        except OSError as error:
            raise no_room(self._memory, _stage(), begin, total, error) from error
        self._end += total
        self._memory.spilled_bytes += total
        return Frame(begin, total, len(block), memory_bytes or size_of(block), getattr(block, "layout", None))

    def _write(self, views: list[memoryview], at: int) -> None:
        for view in views:
            while len(view):
                written = os.pwrite(self._descriptor, view[:_LARGEST_WRITE_BYTES], at)
                at, view = at + written, view[written:]

    def read(self, frame: Frame) -> Block:
        """The block of a frame; ScratchError when it is not what was written."""
        data = np.empty(frame.num_bytes, np.uint8)
        view, done = memoryview(data), 0
        while done < frame.num_bytes:
            got = os.preadv(self._descriptor, [view[done : done + _LARGEST_WRITE_BYTES]], frame.offset + done)
            if not got:
                break
            done += got
        magic, crc, _, length, rows = _HEAD.unpack_from(data)
        packed = data[_HEAD.size :]
        is_whole = done == frame.num_bytes and magic == _MAGIC and length == len(packed) and rows == frame.rows
        if not is_whole or crc32c(packed) != crc:
            raise ScratchError(
                f"scratch folder {self._memory.folder.path}: {frame.rows} rows of {_stage()} at offset {frame.offset} "
                f"of rank {self._memory.rank} are not what was written there: the disk fails"
            )
        return unpack(packed)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _own(block: Block) -> Block:
    """The block over bytes of its own only: what a column of strings looks at may be much more than its rows."""
    if isinstance(block, ManyBlock):
        return ManyBlock(_own(block.inner))
    if not isinstance(block, ColumnBlock):
        return block
    return ColumnBlock(block.layout, list(map(_own_column, block.columns)), block.length)


def _own_column(column: Column) -> Column:
    if isinstance(column, FixedColumn):
        return column
    compact = column.compact()
    return ManyColumn(_own(compact.items), compact.starts, compact.ends) if isinstance(compact, ManyColumn) else compact


def _stage() -> str:
    task = current_task()
    return "the script" if task is None else f"stage {task.stage}"


def in_pieces(block: Block, most_bytes: int, memory_bytes: int = 0) -> Iterator[Block]:
    """The block, which takes so much in memory, or its rows in blocks of about `most_bytes`."""
    pieces = min(-(-(memory_bytes or size_of(block)) // max(most_bytes, 1)), len(block))
    if pieces <= 1:
        yield block
        return
    edges = [len(block) * piece // pieces for piece in range(pieces + 1)]
    for begin, end in zip(edges, edges[1:]):
        yield block.slice(begin, end)
